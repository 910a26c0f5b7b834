/**
 * How a worker gets blocks that other workers hold.
 *
 * Owns: the port that the worker's side of the tree speaks to.
 */
import type { PoolCommand } from "../executor-pool/messages.ts";

type Submit = Extract<PoolCommand, { readonly type: "pool.submit" }>;

export interface WorkerExchange {
  /**
   * Brings here what a task needs, then passes the task on with references to it. A block that cannot be had fails the
   * task with the block as its damage: its job has it made again.
   */
  submit(command: Submit, pass: (local: Submit) => void): void;
  /** Who can be asked, by worker id; whoever is not named is given up. */
  noteDirectory(members: readonly { readonly id: string; readonly exchange: string }[]): void;
  /** Frees what was brought here for a job. */
  close(job: string): void;
}
