/**
 * The keys that one pass over a reduce's rows takes: those after one key, up to another.
 *
 * Owns: the bounds.
 * Never: decides where a pass must end.
 */
import type { Integer } from "./integer.ts";

export class KeyRange {
  /** Not in the range; undefined: the range begins with the smallest key. */
  #after: Integer | undefined;
  /** In the range; undefined: all keys that are left are. */
  #last: Integer | undefined;

  has(key: Integer): boolean {
    return (this.#after === undefined || key > this.#after) && (this.#last === undefined || key <= this.#last);
  }

  /** Ends the range earlier. */
  cut(last: Integer): void {
    this.#last = last;
  }

  /** Goes on behind the range, with all keys that are left; false if there can be none. */
  advance(): boolean {
    if (this.#last === undefined) return false;
    this.#after = this.#last;
    this.#last = undefined;
    return true;
  }
}
