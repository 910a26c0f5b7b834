/**
 * Pairs in memory, as two arrays side by side.
 *
 * Owns: their order.
 */
import { compareIntegers, type Integer } from "./integer.ts";
import { orderOf } from "./integer-order.ts";

export class PairList {
  keys: Integer[] = [];
  values: Integer[] = [];

  get count(): number {
    return this.keys.length;
  }

  add(key: Integer, value: Integer): void {
    this.keys.push(key);
    this.values.push(value);
  }

  /** Sorts by key, then by value, numerically. */
  sort(): void {
    if (this.#isSorted()) return;
    this.#arrange(orderOf(this.keys));
    for (let from = 0; from < this.count; ) {
      let end = from + 1;
      while (end < this.count && this.keys[end] === this.keys[from]) end += 1;
      if (end - from > 1) this.#sortValues(from, end);
      from = end;
    }
  }

  #isSorted(): boolean {
    const { keys, values } = this;
    for (let index = 1; index < keys.length; index += 1) {
      const order = compareIntegers(keys[index - 1], keys[index]) || compareIntegers(values[index - 1], values[index]);
      if (order > 0) return false;
    }
    return true;
  }

  #arrange(order: ArrayLike<number>): void {
    const { keys, values } = this;
    this.keys = keys.map((_, place) => keys[order[place]]);
    this.values = values.map((_, place) => values[order[place]]);
  }

  #sortValues(from: number, end: number): void {
    const { values } = this;
    if (end - from === 2) {
      if (values[from] > values[from + 1]) [values[from], values[from + 1]] = [values[from + 1], values[from]];
      return;
    }
    const stretch = values.slice(from, end);
    const order = orderOf(stretch);
    for (let place = from; place < end; place += 1) values[place] = stretch[order[place - from]];
  }
}
