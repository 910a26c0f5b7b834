/**
 * A small seeded generator of random numbers, the same on every machine.
 *
 * Owns: the sequence of a seed; generated inputs and programs are named by their seed, so it never changes.
 * Never: is fit for secrets.
 *
 * Source: sfc32 of Chris Doty-Humphrey's PractRand; the seed fills two of its four words, and 15 rounds are discarded.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Every safe integer is a seed of its own. */
  constructor(seed: number) {
    this.#a = 0;
    this.#b = seed >>> 0;
    this.#c = Math.floor(seed / 2 ** 32) >>> 0;
    for (let round = 0; round < 15; round += 1) this.uint32();
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** An integer from `from` to `to`, both included; their distance is below 2^53. */
  integer(from: number, to: number): number {
    const fraction = (this.uint32() * 2 ** 21 + (this.uint32() >>> 11)) / 2 ** 53;
    return from + Math.floor(fraction * (to - from + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)];
  }

  /** True once in `odds` times. */
  oneIn(odds: number): boolean {
    return this.integer(1, odds) === 1;
  }
}
