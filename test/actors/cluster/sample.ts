/**
 * A job with rejects, what one process makes of it, and clusters to run it on.
 *
 * Owns: the sample.
 */
import type { ExecutionContext } from "ava";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { openStage, prepare } from "../jobs/job-stage.ts";
import { SAMPLE_PROGRAM, sampleLines } from "../jobs/sample-job.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { type ClusterEnd, ClusterStage } from "./cluster-stage.ts";

export interface Sample {
  readonly job: JobDescription;
  readonly output: string | undefined;
  readonly rejects: string | undefined;
}

export async function sampleOf(t: Pick<ExecutionContext, "teardown">): Promise<Sample> {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": sampleLines(600) });
  const job = await prepare(SAMPLE_PROGRAM, { paths: ["a.csv"] }, { directory, splitBytes: 300, partitions: 5 });
  const stage = await openStage({ directory });
  t.teardown(() => stage.close());
  const { output, rejects } = await stage.run(job, { rejects: true });
  return { job, output, rejects };
}

export async function stageOf(
  t: ExecutionContext,
  job: JobDescription,
  workers: readonly string[],
  options: { readonly replicas?: number; readonly workerWaitMs?: number } = {},
): Promise<ClusterStage> {
  const stage = new ClusterStage(temporaryDirectory(t), job, options);
  t.teardown(() => stage.close());
  await stage.startCoordinator();
  for (const worker of workers) await stage.startWorker(worker);
  return stage;
}

export function compare(t: ExecutionContext, end: ClusterEnd, sample: Sample, at: string): void {
  t.is(end.outcome.kind, "done", `${at}: ${JSON.stringify(end.outcome)}`);
  t.is(end.output, sample.output, at);
  t.is(end.rejects, sample.rejects, at);
}
