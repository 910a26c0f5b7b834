/**
 * The commits that workers are to forget, since their tasks are run again.
 *
 * Owns: what has not been told yet, and how often each task's commit was found damaged.
 * Never: decides what is withdrawn.
 */
import type { Withdrawal } from "../partition/messages.ts";
import type { Dropped } from "./holdings.ts";

/** A worker is to forget that it has committed a task. */
export type WorkerWithdrawal = Withdrawal & { readonly worker: string };

export class Withdrawals {
  #untold: WorkerWithdrawal[] = [];
  /** By task name. */
  readonly #damaged = new Map<string, number>();
  #damagedMost = 0;

  /** Of one task. */
  get damagedMost(): number {
    return this.#damagedMost;
  }

  countDamage(task: string): void {
    const count = (this.#damaged.get(task) ?? 0) + 1;
    this.#damaged.set(task, count);
    this.#damagedMost = Math.max(this.#damagedMost, count);
  }

  add(dropped: readonly Dropped[]): void {
    for (const { worker, commit, at } of dropped) {
      const { stage, partition, sequence } = commit;
      this.#untold.push({ stage, partition, sequence, at, worker });
    }
  }

  /** Once. */
  take(): readonly WorkerWithdrawal[] {
    const taken = this.#untold;
    this.#untold = [];
    return taken;
  }
}
