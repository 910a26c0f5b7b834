/**
 * A process of the simulated cluster: what lives and dies together, with a clock of its own.
 *
 * Owns: whether it lives, stands still or is slow.
 * Never: knows what runs in it.
 */
import type { Clock } from "../../../runtime/clock.ts";
import type { World, WorldEvent } from "./world.ts";

export class SimulatedProcess {
  /** `worker-a.2`: the node, and the how-manieth process on it. */
  readonly name: string;
  readonly node: string;
  readonly clock: Clock;
  readonly #world: World;
  readonly #deferred: WorldEvent[] = [];
  #isAlive = true;
  #pausedUntilMs = 0;
  /** Its clock began at another moment than everybody else's. */
  #clockOffsetMs: number;

  constructor(world: World, node: string, epoch: number) {
    this.#world = world;
    this.node = node;
    this.name = `${node}.${epoch}`;
    this.#clockOffsetMs = Math.floor(world.between(0, 1_000_000));
    this.clock = {
      nowMs: () => world.nowMs + this.#clockOffsetMs,
      setTimeout: (callback, delayMs) => world.schedule(this, delayMs, callback),
      clearTimeout: (handle) => {
        if (handle !== undefined) (handle as WorldEvent).cancelled = true;
      },
    };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isPaused(): boolean {
    return this.#pausedUntilMs > this.#world.nowMs;
  }

  /** From now on nothing of it happens any more. */
  kill(): void {
    this.#isAlive = false;
    this.#deferred.length = 0;
  }

  pause(durationMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#world.nowMs + durationMs);
    this.#world.schedule(undefined, durationMs, () => this.#resume());
  }

  jumpClock(byMs: number): void {
    this.#clockOffsetMs += byMs;
  }

  /** True if the event has to wait: the process stands still. */
  defer(event: WorldEvent): boolean {
    if (!this.isPaused) return false;
    this.#deferred.push(event);
    return true;
  }

  #resume(): void {
    if (this.isPaused) return;
    for (const event of this.#deferred.splice(0)) {
      if (!event.cancelled) this.#world.schedule(this, 0, () => event.cancelled || event.action());
    }
  }
}
