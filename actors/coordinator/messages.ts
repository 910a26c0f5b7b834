/**
 * What the coordinator is told, and its records of jobs.
 *
 * Owns: the types and the records' names.
 */
import { deserialize, serialize } from "node:v8";
import type { JobDescription } from "../job/messages.ts";

export type CoordinatorCommand =
  /** Journals a job, then starts it. A job that is known already is not journaled again. */
  | { readonly type: "coordinator.submit"; readonly job: JobDescription }
  /** The supervisor of jobs is a new one: starts all jobs that are known. */
  | { readonly type: "coordinator.restart" };

/** The name of a job's log in the coordinator's journal. */
export function jobLog(job: string): string {
  return `${JOB_LOG_PREFIX}${job}`;
}

export const JOB_LOG_PREFIX = "job/";

/** Structured-clone bytes: a plan has big integers, and bodies of repeats that are shared by identity. */
export function encodeJob(job: JobDescription): Uint8Array {
  return serialize(job);
}

export function decodeJob(payload: Uint8Array): JobDescription {
  return deserialize(payload) as JobDescription;
}
