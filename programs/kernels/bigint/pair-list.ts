/**
 * Pairs in memory, as two arrays side by side.
 *
 * Owns: their order.
 */
import { compareIntegers, type Integer } from "./integer.ts";

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

  /**
   * Sorts by key, then by value, numerically.
   *
   * Cost: nothing but a look where the pairs are in order already; stretches that are, as in sorted runs one after the
   *       other, are merged (Array.prototype.sort is a TimSort).
   */
  sort(): void {
    const { keys, values } = this;
    const compare = (left: number, right: number) =>
      compareIntegers(keys[left], keys[right]) || compareIntegers(values[left], values[right]);
    let sorted = 1;
    while (sorted < keys.length && compare(sorted - 1, sorted) <= 0) sorted += 1;
    if (sorted >= keys.length) return;
    const order = Array.from(keys.keys()).sort(compare);
    this.keys = order.map((index) => keys[index]);
    this.values = order.map((index) => values[index]);
  }
}
