/**
 * Median or distinct of one key whose operands are too many to be kept: they are counted by value, in as many passes over
 * them as their distinct values need, in ascending order.
 *
 * Owns: the counts of one pass, and what passes before it have found.
 * Never: keeps an operand more than once, sees one that failed: such a key's result is the failure.
 */
import assert from "node:assert/strict";
import type { ReduceStep } from "../../plan/plan.ts";
import { BoundedTable } from "./bounded-table.ts";
import type { Integer } from "./integer.ts";
import { compileReduce } from "./reduce-table.ts";

const COUNT_STEP: ReduceStep = {
  kind: "reduce",
  operation: 0,
  aggregates: [{ name: "count", operand: { kind: "value" } }],
  result: { kind: "column", index: 0 },
  decomposable: true,
};

export class ValueCounts {
  readonly #name: "median" | "distinct";
  readonly #counts: BoundedTable;
  #isFirstPass = true;
  #isDone = false;
  #operandCount = 0;
  /** Operands in the ranges of finished passes, for the median. */
  #operandsBefore = 0;
  #median: Integer | undefined;
  #distinct = 0;

  constructor(name: "median" | "distinct", memoryBytes: number) {
    this.#name = name;
    this.#counts = new BoundedTable(compileReduce(COUNT_STEP), memoryBytes);
  }

  take(operand: Integer): void {
    if (this.#isFirstPass) this.#operandCount += 1;
    if (this.#isDone || !this.#counts.range.has(operand)) return;
    this.#counts.table.update(operand, 0);
    if (this.#counts.isDue()) this.#counts.fit();
  }

  /** True: all operands must come again. */
  endPass(): boolean {
    if (this.#isDone) return false;
    this.#isFirstPass = false;
    const { table, range } = this.#counts;
    this.#counts.fit();
    const middle = Math.floor((this.#operandCount - 1) / 2);
    table.emit(
      (operand, count) => {
        this.#distinct += 1;
        this.#operandsBefore += Number(count);
        if (this.#operandsBefore > middle) this.#median ??= operand;
      },
      () => assert.fail("a count cannot fail"),
    );
    table.clear();
    const isKnown = this.#name === "median" && this.#median !== undefined;
    this.#isDone = isKnown || !range.advance();
    return !this.#isDone;
  }

  /** After the last pass, if no operand failed. */
  result(): Integer {
    if (this.#name === "distinct") return this.#distinct;
    // Without operands all have failed, and nobody asks.
    return this.#median ?? 0;
  }
}
