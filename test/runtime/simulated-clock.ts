/**
 * A clock that moves only when told to: timers in a heap, ordered by time, then by the sequence of their setting.
 *
 * Owns: simulated time. A timer that sets a timer is honoured within the same advance.
 * Never: touches a real clock.
 */
import type { Clock } from "../../runtime/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

export class SimulatedClock implements Clock {
  #nowMs = 0;
  #sequence = 0;
  readonly #heap: Timer[] = [];
  readonly #live = new Set<Timer>();

  readonly nowMs = (): number => this.#nowMs;

  readonly setTimeout = (callback: () => void, delayMs: number): Timer => {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence, callback };
    this.#sequence += 1;
    this.#live.add(timer);
    this.#push(timer);
    return timer;
  };

  readonly clearTimeout = (handle: unknown): void => {
    this.#live.delete(handle as Timer);
  };

  /** Timers that are set and neither cleared nor due. */
  get pending(): number {
    return this.#live.size;
  }

  /** Fires, in order, all that becomes due within this time. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= untilMs; first = this.#heap[0]) {
      this.#pop();
      if (!this.#live.delete(first)) continue;
      this.#nowMs = Math.max(this.#nowMs, first.atMs);
      first.callback();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Time passes, but nothing fires until the next advance: the process was stopped or its event loop blocked. */
  stall(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.sequence < right.sequence);
}
