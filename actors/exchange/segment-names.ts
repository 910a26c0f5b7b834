/**
 * Which worker wrote a segment, and for which job, from its name: `JOB-at.WORKER.EPOCH-…`.
 *
 * Owns: the part of a segment's name that says so.
 */

/** What stands in the names of all segments of one process of a worker. */
export function segmentMark(worker: string, epoch: number): string {
  return `at.${worker}.${epoch}`;
}

/** A copy of what a worker needs of a split, at its places in the file. */
export function copyName(job: string, worker: string, split: number): string {
  return `${job}-${segmentMark(worker, 0)}-input-${split}.segment`;
}

/** What the coordinator serves an input file as, by its number among the job's files. */
export function inputName(file: number): string {
  return `input.${file}.segment`;
}

/** The number in such a name; undefined for any other name. */
export function inputNumber(segment: string): number | undefined {
  const digits = /^input\.(\d{1,9})\.segment$/.exec(segment)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Undefined for a segment that was not written in a cluster. */
export function writerOf(segment: string): string | undefined {
  return /-at\.([0-9a-f]+)\.\d+-/.exec(segment)?.[1];
}

/** Undefined for a segment that was not written in a cluster. */
export function jobOf(segment: string): string | undefined {
  const end = segment.indexOf("-at.");
  return end < 0 ? undefined : segment.slice(0, end);
}

/** Whether a segment was written for that job, in a cluster. */
export function isOfJob(segment: string, job: string): boolean {
  return segment.startsWith(`${job}-at.`);
}
