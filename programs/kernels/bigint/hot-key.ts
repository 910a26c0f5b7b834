/**
 * One key with more values than may be kept: aggregated in several passes over its rows, keeping counts of distinct
 * operands only.
 *
 * Owns: the key's aggregates.
 * Never: sees a row of another key.
 */
import type { ArithmeticCause } from "../../errors.ts";
import { type Accumulator, createAccumulator } from "./accumulators.ts";
import type { Column } from "./compile-expression.ts";
import { CAUSES, causeOf, EvaluationFailure, failureOf } from "./evaluation-failure.ts";
import type { Integer } from "./integer.ts";
import type { CompiledReduce } from "./reduce-table.ts";
import { ValueCounts } from "./value-counts.ts";

type Aggregate = Pick<Accumulator, "result"> & { take(operand: Integer): void; endPass(): boolean };

const NO_COLUMNS: readonly Column[] = [];

export class HotKey {
  readonly key: Integer;
  readonly #reduce: CompiledReduce;
  readonly #aggregates: readonly Aggregate[];
  /** For each aggregate, what the first of its failed operands failed with. */
  readonly #causes: (ArithmeticCause | undefined)[] = [];

  constructor(key: Integer, reduce: CompiledReduce, memoryBytes: number) {
    this.key = key;
    this.#reduce = reduce;
    const { aggregates } = reduce.step;
    const counted = aggregates.filter(({ name }) => name === "median" || name === "distinct").length;
    this.#aggregates = aggregates.map(({ name }) =>
      name === "median" || name === "distinct"
        ? new ValueCounts(name, memoryBytes / counted)
        : onceOver(createAccumulator(name)),
    );
  }

  update(value: Integer): void {
    const { operands } = this.#reduce;
    for (let position = 0; position < operands.length; position += 1) {
      let operand: Integer;
      try {
        operand = operands[position](this.key, value, NO_COLUMNS);
      } catch (error) {
        this.#fail(position, causeOf(error));
        continue;
      }
      this.#aggregates[position].take(operand);
    }
  }

  /** True: all rows of the key must come again. */
  endPass(): boolean {
    let goesOn = false;
    for (const aggregate of this.#aggregates) if (aggregate.endPass()) goesOn = true;
    return goesOn;
  }

  /** After the last pass. */
  get columns(): readonly Column[] {
    return this.#aggregates.map((aggregate, position) => {
      const cause = this.#causes[position];
      if (cause !== undefined) return failureOf(cause);
      try {
        return aggregate.result(0, this.key);
      } catch (error) {
        if (error instanceof EvaluationFailure) return error;
        throw error;
      }
    });
  }

  #fail(position: number, cause: ArithmeticCause): void {
    const known = this.#causes[position];
    if (known === undefined || CAUSES.indexOf(cause) < CAUSES.indexOf(known)) this.#causes[position] = cause;
  }
}

/** An aggregate that is ready after the first pass. */
function onceOver(accumulator: Accumulator): Aggregate {
  let isOver = false;
  accumulator.extend();
  return {
    take: (operand) => {
      if (!isOver) accumulator.add(0, operand);
    },
    endPass: () => {
      isOver = true;
      return false;
    },
    result: (_index, key) => accumulator.result(0, key),
  };
}
