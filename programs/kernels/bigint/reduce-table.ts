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
import type { ArithmeticCause } from "../../errors.ts";
import type { ReduceStep } from "../../plan/plan.ts";
import type { ReportFailure } from "../arithmetic-failure.ts";
import { type Accumulator, createAccumulator } from "./accumulators.ts";
import { type Column, compileExpression, type Evaluate } from "./compile-expression.ts";
import { CAUSES, causeOf, EvaluationFailure, failureOf } from "./evaluation-failure.ts";
import { extraBytes, type Integer, mapKey } from "./integer.ts";
import { orderOf } from "./integer-order.ts";
import type { IntegerReader } from "./integer-reader.ts";
import type { IntegerWriter } from "./integer-writer.ts";

export interface CompiledReduce {
  readonly step: ReduceStep;
  readonly operands: readonly Evaluate[];
  readonly result: Evaluate;
}

export function compileReduce(step: ReduceStep): CompiledReduce {
  const operands = step.aggregates.map(({ operand }) => compileExpression(operand));
  return { step, operands, result: compileExpression(step.result) };
}

const NO_COLUMNS: readonly Column[] = [];

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
    this.#accumulators = reduce.step.aggregates.map(({ name }) => createAccumulator(name));
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

  /** Reads one partial aggregate and merges it. */
  merge(reader: IntegerReader): void {
    const index = this.#locate(reader.read());
    for (let position = 0; position < this.#accumulators.length; position += 1) {
      const mark = Number(reader.read());
      if (mark === 0) this.#accumulators[position].merge(index, reader);
      else this.#fail(position, index, CAUSES[mark - 1]);
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
  emit(give: (key: Integer, value: Integer) => void, report: ReportFailure): void {
    const { step, result } = this.#reduce;
    const columns: Column[] = this.#accumulators.map(() => 0);
    const order = orderOf(this.#keys);
    for (let place = 0; place < order.length; place += 1) {
      const index = order[place];
      const key = this.#keys[index];
      for (let position = 0; position < columns.length; position += 1)
        columns[position] = this.#column(position, index);
      let value: Integer;
      try {
        value = result(key, 0, columns);
      } catch (error) {
        report({ operation: step.operation, cause: causeOf(error), key, value: undefined });
        continue;
      }
      give(key, value);
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

  #column(position: number, index: number): Column {
    const cause = this.#failures[position].get(index);
    if (cause !== undefined) return failureOf(cause);
    try {
      return this.#accumulators[position].result(index);
    } catch (error) {
      if (error instanceof EvaluationFailure) return error;
      throw error;
    }
  }
}
