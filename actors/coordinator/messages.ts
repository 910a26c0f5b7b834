/**
 * What the coordinator is told, and its records of jobs.
 *
 * Owns: the types and the records' names.
 */
import type { JobDescription } from "../job/messages.ts";

export type CoordinatorCommand =
  /** Journals a job, then starts it. A job that is known already is not journaled again. */
  | { readonly type: "coordinator.submit"; readonly job: JobDescription }
  /** The job has ended, or is to be ended: its actors stop and its workers free what they hold. */
  | { readonly type: "coordinator.forget"; readonly job: string }
  /** The supervisor of jobs is a new one: starts all jobs that are known. */
  | { readonly type: "coordinator.restart" };

/** The name of a job's log in the coordinator's journal. */
export function jobLog(job: string): string {
  return `${JOB_LOG_PREFIX}${job}`;
}

export const JOB_LOG_PREFIX = "job/";
