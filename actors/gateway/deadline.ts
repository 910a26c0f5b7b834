/**
 * A deadline that progress puts off.
 *
 * Owns: one timer. Whoever makes a deadline ends it.
 */
import type { Clock, TimerHandle } from "../../runtime/clock.ts";

export class Deadline {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #expire: () => void;
  #timer: TimerHandle;

  /** `expire` is called once, unless the deadline is put off or ended before. */
  constructor(clock: Clock, delayMs: number, expire: () => void) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#expire = expire;
    this.#timer = clock.setTimeout(expire, delayMs);
  }

  putOff(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(this.#expire, this.#delayMs);
  }

  end(): void {
    this.#clock.clearTimeout(this.#timer);
  }
}
