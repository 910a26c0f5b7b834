/**
 * Which worker wrote a segment, and for which job, from its name: `JOB-at.WORKER.EPOCH-…`.
 *
 * Owns: the part of a segment's name that says so.
 */

/** What stands in the names of all segments of one process of a worker. */
export function segmentMark(worker: string, epoch: number): string {
  return `at.${worker}.${epoch}`;
}

/** Undefined for a segment that was not written in a cluster. */
export function writerOf(segment: string): string | undefined {
  return /-at\.([0-9a-f]+)\.\d+-/.exec(segment)?.[1];
}

/** Whether a segment was written for that job, in a cluster. */
export function isOfJob(segment: string, job: string): boolean {
  return segment.startsWith(`${job}-at.`);
}
