/**
 * What coordinator and worker say to each other; every message is plain data and names its job.
 *
 * Owns: the types.
 */
import type { Task, TaskFailure, TaskResult } from "../executor/messages.ts";
import type { JobDescription, TaskName } from "../job/messages.ts";
import type { PartitionFact, PartitionRun, Withdrawal } from "../partition/messages.ts";

/** From a job to its worker. */
export type WorkerCommand =
  /** Opens a job, or asks for its state again: the worker answers `worker.opened`. */
  | { readonly type: "worker.open"; readonly job: JobDescription }
  /** Runs tasks; partitions that have no actor yet get one. */
  | { readonly type: "worker.run"; readonly job: string; readonly runs: readonly PartitionRun[] }
  /** Somebody else has committed these tasks: whether they wait or run, they are dropped. */
  | { readonly type: "worker.stop"; readonly job: string; readonly tasks: readonly TaskName[] }
  /** Has partitions forget commits of which something is damaged. */
  | { readonly type: "worker.withdraw"; readonly job: string; readonly withdrawals: readonly Withdrawal[] }
  /** Nobody needs the results of stages before `below` any more. */
  | { readonly type: "worker.free"; readonly job: string; readonly below: number }
  /** Nobody needs this text of the output any more. */
  | { readonly type: "worker.freeText"; readonly job: string; readonly segments: readonly string[] }
  /** Runs a task of the output, which belongs to no partition. */
  | { readonly type: "worker.runOutput"; readonly job: string; readonly tag: string; readonly task: Task }
  | { readonly type: "worker.close"; readonly job: string }
  /** All jobs that there are: of others nobody needs anything. */
  | { readonly type: "worker.keep"; readonly jobs: readonly string[] }
  /** Nobody needs this worker's blocks any more: it may go. */
  | { readonly type: "worker.release" };

/** From a worker to the job. */
export type WorkerFact = {
  readonly job: string;
} /** The partitions that have a journal here; each of them tells `partition.recovered`. */ & (
  | { readonly type: "worker.opened"; readonly partitions: readonly number[] }
  | { readonly type: "worker.failed"; readonly failure: TaskFailure }
  | { readonly type: "output.done"; readonly tag: string; readonly result: TaskResult }
  | { readonly type: "output.failed"; readonly tag: string; readonly failure: TaskFailure }
  | PartitionFact
);

/** From a worker to the coordinator: something happened to it that people want to know. */
export interface WorkerTale {
  readonly type: "worker.tale";
  readonly tale: {
    /** Such as `actor.restarting`. */
    readonly kind: string;
    readonly message: string;
    readonly job?: string;
    readonly detail?: Readonly<Record<string, string | number>>;
  };
}
