/**
 * Divides what the kernels of one thread may have among its jobs.
 *
 * Owns: which jobs have kernels on the thread, and how much each of them may fill.
 * Never: opens or closes kernels; decides a byte of any result, which no amount of memory does.
 *
 * M1. A job's kernels may have the thread's memory divided by its open jobs, or what they cannot do without.
 * M2. Together, kernels may have no more than the thread: before a task begins, others go, those that have rested longest
 *     first. One that alone needs more than there is has it alone.
 * M3. A share is taken when a task begins: jobs that come and go meanwhile change that of the next one.
 */
import assert from "node:assert/strict";

export interface KernelShare {
  /** What the kernels of the task's job may have now. */
  readonly memoryBytes: number;
  /** Jobs whose kernels have to go before. */
  readonly evicted: readonly string[];
}

export class KernelShares {
  readonly #memoryBytes: number;
  /** Open jobs, with what their kernels cannot do without. */
  readonly #leastBytes = new Map<string, number>();
  /** Jobs with kernels, with what these may have; the one that ran last is last. */
  readonly #heldBytes = new Map<string, number>();

  constructor(memoryBytes: number) {
    this.#memoryBytes = memoryBytes;
  }

  open(job: string, leastBytes: number): void {
    this.#leastBytes.set(job, leastBytes);
  }

  close(job: string): void {
    this.#leastBytes.delete(job);
    this.#heldBytes.delete(job);
  }

  /** A task of an open job begins. */
  take(job: string): KernelShare {
    const leastBytes = this.#leastBytes.get(job);
    assert(leastBytes !== undefined, `job ${job} is open`);
    const memoryBytes = Math.max(leastBytes, Math.floor(this.#memoryBytes / this.#leastBytes.size));
    this.#heldBytes.delete(job);
    const evicted: string[] = [];
    let sum = memoryBytes;
    for (const bytes of this.#heldBytes.values()) sum += bytes;
    for (const [other, bytes] of this.#heldBytes) {
      if (sum <= this.#memoryBytes) break;
      sum -= bytes;
      evicted.push(other);
    }
    for (const other of evicted) this.#heldBytes.delete(other);
    this.#heldBytes.set(job, memoryBytes);
    return { memoryBytes, evicted };
  }
}
