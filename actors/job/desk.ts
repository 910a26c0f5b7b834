/**
 * What one worker has of a job's tasks: some run, the others wait for their turn.
 *
 * Owns: since when each of them runs, as far as it can be told from here.
 * Never: knows other workers.
 *
 * D1. A worker takes its tasks in their order, one a slot; a commit is the end of one, and the beginning of the next.
 */
import type { PartitionTask } from "../partition/messages.ts";

export interface Placed {
  readonly name: string;
  readonly partition: number;
  /** With the inputs that it has now. */
  task: PartitionTask;
  /** When it was handed out. */
  sinceMs: number;
  /** The worker that was given it first, of those that have it; empty while it waits. */
  owner: string;
  raced: boolean;
  /** When it was last given to a second worker, which may have given it back. */
  racedMs: number;
}

export class Desk {
  slots: number;
  /** A draining worker gets nothing new. */
  open: boolean;
  /** By name, in the order in which they were given. */
  readonly #tasks = new Map<string, Placed>();
  /** By name: those that run (D1). */
  readonly #begunMs = new Map<string, number>();

  constructor(slots: number, open: boolean) {
    this.slots = slots;
    this.open = open;
  }

  get tasks(): ReadonlyMap<string, Placed> {
    return this.#tasks;
  }

  get load(): number {
    return this.#tasks.size / this.slots;
  }

  /** It has a slot with nothing to do. */
  get isIdle(): boolean {
    return this.open && this.#tasks.size < this.slots;
  }

  give(placed: Placed, nowMs: number): void {
    this.#tasks.set(placed.name, placed);
    this.#begin(nowMs);
  }

  /** Takes a task from it that is done, or that it cannot do. Returns for how long it ran; undefined if it did not. */
  take(name: string, nowMs: number): number | undefined {
    const begunMs = this.#begunMs.get(name);
    this.#tasks.delete(name);
    this.#begunMs.delete(name);
    this.#begin(nowMs);
    return begunMs === undefined ? undefined : nowMs - begunMs;
  }

  /** Of those that run for so long and may be raced, the one that does for longest. */
  overdue(
    nowMs: number,
    limitMs: number,
    isOpen: (placed: Placed) => boolean,
  ): { readonly placed: Placed; readonly ranMs: number } | undefined {
    let found: { placed: Placed; ranMs: number } | undefined;
    for (const [name, begunMs] of this.#begunMs) {
      const placed = this.#tasks.get(name);
      const ranMs = nowMs - begunMs;
      if (placed === undefined || !isOpen(placed) || ranMs < limitMs) continue;
      if (found === undefined || ranMs > found.ranMs) found = { placed, ranMs };
    }
    return found;
  }

  /** Of those that have waited here for so long and may be raced, the one that would run last. */
  lastWaiting(nowMs: number, limitMs: number, isOpen: (placed: Placed) => boolean): Placed | undefined {
    let found: Placed | undefined;
    for (const placed of this.#tasks.values()) {
      if (!this.#begunMs.has(placed.name) && nowMs - placed.sinceMs >= limitMs && isOpen(placed)) found = placed;
    }
    return found;
  }

  /** D1. */
  #begin(nowMs: number): void {
    if (this.#begunMs.size >= this.slots) return;
    for (const name of this.#tasks.keys()) {
      if (!this.#begunMs.has(name)) this.#begunMs.set(name, nowMs);
      if (this.#begunMs.size >= this.slots) return;
    }
  }
}
