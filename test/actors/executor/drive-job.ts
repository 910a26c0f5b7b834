/**
 * Runs all stages of a job on one task runner, without threads, actors or a journal.
 *
 * Owns: what partition actors and the pool do in between.
 * Never: writes the output.
 */
import { kernelModule } from "../../../actors/executor/kernel-module.ts";
import { loadKernels } from "../../../actors/executor/load-kernels.ts";
import type { RunReference } from "../../../actors/executor/messages.ts";
import { TaskRunner } from "../../../actors/executor/task-runner.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { JobProgress } from "../../../actors/job/progress.ts";
import type { PartitionTask, TaskCommit } from "../../../actors/partition/messages.ts";
import type { SegmentReference } from "../../../runtime/journal/segment-files.ts";
import { SegmentReader } from "../../../runtime/journal/segment-reader.ts";

export interface DrivenJob {
  readonly progress: JobProgress;
  readonly commits: readonly TaskCommit[];
  /** Stored bundles by the stage that they are of, in order. */
  readonly bundles: ReadonlyMap<number, readonly string[]>;
  readonly runs: readonly string[];
  /** JSON lines, sorted. */
  readonly rejects: readonly string[];
}

export interface Driving {
  readonly segmentDirectory: string;
  readonly segmentName: string;
  readonly nowMs: () => number;
  /** What an earlier life of the job committed. */
  readonly restored?: readonly TaskCommit[];
}

export async function driveJob(job: JobDescription, driving: Driving): Promise<DrivenJob> {
  const { segmentDirectory, segmentName, nowMs, restored = [] } = driving;
  const progress = new JobProgress(job);
  const runner = new TaskRunner({
    job,
    openKernels: await loadKernels(job.plan, {
      module: kernelModule(),
      functions: undefined,
    }),
    segments: { directory: segmentDirectory, name: segmentName, durable: false, storesText: false },
    progressed: () => {},
    noteLines: () => {},
    nowMs,
    rangePairs: 1000,
  });
  const commits: TaskCommit[] = [];
  const segments = new SegmentReader(segmentDirectory);
  try {
    progress.restore(restored, "worker");
    const waiting = tasksOf(progress.outstanding());
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { partition, stage, sequence, task } = next;
      const { ranges: _ranges, text: _text, ...result } = await runner.run(task);
      const commit = { stage, partition, sequence, result };
      commits.push(commit);
      if (progress.commit(commit, "worker")) waiting.push(...tasksOf(progress.outstanding()));
    }
    return { progress, commits, ...storedBy(job, [...restored, ...commits], progress.outputRuns(), segments) };
  } finally {
    segments.close();
    runner.close();
  }
}

function tasksOf(runs: ReturnType<JobProgress["outstanding"]>): (PartitionTask & { readonly partition: number })[] {
  return runs.flatMap(({ partition, tasks }) => tasks.map((task) => ({ ...task, partition })));
}

function storedBy(
  job: JobDescription,
  commits: readonly TaskCommit[],
  runs: readonly RunReference[],
  segments: SegmentReader,
) {
  const read = (reference: SegmentReference): string => {
    const bytes = Buffer.alloc(reference.byteLength);
    segments.read(reference, bytes);
    return bytes.toString("latin1");
  };
  const bundles = new Map<number, string[]>(job.plan.stages.map(({ index }) => [index, []]));
  for (const { stage, result } of commits) {
    bundles.get(result.through ?? stage)?.push(...result.bundles.map(({ at }) => read(at)));
  }
  const rejects = commits
    .flatMap(({ result }) => result.rejects.flatMap((at) => read(at).split("\n")))
    .filter(Boolean)
    .sort();
  return { bundles, runs: runs.map(({ at }) => read(at)), rejects };
}
