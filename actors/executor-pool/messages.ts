/**
 * What the executor pool is told, and what it tells those who gave it tasks.
 *
 * Owns: the types.
 */
import type { ExecutorFact, Task, TaskFailure, TaskResult } from "../executor/messages.ts";
import type { JobDescription } from "../job/messages.ts";

/** Who gave a task, and gets its end. `tag` is the giver's own name for the task. */
export interface TaskOwner {
  send(end: TaskEnd): void;
}

export type TaskEnd =
  | { readonly type: "task.done"; readonly tag: string; readonly result: TaskResult }
  | { readonly type: "task.failed"; readonly tag: string; readonly failure: TaskFailure }
  /** It was not wanted any more. */
  | { readonly type: "task.stopped"; readonly tag: string };

export type PoolCommand =
  | { readonly type: "pool.open"; readonly job: JobDescription }
  /** Forgets the job's tasks; those that run are stopped, and end unheard. */
  | { readonly type: "pool.close"; readonly job: string }
  /** Some of the job's tasks are not wanted any more: those that wait are dropped, those that run are stopped. */
  | { readonly type: "pool.sweep"; readonly job: string }
  /** Has executors let go of the segments of earlier stages. */
  | { readonly type: "pool.free"; readonly job: string; readonly below: number }
  | {
      readonly type: "pool.submit";
      readonly job: string;
      readonly tag: string;
      readonly task: Task;
      readonly owner: TaskOwner;
      /** Whether its end is still waited for; asked again after `pool.sweep`. Absent: it is. */
      readonly isWanted?: () => boolean;
    };

export type PoolFact =
  | ExecutorFact
  /** From the executors' supervisor: this incarnation has ended. */
  | { readonly type: "executor.lost"; readonly index: number; readonly incarnation: number; readonly reason: string };
