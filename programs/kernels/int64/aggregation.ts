/**
 * Groups pairs by key and aggregates their operands.
 *
 * Owns: the key table, the states, the rows of holistic aggregates, and the memory of its results.
 * Never: evaluates an expression: operands come as columns.
 *
 * G1. An aggregate fails only if its own exact value does not fit int64 (cause overflow), or if an operand failed: then with
 *     the smallest cause of the key's operands. A key with failed operands exists all the same.
 * G2. What `states` gives is a pure function of the rows in their order; merging is the same in every order.
 * G3. An aggregation of holistic aggregates alone keeps no table.
 */
import assert from "node:assert/strict";
import { BATCH_PAIRS } from "../../limits.ts";
import type { PlannedAggregateName } from "../../plan/plan.ts";
import { Accumulator, type DecomposableName, type FinishedColumn, type OperandColumn } from "./accumulator.ts";
import { HolisticAggregates, type HolisticSpecification } from "./holistic.ts";
import type { KernelInstance, Pointer } from "./instance.ts";
import { KeyTable } from "./key-table.ts";
import type { ReduceRows } from "./registered-reduce.ts";

export type { OperandColumn } from "./accumulator.ts";

export interface AggregationSpecification {
  readonly name: PlannedAggregateName;
  /** True if an operand can have a cause; otherwise no cause is kept. */
  readonly fallible: boolean;
  /** Of `registered`. */
  readonly reduceRows?: ReduceRows;
}

export interface AggregationResults {
  /** Distinct keys; the length of every column. */
  readonly count: number;
  /** Ascending, signed. */
  readonly keys: Pointer;
  /** One column of int64 for each specification; 0 where the key failed. */
  readonly columns: readonly Pointer[];
  /** One cause code (u8) per key for each specification, or 0: no key of this aggregate failed. */
  readonly causes: readonly Pointer[];
  /** The words of causes that have some of their own, by key; of a reduce by a function of the operator's own. */
  readonly reasons?: ReadonlyMap<bigint, string>;
}

const INT64_BYTES = 8;

export class Aggregation {
  /** Partial aggregates can be taken and merged: there is none that needs all operands. */
  readonly decomposable: boolean;
  /** Columns of a partial aggregate, without the key; 0 where it is not decomposable. */
  readonly stateColumnCount: number;
  readonly #instance: KernelInstance;
  /** For each specification its accumulator; undefined for a holistic one. */
  readonly #accumulators: readonly (Accumulator | undefined)[];
  /** Indexes of the holistic specifications, in order. */
  readonly #holisticPositions: readonly number[];
  readonly #holistic: HolisticAggregates | undefined;
  readonly #table: KeyTable | undefined;
  #results: AggregationResults | undefined;
  #keysMost = 0;

  constructor(instance: KernelInstance, specifications: readonly AggregationSpecification[]) {
    this.#instance = instance;
    this.#accumulators = specifications.map(({ name, fallible }) =>
      isHolistic(name) ? undefined : new Accumulator(instance, name as DecomposableName, fallible),
    );
    this.#holisticPositions = [...specifications.keys()].filter((index) => isHolistic(specifications[index]!.name));
    this.decomposable = this.#holisticPositions.length === 0;
    this.#table =
      specifications.length > 0 && this.#holisticPositions.length === specifications.length
        ? undefined
        : new KeyTable(instance);
    this.#holistic = this.decomposable
      ? undefined
      : new HolisticAggregates(
          instance,
          this.#holisticPositions.map((index) => specifications[index] as HolisticSpecification),
        );
    this.stateColumnCount = this.decomposable
      ? this.#accumulators.reduce((count, accumulator) => count + (accumulator?.columns.length ?? 0), 0)
      : 0;
  }

  /** Distinct keys so far; only where decomposable. */
  get keyCount(): number {
    assert(this.decomposable && this.#table !== undefined);
    return this.#table.count;
  }

  /** Keys in the table and rows of the holistic aggregates: what memory depends on. */
  get size(): { readonly keys: number; readonly rows: number } {
    return { keys: this.#table?.count ?? 0, rows: this.#holistic?.rowCount ?? 0 };
  }

  /**
   * Takes raw rows.
   *
   * Shape: `operands` has one entry for each specification; `keys` and every operand have `count` rows, at most
   *        BATCH_PAIRS. `count` aggregates read no values: theirs may be 0.
   */
  update(keys: Pointer, operands: readonly OperandColumn[], count: number): void {
    assert(count <= BATCH_PAIRS && this.#results === undefined);
    assert.equal(operands.length, this.#accumulators.length);
    if (this.#table !== undefined) {
      this.#locate(this.#table, keys, count);
      for (const [position, accumulator] of this.#accumulators.entries()) {
        accumulator?.update(this.#table.indexes, operands[position]!, count);
      }
    }
    this.#holistic?.update(
      keys,
      this.#holisticPositions.map((position) => operands[position]!),
      count,
    );
  }

  /** The most keys that it ever had: its table has room for them. */
  get keysMost(): number {
    return this.#keysMost;
  }

  /** A key with about half of the table, or of the rows, on either side; see `middleOf`. */
  middleOf(what: "keys" | "rows"): bigint {
    const middle = what === "keys" ? this.#table?.middle() : this.#holistic?.middle();
    assert(middle !== undefined);
    return middle;
  }

  /** True if there are rows, all of them of this key. */
  hasOnlyRowsOf(key: bigint): boolean {
    return this.#holistic?.hasOnly(key) ?? false;
  }

  /** Forgets the keys above `last` and all that came with them. */
  retain(last: bigint): void {
    assert(this.#results === undefined);
    if (this.#table !== undefined) {
      this.#table.retain(
        last,
        this.#accumulators.flatMap((accumulator) => accumulator?.columns ?? []),
      );
      for (const accumulator of this.#accumulators) accumulator?.shrink(this.#table.count);
    }
    this.#holistic?.retain(last);
  }

  /** Takes partial aggregates, as `states` of an aggregation with the same specifications gave them. */
  merge(keys: Pointer, states: readonly Pointer[], count: number): void {
    assert(this.#table !== undefined && this.decomposable);
    assert(count <= BATCH_PAIRS && this.#results === undefined);
    assert.equal(states.length, this.stateColumnCount);
    this.#locate(this.#table, keys, count);
    let from = 0;
    for (const accumulator of this.#accumulators) {
      const to = from + (accumulator?.columns.length ?? 0);
      accumulator?.merge(this.#table.indexes, states.slice(from, to), count);
      from = to;
    }
  }

  /** Copies out the partial aggregates of keys [from, from + count), in order of first appearance. */
  states(from: number, count: number, keys: Pointer, states: readonly Pointer[]): void {
    assert(this.#table !== undefined && this.decomposable);
    assert(from + count <= this.keyCount);
    assert.equal(states.length, this.stateColumnCount);
    const sources = [this.#table.keys, ...this.#accumulators.flatMap((accumulator) => accumulator?.columns ?? [])];
    for (const [column, target] of [keys, ...states].entries()) {
      const source = this.#instance.int64s(sources[column]! + from * INT64_BYTES, count);
      this.#instance.int64s(target, count).set(source);
    }
  }

  /** All aggregates, sorted by key. Their memory belongs to the aggregation; until `clear` it takes no more rows. */
  results(): AggregationResults {
    if (this.#results !== undefined) return this.#results;
    const columns: FinishedColumn[] = [];
    let keys: Pointer = 0;
    let count = 0;
    if (this.#table !== undefined) {
      const order = this.#table.order();
      ({ keys, count } = order);
      for (const [position, accumulator] of this.#accumulators.entries()) {
        if (accumulator !== undefined) columns[position] = accumulator.finish(order.indexes, count);
      }
      this.#instance.release(order.indexes);
    }
    if (this.#holistic !== undefined) {
      const holistic = this.#holistic.results();
      if (this.#table === undefined) {
        ({ keys, count } = holistic);
      } else {
        assert.equal(holistic.count, count);
        this.#instance.release(holistic.keys);
      }
      for (const [index, position] of this.#holisticPositions.entries()) columns[position] = holistic.columns[index]!;
    }
    this.#results = {
      ...{ count, keys },
      columns: columns.map(({ values }) => values),
      causes: columns.map(({ causes }) => causes),
      reasons: columns[0]?.reasons,
    };
    return this.#results;
  }

  /** Empties the aggregation, keeps its tables' memory; results are gone. */
  clear(): void {
    this.#releaseResults();
    this.#table?.clear();
    for (const accumulator of this.#accumulators) accumulator?.clear();
    this.#holistic?.clear();
  }

  /** Frees everything; nothing may be called afterwards. */
  dispose(): void {
    this.#releaseResults();
    this.#table?.dispose();
    for (const accumulator of this.#accumulators) accumulator?.dispose();
    this.#holistic?.clear();
  }

  #locate(table: KeyTable, keys: Pointer, count: number): void {
    table.locate(keys, count);
    const keyCount = table.count;
    this.#keysMost = Math.max(this.#keysMost, keyCount);
    for (const accumulator of this.#accumulators) accumulator?.extend(keyCount);
  }

  #releaseResults(): void {
    if (this.#results === undefined) return;
    const { keys, columns, causes } = this.#results;
    for (const pointer of [keys, ...columns, ...causes]) if (pointer !== 0) this.#instance.release(pointer);
    this.#results = undefined;
  }
}

function isHolistic(name: PlannedAggregateName): boolean {
  return name === "median" || name === "distinct" || name === "registered";
}
