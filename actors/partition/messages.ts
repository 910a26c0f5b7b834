/**
 * What a partition is told and what it tells. A partition is one (job, index); it has one actor at a time.
 *
 * Owns: the types of its commands, its facts and its journal's records.
 */
import type { Incarnation } from "../../runtime/identity.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import {
  referencesIn,
  type StoredReference,
  type StoredResult,
  type Task,
  type TaskFailure,
} from "../executor/messages.ts";

/** One task of a partition: `sequence` counts from 0 within (stage, partition). */
export interface PartitionTask {
  readonly stage: number;
  readonly sequence: number;
  readonly task: Task;
}

/** Tasks for one partition. */
export interface PartitionRun {
  readonly partition: number;
  readonly tasks: readonly PartitionTask[];
}

/** A task that is committed: what the journal keeps and what the job is told. */
export interface TaskCommit {
  readonly stage: number;
  readonly partition: number;
  readonly sequence: number;
  readonly result: StoredResult;
}

/** A commit of which something that it refers to cannot be used any more. */
export interface Withdrawal {
  readonly stage: number;
  readonly partition: number;
  readonly sequence: number;
  /** One of the references: a commit that has been made again does not have it. */
  readonly at: SegmentReference;
}

export type PartitionCommand =
  /** Runs tasks that are not committed yet; those that are, are told again. */
  | { readonly type: "partition.run"; readonly tasks: readonly PartitionTask[] }
  /** Drops tasks that are not committed: somebody else has committed them, and they can wait, or run, for nothing. */
  | {
      readonly type: "partition.stop";
      readonly tasks: readonly { readonly stage: number; readonly sequence: number }[];
    }
  /** Forgets commits, so that their tasks are run again when asked for; the log's last commit of a task is the one that counts. */
  | { readonly type: "partition.withdraw"; readonly withdrawals: readonly Withdrawal[] }
  /** Asks for `partition.recovered` again. */
  | { readonly type: "partition.report" }
  /** Asks for a heartbeat. */
  | { readonly type: "partition.beat" };

export type PartitionFact =
  | {
      readonly type: "partition.recovered";
      readonly partition: number;
      readonly incarnation: Incarnation;
      /** Everything committed by any incarnation. */
      readonly commits: readonly TaskCommit[];
      /** Those of them whose blocks have gone, as they were freed: they stand, but nobody can read them. */
      readonly gone?: readonly { readonly stage: number; readonly sequence: number }[];
      /** Commits left out because the segments do not hold what they refer to. */
      readonly unusableCount: number;
      /** Tasks that it was given, perhaps by an earlier coordinator, and goes on with. */
      readonly pending?: readonly { readonly stage: number; readonly sequence: number }[];
    }
  | { readonly type: "task.committed"; readonly commit: TaskCommit }
  /** A task's input is damaged (`failure.damage`): it is to be asked for again when that has been made again. */
  | {
      readonly type: "task.starved";
      readonly stage: number;
      readonly partition: number;
      readonly sequence: number;
      readonly failure: TaskFailure;
    }
  | { readonly type: "task.failed"; readonly partition: number; readonly stage: number; readonly failure: TaskFailure };

/** Everything stored that a commit refers to. */
export function referencesOf({ result }: TaskCommit): StoredReference[] {
  return referencesIn(result);
}

/**
 * The name of the log that tells which stages of a job have been freed: the latest record's text is the first stage that
 * has not. It is written before a file goes, so that nobody takes what was freed for lost.
 */
export function freedLog(job: string): string {
  return `freed/${job}`;
}

/** The name of a partition's log in the worker's journal. */
export function partitionLog(job: string, partition: number): string {
  return `${partitionLogPrefix(job)}${partition}`;
}

export const PARTITION_LOG_PREFIX = "partition/";

export function partitionLogPrefix(job: string): string {
  return `${PARTITION_LOG_PREFIX}${job}/`;
}

/** The job of a partition's log, which `partitionLog` has named. */
export function jobOfPartitionLog(actor: string): string {
  return actor.slice(PARTITION_LOG_PREFIX.length, actor.lastIndexOf("/"));
}

/** The partition whose log this is; undefined for a name that `partitionLog` does not make. */
export function partitionOfLog(job: string, actor: string): number | undefined {
  const partition = Number(actor.slice(partitionLogPrefix(job).length));
  return Number.isSafeInteger(partition) && partitionLog(job, partition) === actor ? partition : undefined;
}
