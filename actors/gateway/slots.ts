/**
 * Counts what goes on at once, and refuses more than there may be.
 *
 * Owns: one count.
 */
import { RuntimeError } from "../../runtime/errors.ts";

export class Slots {
  readonly #what: string;
  readonly #max: number;
  #taken = 0;

  /** `what` is for the message: `requests that wait`. */
  constructor(what: string, max: number) {
    this.#what = what;
    this.#max = max;
  }

  /** Runs `action` in a slot of its own. Errors: GATEWAY_BUSY, those of `action`. */
  async within<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#taken >= this.#max) {
      throw new RuntimeError("GATEWAY_BUSY", `there are ${this.#max} ${this.#what} already; try again`);
    }
    this.#taken += 1;
    try {
      return await action();
    } finally {
      this.#taken -= 1;
    }
  }
}
