/**
 * The story of a cluster: what happened, for people.
 *
 * Owns: the newest events, and who is told of each new one.
 * Never: decides anything by them; a restarted coordinator begins a story of its own.
 */
import type { WallClock } from "../../runtime/wall-clock.ts";
import type { StoryEvent } from "./control.ts";

const EVENTS_MAX = 10_000;

/** An event as its teller has it; the book adds the time and the term. */
export type Tale = Omit<StoryEvent, "time" | "term">;

export class StoryBook {
  readonly #term: number;
  readonly #wallClock: WallClock;
  readonly #listeners = new Set<(event: StoryEvent) => void>();
  #events: StoryEvent[] = [];
  /** Restarts by job. */
  readonly #restarts = new Map<string, number>();

  constructor(term: number, wallClock: WallClock) {
    this.#term = term;
    this.#wallClock = wallClock;
  }

  tell(tale: Tale): void {
    const event: StoryEvent = { ...tale, time: this.#wallClock.stamp(), term: this.#term };
    this.#events.push(event);
    // In large steps: an event costs no more for those before it.
    if (this.#events.length >= 2 * EVENTS_MAX) this.#events = this.#events.slice(-EVENTS_MAX);
    if (tale.job !== undefined && tale.kind === "actor.restarting") {
      this.#restarts.set(tale.job, this.restartsOf(tale.job) + 1);
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** The newest, oldest first. */
  events(): readonly StoryEvent[] {
    return this.#events.slice(-EVENTS_MAX);
  }

  /** How many actors of a job were restarted since this coordinator began. */
  restartsOf(job: string): number {
    return this.#restarts.get(job) ?? 0;
  }

  /** `listener` hears of each new event; returns what ends that. */
  subscribe(listener: (event: StoryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
