/**
 * What a partition is told and what it tells. A partition is one (job, index); it has one actor at a time.
 *
 * Owns: the types of its commands, its facts and its journal's records.
 */
import type { Incarnation } from "../../runtime/identity.ts";
import type { Task, TaskFailure, TaskResult } from "../executor/messages.ts";

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
  readonly result: Omit<TaskResult, "ranges" | "text">;
}

export type PartitionCommand =
  /** Runs tasks that are not committed yet; those that are, are told again. */
  | { readonly type: "partition.run"; readonly tasks: readonly PartitionTask[] }
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
    }
  | { readonly type: "task.committed"; readonly commit: TaskCommit }
  | { readonly type: "task.failed"; readonly partition: number; readonly stage: number; readonly failure: TaskFailure };

/** The name of a partition's log in the worker's journal. */
export function partitionLog(job: string, partition: number): string {
  return `${partitionLogPrefix(job)}${partition}`;
}

export function partitionLogPrefix(job: string): string {
  return `partition/${job}/`;
}
