/**
 * Since when jobs wait for a worker, and which of them have waited long enough.
 *
 * Owns: the clock of each wait.
 * Never: reads a clock; knows what a job waits for: whoever asks says so.
 *
 * W1. A wait begins when a job is first seen to wait, and ends when it is seen not to: what it waited before counts for
 *     nothing. It is counted by one coordinator: a later one begins anew.
 */

/** By job: why it waits. */
export type Waits = ReadonlyMap<string, string>;

export interface WaitChange {
  /** Jobs that did not wait when it was looked last. */
  readonly begun: Waits;
  /** Jobs that have waited as long as they may, or longer. */
  readonly expired: Waits;
}

export class WorkerWait {
  readonly #limitMs: number;
  readonly #sinceMs = new Map<string, number>();

  /** `limitMs` may be infinite. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  look(waits: Waits, nowMs: number): WaitChange {
    for (const job of this.#sinceMs.keys()) if (!waits.has(job)) this.#sinceMs.delete(job);
    const begun = new Map<string, string>();
    const expired = new Map<string, string>();
    for (const [job, reason] of waits) {
      const sinceMs = this.#sinceMs.get(job);
      if (sinceMs === undefined) {
        this.#sinceMs.set(job, nowMs);
        begun.set(job, reason);
      } else if (nowMs - sinceMs >= this.#limitMs) expired.set(job, reason);
    }
    return { begun, expired };
  }
}
