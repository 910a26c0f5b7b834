/**
 * Simulated time: one heap of events, each of one process or of nobody, and whatever asynchrony they cause.
 *
 * Owns: the order of everything: events by (time, sequence), and all microtasks of one event before the next event.
 * Never: touches a real clock; runs anything of a process that is dead.
 *
 * W1. A process that is paused finds its events when it goes on, in their order, all at once.
 * W2. Nothing of a killed process runs: what it waits for never comes.
 */
import { type Random, seededRandom } from "../../../runtime/random.ts";
import { EventHeap, type HeapEvent } from "./event-heap.ts";
import { History } from "./history.ts";
import type { SimulatedProcess } from "./process.ts";

/** Events of one turn of Node's own loop: each is followed by its microtasks, and a turn costs more than an event. */
const EVENTS_PER_TURN = 128;
// Kept, since whoever runs here must not take the real ones.
const { setImmediate: nextTurn } = globalThis;

/** A run that takes more of them goes round in circles. */
const EVENTS_MAX = 150_000;

/** `late`: the time is over; `endless`: too much has happened; `idle`: nothing is left to happen. */
export type RunEnd = "reached" | "late" | "endless" | "idle";

export interface WorldEvent extends HeapEvent {
  readonly process: SimulatedProcess | undefined;
  readonly action: () => void;
  cancelled: boolean;
}

export class World {
  readonly seed: number;
  readonly history: History;
  /** Of the world itself: delays, durations, losses. */
  readonly random: Random;
  /** Whose event is being carried out, with all that follows from it. */
  current: SimulatedProcess | undefined;
  #nowMs = 0;
  #eventCount = 0;
  #lastId = 0;
  readonly #heap = new EventHeap<WorldEvent>();

  constructor(seed: number, { keepsLines = false } = {}) {
    this.seed = seed;
    this.random = seededRandom(seed);
    this.history = new History(keepsLines);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** Counts from 1. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Uniform in [from, to). */
  between(from: number, to: number): number {
    return from + this.random.next() * (to - from);
  }

  /** True so many times of one. */
  chance(share: number): boolean {
    return this.random.next() < share;
  }

  note(kind: string, detail: string, process: SimulatedProcess | undefined = this.current): void {
    this.history.note(this.#nowMs, process?.name ?? "", kind, detail);
  }

  schedule(process: SimulatedProcess | undefined, delayMs: number, action: () => void): WorldEvent {
    const event = { atMs: this.#nowMs + Math.max(0, delayMs), process, action, cancelled: false };
    this.#heap.push(event);
    return event;
  }

  /** Resolves in so much time for whoever asks, if that one lives then. */
  sleep(delayMs: number): Promise<void> {
    const process = this.current;
    return new Promise((resolve) => {
      this.schedule(process, delayMs, resolve);
    });
  }

  /** Carries out events until that is so, or it comes to another end. */
  run(isReached: () => boolean, untilMs: number): Promise<RunEnd> {
    return new Promise((resolve, reject) => {
      let end: RunEnd | undefined;
      const step = (): void => {
        if (end !== undefined) return;
        try {
          end = isReached() ? "reached" : this.#step(untilMs);
        } catch (error) {
          end = "late";
          reject(error);
        }
        if (end !== undefined) {
          this.current = undefined;
          resolve(end);
        }
      };
      const turn = (): void => {
        step();
        if (end !== undefined) return;
        for (let count = 0; count < EVENTS_PER_TURN; count += 1) nextTurn(step);
        nextTurn(turn);
      };
      nextTurn(turn);
    });
  }

  #step(untilMs: number): RunEnd | undefined {
    for (let event = this.#heap.pop(); event !== undefined; event = this.#heap.pop()) {
      if (event.cancelled || event.process?.isAlive === false) continue;
      if (event.atMs > untilMs) {
        this.#nowMs = untilMs;
        return "late";
      }
      this.#nowMs = Math.max(this.#nowMs, event.atMs);
      if (event.process?.defer(event) === true) continue;
      this.#eventCount += 1;
      if (this.#eventCount > EVENTS_MAX) return "endless";
      this.current = event.process;
      event.action();
      return undefined;
    }
    return "idle";
  }
}
