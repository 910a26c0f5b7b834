/**
 * The states of one aggregate for all keys of a table, by index of key.
 *
 * Owns: what each aggregate keeps, how two partial ones make one, and their form in bytes.
 * Never: sees an operand that failed; `reduce-table.ts` keeps those.
 *
 * A1. Every state of an aggregate that is not holistic is a commutative monoid: any order and grouping of values gives
 *     the same state.
 * A2. A result fails only if its own exact value is too large; a running total never does.
 */
import assert from "node:assert/strict";
import type { PlannedAggregateName } from "../../plan/plan.ts";
import { checked, divide, exactSum, larger, multiply, smaller } from "./arithmetic.ts";
import type { ReduceValues } from "./compile-registered.ts";
import { causeOf, fail } from "./evaluation-failure.ts";
import { compareIntegers, extraBytes, type Integer } from "./integer.ts";
import type { IntegerReader } from "./integer-reader.ts";
import type { IntegerWriter } from "./integer-writer.ts";

export interface Accumulator {
  /** Integers of one state in bytes. */
  readonly stateIntegers: number;
  /** Adds a key without values. */
  extend(): void;
  add(index: number, value: Integer): void;
  /** Reads a state and merges it. */
  merge(index: number, reader: IntegerReader): void;
  /** Writes the state of a key that has values. */
  write(index: number, writer: IntegerWriter): void;
  /** `key` is the one at that index. Errors: throws an EvaluationFailure. */
  result(index: number, key: Integer): Integer;
  /** Keeps the states of these keys, by ascending index, and forgets all others. */
  retain(kept: readonly number[]): void;
  /** Values kept, where an aggregate keeps them; others keep 0. */
  readonly valueCount: number;
  /** What the long integers of all states occupy. */
  extraBytes(): number;
  clear(): void;
}

/** `reduceValues`: of a function of the operator's own, `registered`. */
export function createAccumulator(name: PlannedAggregateName, reduceValues?: ReduceValues): Accumulator {
  switch (name) {
    case "count":
      return new CountAccumulator();
    case "sum":
      return new SumAccumulator();
    case "mean":
      return new MeanAccumulator();
    case "min":
      return new ExtremeAccumulator(smaller);
    case "max":
      return new ExtremeAccumulator(larger);
    case "product":
      return new ProductAccumulator();
    case "median":
      return new HolisticAccumulator((_key, sorted) => sorted[(sorted.length - 1) >>> 1]);
    case "distinct":
      return new HolisticAccumulator((_key, sorted) => countDistinct(sorted));
    case "registered":
      assert(reduceValues !== undefined, "a function of the operator's own is given to the kernels");
      return new HolisticAccumulator(reduceValues);
  }
}

class CountAccumulator implements Accumulator {
  readonly stateIntegers = 1;
  readonly valueCount = 0;
  #counts: number[] = [];

  extend(): void {
    this.#counts.push(0);
  }

  add(index: number): void {
    this.#counts[index] += 1;
  }

  merge(index: number, reader: IntegerReader): void {
    this.#counts[index] += Number(reader.read());
  }

  write(index: number, writer: IntegerWriter): void {
    writer.write(this.#counts[index]);
  }

  result(index: number): Integer {
    return this.#counts[index];
  }

  retain(kept: readonly number[]): void {
    this.#counts = kept.map((index) => this.#counts[index]);
  }

  extraBytes(): number {
    return 0;
  }

  clear(): void {
    this.#counts = [];
  }
}

class SumAccumulator implements Accumulator {
  readonly stateIntegers = 1;
  readonly valueCount = 0;
  #sums: Integer[] = [];

  extend(): void {
    this.#sums.push(0);
  }

  add(index: number, value: Integer): void {
    this.#sums[index] = exactSum(this.#sums[index], value);
  }

  merge(index: number, reader: IntegerReader): void {
    this.add(index, reader.read());
  }

  write(index: number, writer: IntegerWriter): void {
    writer.write(this.#sums[index]);
  }

  /** Not checked. */
  total(index: number): Integer {
    return this.#sums[index];
  }

  result(index: number): Integer {
    return checkedInteger(this.#sums[index]);
  }

  retain(kept: readonly number[]): void {
    this.#sums = kept.map((index) => this.#sums[index]);
  }

  extraBytes(): number {
    return extraBytesOf(this.#sums);
  }

  clear(): void {
    this.#sums = [];
  }
}

class MeanAccumulator implements Accumulator {
  readonly stateIntegers = 2;
  readonly valueCount = 0;
  readonly #sums = new SumAccumulator();
  readonly #counts = new CountAccumulator();

  extend(): void {
    this.#sums.extend();
    this.#counts.extend();
  }

  add(index: number, value: Integer): void {
    this.#sums.add(index, value);
    this.#counts.add(index);
  }

  merge(index: number, reader: IntegerReader): void {
    this.#sums.merge(index, reader);
    this.#counts.merge(index, reader);
  }

  write(index: number, writer: IntegerWriter): void {
    this.#sums.write(index, writer);
    this.#counts.write(index, writer);
  }

  result(index: number): Integer {
    return divide(this.#sums.total(index), this.#counts.result(index));
  }

  retain(kept: readonly number[]): void {
    this.#sums.retain(kept);
    this.#counts.retain(kept);
  }

  extraBytes(): number {
    return this.#sums.extraBytes();
  }

  clear(): void {
    this.#sums.clear();
    this.#counts.clear();
  }
}

/** Minimum and maximum. */
class ExtremeAccumulator implements Accumulator {
  readonly stateIntegers = 1;
  readonly valueCount = 0;
  readonly #choose: (left: Integer, right: Integer) => Integer;
  #extremes: (Integer | undefined)[] = [];

  constructor(choose: (left: Integer, right: Integer) => Integer) {
    this.#choose = choose;
  }

  extend(): void {
    this.#extremes.push(undefined);
  }

  add(index: number, value: Integer): void {
    const extreme = this.#extremes[index];
    this.#extremes[index] = extreme === undefined ? value : this.#choose(extreme, value);
  }

  merge(index: number, reader: IntegerReader): void {
    this.add(index, reader.read());
  }

  write(index: number, writer: IntegerWriter): void {
    writer.write(this.result(index));
  }

  result(index: number): Integer {
    const extreme = this.#extremes[index];
    assert(extreme !== undefined, "a key exists only with a value");
    return extreme;
  }

  retain(kept: readonly number[]): void {
    this.#extremes = kept.map((index) => this.#extremes[index]);
  }

  extraBytes(): number {
    return extraBytesOf(this.#extremes);
  }

  clear(): void {
    this.#extremes = [];
  }
}

/** A product, or undefined: too large whatever else comes, unless that is 0. In bytes the latter is two zeros. */
class ProductAccumulator implements Accumulator {
  readonly stateIntegers = 2;
  readonly valueCount = 0;
  #products: (Integer | undefined)[] = [];

  extend(): void {
    this.#products.push(1);
  }

  add(index: number, value: Integer): void {
    this.#products[index] = product(this.#products[index], value);
  }

  merge(index: number, reader: IntegerReader): void {
    const isTooLarge = reader.read() !== 0;
    const value = reader.read();
    this.#products[index] = product(this.#products[index], isTooLarge ? undefined : value);
  }

  write(index: number, writer: IntegerWriter): void {
    const value = this.#products[index];
    writer.write(value === undefined ? 1 : 0);
    writer.write(value ?? 0);
  }

  result(index: number): Integer {
    return this.#products[index] ?? fail("tooLarge");
  }

  retain(kept: readonly number[]): void {
    this.#products = kept.map((index) => this.#products[index]);
  }

  extraBytes(): number {
    return extraBytesOf(this.#products);
  }

  clear(): void {
    this.#products = [];
  }
}

/** Keeps all values, each with the index of its key; they are brought together by keys when the first result is asked for. */
class HolisticAccumulator implements Accumulator {
  readonly stateIntegers = 0;
  readonly #finish: ReduceValues;
  #keyCount = 0;
  #indexes: number[] = [];
  #values: Integer[] = [];
  /** By index of key, where its values begin in `grouped`. */
  #starts: Uint32Array | undefined;
  #grouped: Integer[] = [];

  constructor(finish: ReduceValues) {
    this.#finish = finish;
  }

  extend(): void {
    this.#keyCount += 1;
  }

  get valueCount(): number {
    return this.#values.length;
  }

  add(index: number, value: Integer): void {
    this.#indexes.push(index);
    this.#values.push(value);
  }

  merge(): void {
    assert.fail("this aggregate has no partial form");
  }

  write(): void {
    assert.fail("this aggregate has no partial form");
  }

  result(index: number, key: Integer): Integer {
    this.#starts ??= this.#group();
    const values = this.#grouped.slice(this.#starts[index], this.#starts[index + 1]);
    return this.#finish(key, values.length === 1 ? values : values.sort(compareIntegers));
  }

  retain(kept: readonly number[]): void {
    const placeOf = new Map(kept.map((index, place) => [index, place]));
    const [indexes, values] = [this.#indexes, this.#values];
    this.#keyCount = kept.length;
    this.#indexes = [];
    this.#values = [];
    for (const [row, index] of indexes.entries()) {
      const place = placeOf.get(index);
      if (place !== undefined) this.add(place, values[row]);
    }
  }

  extraBytes(): number {
    return extraBytesOf(this.#values);
  }

  clear(): void {
    this.#keyCount = 0;
    this.#indexes = [];
    this.#values = [];
    this.#starts = undefined;
    this.#grouped = [];
  }

  /** A counting sort; the values are not needed as they came any more. */
  #group(): Uint32Array {
    const starts = new Uint32Array(this.#keyCount + 1);
    for (const index of this.#indexes) starts[index + 1] += 1;
    for (let index = 0; index < this.#keyCount; index += 1) starts[index + 1] += starts[index];
    const next = starts.slice();
    this.#grouped = this.#values.slice();
    for (const [row, index] of this.#indexes.entries()) this.#grouped[next[index]++] = this.#values[row];
    this.#indexes = [];
    this.#values = [];
    return starts;
  }
}

function extraBytesOf(states: readonly (Integer | undefined)[]): number {
  return states.reduce((byteCount: number, state) => byteCount + (state === undefined ? 0 : extraBytes(state)), 0);
}

function countDistinct(sorted: readonly Integer[]): Integer {
  let count = 0;
  for (let index = 0; index < sorted.length; index += 1) {
    if (index === 0 || sorted[index] !== sorted[index - 1]) count += 1;
  }
  return count;
}

function product(left: Integer | undefined, right: Integer | undefined): Integer | undefined {
  if (left === 0 || right === 0) return 0;
  if (left === undefined || right === undefined) return undefined;
  try {
    return multiply(left, right);
  } catch (error) {
    causeOf(error);
    return undefined;
  }
}

function checkedInteger(value: Integer): Integer {
  return typeof value === "number" ? value : checked(value);
}
