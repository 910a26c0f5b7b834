/**
 * How a job has ended, as whoever submitted it sees it.
 */
import type { JobState, JobStatus } from "../../actors/cluster/control.ts";

export interface JobEnd {
  /** `unfinished`: it did not end in time. */
  readonly state: JobState | "unfinished";
  readonly failure: JobStatus["failure"];
  /** Of a job that is done. */
  readonly output: string | undefined;
  /** The same, where the program rejects. */
  readonly rejects: string | undefined;
}

export function endWithout(state: JobEnd["state"], failure?: JobStatus["failure"]): JobEnd {
  return { state, failure, output: undefined, rejects: undefined };
}
