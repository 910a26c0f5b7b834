/**
 * One reduce at work in one task: takes pairs or partial aggregates, gives partial aggregates or results.
 *
 * Owns: the table of keys, the states of the aggregates, and which of them failed for which key.
 * Never: decides when it is full.
 *
 * T1. A failed operand fails its aggregate of its key, with the first cause in the order of CAUSES; whether that matters
 *     is decided when the result is computed.
 * T2. Results come in ascending order of keys, whatever order the rows came in. Partial aggregates come in the order in
 *     which their keys appeared.
 * T3. A partial aggregate in bytes: the key, then for each aggregate 0 and its state, or 1 + index of its cause alone.
 */
import assert from "node:assert/strict";
import type { ArithmeticCause } from "../../errors.ts";
import type { ReduceStep } from "../../plan/plan.ts";
import type { GuardedFunctions } from "../../registered/guarded-functions.ts";
import type { ReportFailure } from "../arithmetic-failure.ts";
import { type Accumulator, createAccumulator } from "./accumulators.ts";
import { type Column, compileExpression, type Evaluate } from "./compile-expression.ts";
import { compileRegisteredReduce, type ReduceValues } from "./compile-registered.ts";
import { CAUSES, causeOf, EvaluationFailure, failureFacts, failureOf } from "./evaluation-failure.ts";
import { compareIntegers, extraBytes, type Integer, mapKey } from "./integer.ts";
import { orderOf } from "./integer-order.ts";
import type { IntegerReader } from "./integer-reader.ts";
import type { IntegerWriter } from "./integer-writer.ts";

export interface CompiledReduce {
  readonly step: ReduceStep;
  readonly operands: readonly Evaluate[];
  readonly result: Evaluate;
  /** A reduce that is a function of the operator's own. */
  readonly reduceValues: ReduceValues | undefined;
}

/** Takes one result. */
export type GivePair = (key: Integer, value: Integer) => void;

/** `functions`: needed where the reduce is one of them. */
export function compileReduce(step: ReduceStep, functions?: GuardedFunctions): CompiledReduce {
  const operands = step.aggregates.map(({ operand }) => compileExpression(operand));
  const [call] = step.aggregates.flatMap((aggregate) => aggregate.call ?? []);
  let reduceValues: ReduceValues | undefined;
  if (call !== undefined) {
    assert(functions !== undefined, "a function of the operator's own is given to the kernels");
    reduceValues = compileRegisteredReduce({ operation: step.operation, call }, functions);
  }
  return { step, operands, result: compileExpression(step.result), reduceValues };
}

/** Computes the result of one key from its aggregates and gives it on, or reports why there is none. */
export function giveResult(
  { step, result }: CompiledReduce,
  { key, columns }: { readonly key: Integer; readonly columns: readonly Column[] },
  give: GivePair,
  report: ReportFailure,
): void {
  let value: Integer;
  try {
    value = result(key, 0, columns);
  } catch (error) {
    report({ operation: step.operation, ...failureFacts(error), key, value: undefined });
    return;
  }
  give(key, value);
}

const NO_COLUMNS: readonly Column[] = [];
/** An entry of the map and of the keys, measured with 10^6 keys at its worst, just after the map has grown. */
const KEY_BYTES = 160;
/** A state in an array that has just grown, and a number on the heap. */
const STATE_BYTES = 40;
/** A value, its key's index, and both once more when they are brought together and sorted. */
const VALUE_BYTES = 72;
/** Two copies of long integers may stand in memory: of the one that is read and of the sum it went into. */
const LONG_BYTES_FACTOR = 2;
const SAMPLE_KEYS = 511;

export class ReduceTable {
  readonly #reduce: CompiledReduce;
  readonly #accumulators: readonly Accumulator[];
  /** For each aggregate, by index of key, what the first of its failed operands failed with. */
  readonly #failures: readonly Map<number, ArithmeticCause>[];
  readonly #indexes = new Map<number | string, number>();
  #keys: Integer[] = [];
  #extraBytes = 0;

  constructor(reduce: CompiledReduce) {
    this.#reduce = reduce;
    this.#accumulators = reduce.step.aggregates.map(({ name }) => createAccumulator(name, reduce.reduceValues));
    this.#failures = this.#accumulators.map(() => new Map<number, ArithmeticCause>());
  }

  get keyCount(): number {
    return this.#keys.length;
  }

  /** Integers of a partial aggregate, key and marks included. */
  get stateIntegers(): number {
    return this.#accumulators.reduce((count, { stateIntegers }) => count + 1 + stateIntegers, 1);
  }

  /** What the long integers taken since the table was empty occupy; no state is longer than what went into it. */
  get extraBytes(): number {
    return this.#extraBytes;
  }

  /** An estimate, from above: long integers that were merged into others count until `measure`. */
  get byteCount(): number {
    const values = this.#accumulators.reduce((count, { valueCount }) => count + valueCount, 0);
    const keyBytes = KEY_BYTES + STATE_BYTES * this.#accumulators.length;
    return this.#keys.length * keyBytes + values * VALUE_BYTES + LONG_BYTES_FACTOR * this.#extraBytes;
  }

  /** True if there is an aggregate that keeps values. */
  get keepsValues(): boolean {
    return this.#accumulators.some(({ valueCount }) => valueCount > 0);
  }

  /** Counts the long integers that there are now. */
  measure(): void {
    const states = this.#accumulators.reduce((byteCount, accumulator) => byteCount + accumulator.extraBytes(), 0);
    this.#extraBytes = this.#keys.reduce((byteCount: number, key) => byteCount + extraBytes(key), states);
  }

  /** Of two keys or more, one in the middle of them; at least one is greater. */
  middleKey(): Integer {
    const sampleCount = Math.min(this.#keys.length, SAMPLE_KEYS);
    const sample = Array.from(
      { length: sampleCount },
      (_, index) => this.#keys[Math.floor((index * this.#keys.length) / sampleCount)],
    );
    return sample.sort(compareIntegers)[(sampleCount - 1) >>> 1];
  }

  /** Forgets the keys above `last` and all that came with them. */
  retain(last: Integer): void {
    const kept = [...this.#keys.keys()].filter((index) => this.#keys[index] <= last);
    for (const accumulator of this.#accumulators) accumulator.retain(kept);
    for (const failures of this.#failures) {
      const causes = kept.map((index) => failures.get(index));
      failures.clear();
      for (const [place, cause] of causes.entries()) if (cause !== undefined) failures.set(place, cause);
    }
    this.#keys = kept.map((index) => this.#keys[index]);
    this.#indexes.clear();
    for (const [index, key] of this.#keys.entries()) this.#indexes.set(mapKey(key), index);
    this.measure();
  }

  update(key: Integer, value: Integer): void {
    const index = this.#locate(key);
    const { operands } = this.#reduce;
    for (let position = 0; position < operands.length; position += 1) {
      let operand: Integer;
      try {
        operand = operands[position](key, value, NO_COLUMNS);
      } catch (error) {
        this.#fail(position, index, causeOf(error));
        continue;
      }
      this.#accumulators[position].add(index, operand);
      if (typeof operand === "bigint") this.#extraBytes += extraBytes(operand);
    }
  }

  /** Reads what follows the key of a partial aggregate, and merges it. */
  merge(key: Integer, reader: IntegerReader): void {
    const index = this.#locate(key);
    for (let position = 0; position < this.#accumulators.length; position += 1) {
      const mark = Number(reader.read());
      if (mark === 0) this.#accumulators[position].merge(index, reader);
      else this.#fail(position, index, CAUSES[mark - 1]);
    }
  }

  /** Reads what follows the key of a partial aggregate, and forgets it. */
  skip(reader: IntegerReader): void {
    for (const { stateIntegers } of this.#accumulators) {
      if (reader.read() !== 0) continue;
      for (let integer = 0; integer < stateIntegers; integer += 1) reader.read();
    }
  }

  /** Writes the partial aggregates of all keys, each where `writerOf` says. */
  write(writerOf: (key: Integer) => IntegerWriter): void {
    for (const [index, key] of this.#keys.entries()) {
      const writer = writerOf(key);
      writer.write(key);
      for (const [position, accumulator] of this.#accumulators.entries()) {
        const cause = this.#failures[position].get(index);
        writer.write(cause === undefined ? 0 : 1 + CAUSES.indexOf(cause));
        if (cause === undefined) accumulator.write(index, writer);
      }
    }
  }

  /** Computes the results and gives them on, without the keys that failed. */
  emit(give: GivePair, report: ReportFailure): void {
    const columns: Column[] = this.#accumulators.map(() => 0);
    const order = orderOf(this.#keys);
    for (let place = 0; place < order.length; place += 1) {
      const index = order[place];
      const key = this.#keys[index];
      for (let position = 0; position < columns.length; position += 1)
        columns[position] = this.#column(position, index, key);
      giveResult(this.#reduce, { key, columns }, give, report);
    }
  }

  clear(): void {
    this.#indexes.clear();
    this.#keys = [];
    this.#extraBytes = 0;
    for (const accumulator of this.#accumulators) accumulator.clear();
    for (const failures of this.#failures) failures.clear();
  }

  #locate(key: Integer): number {
    const name = mapKey(key);
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = this.#keys.push(key) - 1;
      this.#indexes.set(name, index);
      this.#extraBytes += extraBytes(key);
      for (const accumulator of this.#accumulators) accumulator.extend();
    }
    return index;
  }

  #fail(position: number, index: number, cause: ArithmeticCause): void {
    const failures = this.#failures[position];
    const known = failures.get(index);
    if (known === undefined || CAUSES.indexOf(cause) < CAUSES.indexOf(known)) failures.set(index, cause);
  }

  #column(position: number, index: number, key: Integer): Column {
    const cause = this.#failures[position].get(index);
    if (cause !== undefined) return failureOf(cause);
    try {
      return this.#accumulators[position].result(index, key);
    } catch (error) {
      if (error instanceof EvaluationFailure) return error;
      throw error;
    }
  }
}
