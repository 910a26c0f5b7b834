/**
 * The first reduce of a stage, in as many passes over its rows as its memory asks for: each takes the smallest keys that
 * are left, as many as there is room for.
 *
 * Owns: the table, the range of keys that the pass takes, and the key that is too large for any table.
 * Never: decides what comes to the sink: results are the same, in the same order, however many passes they take.
 *
 * B1. Results come in ascending order of keys, over all passes: a pass takes all keys from its first to its last one.
 * B2. Which rows a pass has seen when its range is cut does not matter: rows behind the range come again.
 * B3. Every pass takes at least one key that the passes before did not, or a further range of a hot key's operands.
 */
import { ValuesMemoryError } from "../../errors.ts";
import type { ReportFailure } from "../arithmetic-failure.ts";
import type { CompiledReduce } from "./compiled-reduce.ts";
import { cutAt, fitKeys, fitRows } from "./fit-keys.ts";
import { HotKey } from "./hot-key.ts";
import type { PairColumns, Pointer } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { KeyRange } from "./key-range.ts";
import type { AggregationLimits } from "./memory-limits.ts";
import { type GivePairs, ReduceTable } from "./reduce-table.ts";

export class BoundedReduce {
  readonly #reduce: CompiledReduce;
  readonly #resources: KernelResources;
  readonly #limits: AggregationLimits;
  readonly #table: ReduceTable;
  readonly #range = new KeyRange();
  /** The smallest key known to have too many rows. */
  #hotKey: bigint | undefined;
  /** The range begins with that key, as the pass has found: it takes nothing more. */
  #isSkipping = false;
  #hot: HotKey | undefined;

  constructor(reduce: CompiledReduce, resources: KernelResources, limits: AggregationLimits) {
    this.#reduce = reduce;
    this.#resources = resources;
    this.#limits = limits;
    this.#table = new ReduceTable(reduce, resources);
  }

  /** Takes pairs, at most a batch; overwrites the columns. */
  update(columns: PairColumns, count: number): void {
    const kept = this.#select([columns.keys, columns.values], count);
    if (kept === 0) return;
    if (this.#hot !== undefined) {
      this.#hot.update(columns.keys, this.#table.operandsOf(columns, kept), kept);
      return;
    }
    this.#table.update(columns, kept);
    this.#fit();
  }

  /** Takes partial aggregates, at most a batch; overwrites the columns, the first of which is the keys. */
  merge(columns: readonly Pointer[], count: number): void {
    const kept = this.#select(columns, count);
    if (kept === 0) return;
    const [keys = 0, ...states] = columns;
    this.#table.aggregation.merge(keys, states, kept);
    this.#fit();
  }

  /** Gives on what the pass took, in batches that may be overwritten. True: all rows must come again. */
  endPass(give: GivePairs, report: ReportFailure): boolean {
    if (this.#hot?.endPass()) return true;
    this.#table.emit(give, report, this.#hot?.results());
    this.#hot?.dispose();
    this.#hot = undefined;
    this.#table.aggregation.clear();
    if (!this.#isSkipping && !this.#range.advance()) return false;
    this.#isSkipping = false;
    if (this.#range.first === this.#hotKey) this.#beginHot(this.#hotKey);
    return true;
  }

  dispose(): void {
    this.#table.dispose();
  }

  #select(columns: readonly Pointer[], count: number): number {
    return this.#isSkipping ? 0 : this.#range.select(this.#resources.instance, columns, count);
  }

  #fit(): void {
    const { aggregation } = this.#table;
    fitKeys(aggregation, this.#range, this.#limits.keys);
    const hotKey = fitRows(aggregation, this.#range, this.#limits.rows);
    if (hotKey === undefined) return;
    this.#requireCounted(hotKey);
    this.#hotKey = hotKey;
    // Smaller keys may still come, and their results are due first (B1).
    if (hotKey > this.#range.first) cutAt(aggregation, this.#range, hotKey - 1n);
    else {
      aggregation.clear();
      this.#isSkipping = true;
    }
  }

  /** Errors: ValuesMemoryError where the values of a hot key cannot be counted instead of kept. */
  #requireCounted(hotKey: bigint): void {
    for (const { call } of this.#reduce.step.aggregates) {
      if (call !== undefined) throw new ValuesMemoryError(call.name, hotKey);
    }
  }

  #beginHot(key: bigint): void {
    const { specifications } = this.#reduce.shape;
    this.#hot = new HotKey(key, this.#resources.instance, specifications, this.#limits.hotValues);
    this.#range.cut(key);
  }
}
