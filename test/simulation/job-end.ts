/**
 * How a job has ended, as whoever submitted it sees it.
 */
import type { JobState, JobStatus } from "../../actors/cluster/control.ts";

/** What is told of a job that is done, and depends on program and input alone. */
export type JobFigures = Pick<JobStatus, "stageCount" | "partitions" | "pairsIn" | "pairsOut" | "rejected">;

export interface JobEnd {
  /** `unfinished`: it did not end in time. */
  readonly state: JobState | "unfinished";
  readonly failure: JobStatus["failure"];
  /** Of a job that is done. */
  readonly output: string | undefined;
  /** The same, where the program rejects. */
  readonly rejects: string | undefined;
  /** The same. */
  readonly figures: JobFigures | undefined;
}

export function figuresOf({ stageCount, partitions, pairsIn, pairsOut, rejected }: JobStatus): JobFigures {
  return { stageCount, partitions, pairsIn, pairsOut, rejected };
}

export function endWithout(state: JobEnd["state"], failure?: JobStatus["failure"]): JobEnd {
  return { state, failure, output: undefined, rejects: undefined, figures: undefined };
}
