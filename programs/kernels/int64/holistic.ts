/**
 * Median, distinct and functions of the operator's own: aggregates that need all operands of a key at once. Rows are appended, at the end sorted by
 * (key, operand) and scanned in runs; no table is kept.
 *
 * Owns: the rows.
 * Never: knows of other aggregates; they join by the order of keys.
 */
import type { FinishedColumn, OperandColumn } from "./accumulator.ts";
import { GrowingColumn } from "./growing-column.ts";
import type { KernelInstance, Pointer } from "./instance.ts";
import { middleOf, retainRows } from "./key-range.ts";
import type { ReduceRows, SortedRows } from "./registered-reduce.ts";
import { sortPairs } from "./sort.ts";

/** Those that can also be counted by value; see `value-counts.ts`. */
export type CountedName = "median" | "distinct";
export type HolisticName = CountedName | "registered";

export interface HolisticSpecification {
  readonly name: HolisticName;
  readonly fallible: boolean;
  /** Of `registered`. */
  readonly reduceRows?: ReduceRows;
}

export interface HolisticResults {
  readonly count: number;
  /** Ascending. All columns belong to the caller. */
  readonly keys: Pointer;
  readonly columns: readonly FinishedColumn[];
}

interface GroupExports {
  countRuns(keys: Pointer, count: number): number;
  runKeys(keys: Pointer, count: number, out: Pointer): void;
  runMedians(keys: Pointer, values: Pointer, count: number, out: Pointer): void;
  runDistincts(keys: Pointer, values: Pointer, count: number, out: Pointer): void;
  runCauses(
    ...operands: [Pointer, failedCauses: Pointer, failedCount: number, keys: Pointer, out: Pointer, causes: Pointer]
  ): void;
  areEqual(values: Pointer, count: number, value: bigint): number;
  copyFailed(keys: Pointer, causes: Pointer, count: number, keysOut: Pointer, causesOut: Pointer): number;
}

/** The operands of one aggregate, and where an operand failed, key and cause. A failed row keeps its place among the operands. */
interface Rows extends HolisticSpecification {
  readonly values: GrowingColumn;
  readonly failedKeys: GrowingColumn;
  readonly failedCauses: GrowingColumn;
}

const INT64_BYTES = 8;

export class HolisticAggregates {
  readonly #instance: KernelInstance;
  readonly #kernels: GroupExports;
  readonly #keys: GrowingColumn;
  readonly #aggregates: readonly Rows[];

  constructor(instance: KernelInstance, specifications: readonly HolisticSpecification[]) {
    this.#instance = instance;
    this.#kernels = instance.exports as unknown as GroupExports;
    this.#keys = new GrowingColumn(instance);
    this.#aggregates = specifications.map((specification) => ({
      ...specification,
      values: new GrowingColumn(instance),
      failedKeys: new GrowingColumn(instance),
      failedCauses: new GrowingColumn(instance),
    }));
  }

  /** Rows so far; one whose operand failed counts once more for each aggregate. */
  get rowCount(): number {
    return this.#aggregates.reduce((count, { failedKeys }) => count + failedKeys.count, this.#keys.count);
  }

  /** The key of a row with about as many rows below it as above it; see `middleOf`. */
  middle(): bigint {
    return middleOf(this.#keys.count, (index) => this.#keys.at(index));
  }

  hasOnly(key: bigint): boolean {
    return this.#keys.pieces.every(({ pointer, count }) => this.#kernels.areEqual(pointer, count, key) !== 0);
  }

  /** Forgets the rows of keys above `last`. */
  retain(last: bigint): void {
    retainRows(this.#instance, [this.#keys, ...this.#aggregates.map(({ values }) => values)], last);
    for (const { failedKeys, failedCauses } of this.#aggregates) {
      retainRows(this.#instance, [failedKeys, failedCauses], last);
    }
  }

  /** `operands` are as many as the specifications. */
  update(keys: Pointer, operands: readonly OperandColumn[], count: number): void {
    this.#keys.append(keys, count);
    for (const [position, rows] of this.#aggregates.entries()) {
      const { values, causes } = operands[position]!;
      rows.values.append(values, count);
      if (rows.fallible && causes !== 0) this.#appendFailed(rows, keys, causes, count);
    }
  }

  /** Aggregates all rows; they are gone afterwards. */
  results(): HolisticResults {
    const rowCount = this.#keys.count;
    let keys: Pointer = 0;
    let count = 0;
    const columns: FinishedColumn[] = [];
    for (const [position, rows] of this.#aggregates.entries()) {
      const isLast = position === this.#aggregates.length - 1;
      const sortedKeys = isLast ? this.#keys.take() : this.#keys.copy();
      const sortedValues = rows.values.take();
      sortPairs(this.#instance, sortedKeys, sortedValues, rowCount);
      if (position === 0) {
        count = this.#kernels.countRuns(sortedKeys, rowCount) >>> 0;
        keys = this.#instance.allocate(count * INT64_BYTES);
        this.#kernels.runKeys(sortedKeys, rowCount, keys);
      }
      columns.push(this.#scan(rows, { keys: sortedKeys, values: sortedValues, count: rowCount }, { keys, count }));
      this.#instance.release(sortedKeys);
      this.#instance.release(sortedValues);
    }
    return { count, keys, columns };
  }

  /** Forgets all rows. */
  clear(): void {
    this.#keys.clear();
    for (const { values, failedKeys, failedCauses } of this.#aggregates) {
      values.clear();
      failedKeys.clear();
      failedCauses.clear();
    }
  }

  /** One aggregate of every key. */
  #scan(
    rows: Rows,
    sorted: SortedRows,
    { keys, count }: { readonly keys: Pointer; readonly count: number },
  ): FinishedColumn {
    if (rows.reduceRows !== undefined) return rows.reduceRows(this.#instance, sorted, count);
    const values = this.#instance.allocate(count * INT64_BYTES);
    const scan = rows.name === "median" ? this.#kernels.runMedians : this.#kernels.runDistincts;
    scan(sorted.keys, sorted.values, sorted.count, values);
    return { values, causes: this.#layFailures(rows, keys, values, count) };
  }

  #appendFailed(rows: Rows, keys: Pointer, causes: Pointer, count: number): void {
    const failedKeys = this.#instance.allocate(count * INT64_BYTES);
    const failedCauses = this.#instance.allocate(count * INT64_BYTES);
    const failed = this.#kernels.copyFailed(keys, causes, count, failedKeys, failedCauses) >>> 0;
    rows.failedKeys.append(failedKeys, failed);
    rows.failedCauses.append(failedCauses, failed);
    this.#instance.release(failedKeys);
    this.#instance.release(failedCauses);
  }

  /** Returns the causes (u8 a key), or 0 if no row failed. */
  #layFailures(rows: Rows, keys: Pointer, values: Pointer, count: number): Pointer {
    const failed = rows.failedKeys.count;
    if (failed === 0) return 0;
    const failedKeys = rows.failedKeys.take();
    const failedCauses = rows.failedCauses.take();
    sortPairs(this.#instance, failedKeys, failedCauses, failed);
    const causes = this.#instance.allocate(count);
    this.#instance.bytes(causes, count).fill(0);
    this.#kernels.runCauses(failedKeys, failedCauses, failed, keys, values, causes);
    this.#instance.release(failedKeys);
    this.#instance.release(failedCauses);
    return causes;
  }
}
