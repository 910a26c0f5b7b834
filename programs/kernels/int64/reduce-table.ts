/**
 * One reduce at work in one task: takes pairs or partial aggregates, gives partial aggregates or results.
 *
 * Owns: the aggregation and the operand columns it borrowed, until `dispose`.
 * Never: decides when it is full.
 *
 * T1. A failed operand marks its aggregate of its key; whether that matters is decided when the result is computed.
 * T2. Results come in ascending order of keys, whatever order the rows came in.
 */
import { BATCH_PAIRS } from "../../limits.ts";
import type { ReportFailure } from "../arithmetic-failure.ts";
import type { Aggregation, AggregationResults, OperandColumn } from "./aggregation.ts";
import { causeOf } from "./chain/cause.ts";
import type { CompiledReduce } from "./compiled-reduce.ts";
import type { PairColumns, Pointer } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { INT64_BYTES } from "./memory-pool.ts";

const COLUMN_BYTES = BATCH_PAIRS * INT64_BYTES;
const NO_COLUMNS: readonly Pointer[] = [];

/** Takes results, at most a batch. */
export type GivePairs = (columns: PairColumns, count: number) => void;

interface ComputedColumn {
  readonly values: Pointer;
  readonly causes: Pointer;
}

export class ReduceTable {
  readonly aggregation: Aggregation;
  readonly #reduce: CompiledReduce;
  readonly #resources: KernelResources;
  readonly #computed: readonly ComputedColumn[];

  constructor(reduce: CompiledReduce, resources: KernelResources) {
    this.#reduce = reduce;
    this.#resources = resources;
    this.aggregation = resources.acquireAggregation(reduce.shape);
    this.#computed = reduce.projections.map(() => this.#acquireColumn());
  }

  /** Takes pairs, at most a batch. */
  update(columns: PairColumns, count: number): void {
    this.aggregation.update(columns.keys, this.operandsOf(columns, count), count);
  }

  /** What the aggregates take of pairs, at most a batch; valid until the next call. */
  operandsOf(columns: PairColumns, count: number): OperandColumn[] {
    const { projections, operands } = this.#reduce;
    const inputs = { keys: columns.keys, values: columns.values, columns: NO_COLUMNS, causes: NO_COLUMNS };
    const computed = projections.map((projection, index): OperandColumn => {
      const { values, causes } = this.#computed[index];
      const failed = projection.run(inputs, count, values, causes);
      return { values, causes: failed > 0 ? causes : 0 };
    });
    return operands.map((source): OperandColumn => {
      if (source.from === "projection") return computed[source.index];
      return { values: source.from === "key" ? columns.keys : columns.values, causes: 0 };
    });
  }

  /** Computes the results and gives them on in batches, without the keys that failed. The columns may be overwritten. */
  emit(give: GivePairs, report: ReportFailure, results = this.aggregation.results()): void {
    const tell = (key: bigint, code: number): void => {
      const { operation } = this.#reduce.step;
      report({ operation, cause: causeOf(code), reason: results.reasons?.get(key), key, value: undefined });
    };
    const scratch = this.#reduce.result.from === "projection" ? this.#acquireColumn() : undefined;
    for (let from = 0; from < results.count; from += BATCH_PAIRS) {
      const count = Math.min(BATCH_PAIRS, results.count - from);
      const computed = this.#compute(results, { from, count, scratch });
      const columns = { keys: results.keys + from * INT64_BYTES, values: computed.values };
      const kept = computed.causes === 0 ? count : this.#dropFailed(columns, computed.causes, count, tell);
      if (kept > 0) give(columns, kept);
    }
    if (scratch !== undefined) this.#releaseColumn(scratch);
  }

  /** Gives everything back that was borrowed. */
  dispose(): void {
    for (const column of this.#computed) this.#releaseColumn(column);
    this.#resources.releaseAggregation(this.#reduce.shape, this.aggregation);
  }

  /** The values of a stretch of results; `causes` is 0 where none failed. */
  #compute(
    results: AggregationResults,
    stretch: { readonly from: number; readonly count: number; readonly scratch: ComputedColumn | undefined },
  ): ComputedColumn {
    const { from, count, scratch } = stretch;
    const { result } = this.#reduce;
    const columns = results.columns.map((column) => column + from * INT64_BYTES);
    const causes = results.causes.map((column) => (column === 0 ? 0 : column + from));
    if (result.from === "column" || scratch === undefined) {
      const index = result.from === "column" ? result.index : 0;
      return { values: columns[index], causes: causes[index] };
    }
    const inputs = { keys: results.keys + from * INT64_BYTES, values: 0, columns, causes };
    const failed = result.projection.run(inputs, count, scratch.values, scratch.causes);
    return { values: scratch.values, causes: failed > 0 ? scratch.causes : 0 };
  }

  /** Reports the rows whose cause is not 0 and closes the gaps they leave; returns how many rows are kept. */
  #dropFailed(columns: PairColumns, causes: Pointer, count: number, tell: (key: bigint, code: number) => void): number {
    const { instance } = this.#resources;
    const codes = instance.bytes(causes, count);
    const keys = instance.int64s(columns.keys, count);
    const values = instance.int64s(columns.values, count);
    let kept = 0;
    let row = 0;
    while (row < count) {
      let end = row;
      while (end < count && codes[end] === 0) end += 1;
      if (kept < row) {
        keys.copyWithin(kept, row, end);
        values.copyWithin(kept, row, end);
      }
      kept += end - row;
      if (end < count) tell(keys[end], codes[end]);
      row = end + 1;
    }
    return kept;
  }

  #acquireColumn(): ComputedColumn {
    const { memory } = this.#resources;
    return { values: memory.acquire(COLUMN_BYTES), causes: memory.acquire(BATCH_PAIRS) };
  }

  #releaseColumn(column: ComputedColumn): void {
    const { memory } = this.#resources;
    memory.release(column.values, COLUMN_BYTES);
    memory.release(column.causes, BATCH_PAIRS);
  }
}
