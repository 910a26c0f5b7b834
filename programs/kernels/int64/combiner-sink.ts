/**
 * Aggregates pairs before the shuffle and sends partial aggregates, as long as that makes them fewer.
 *
 * Owns: the task's table of partial aggregates; the decision whether the task combines at all.
 * Never: lets that decision depend on anything but the pairs (D1).
 *
 * C1. The table is looked at after every BATCH_PAIRS pairs, counted from the task's first one, and at no other time.
 * C2. At the first look, a task whose keys repeat too seldom stops combining: what it has is sent, the rest goes raw.
 * C3. A reduce whose partial aggregates have more columns than a block can hold is never combined.
 * C4. At any look, a table of `keysMax` keys or more is sent and emptied.
 */
import { BATCH_PAIRS, COMBINER_CELLS_MAX, COMBINER_DISTINCT_SHARE_MAX, COMBINER_KEYS_MAX } from "../../limits.ts";
import type { TaskSink } from "../kernel-set.ts";
import { BLOCK_COLUMNS_MAX } from "./block-codec.ts";
import type { CompiledReduce } from "./compiled-reduce.ts";
import type { PairColumns } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { INT64_BYTES } from "./memory-pool.ts";
import type { PairSink } from "./pair-sink.ts";
import { ReduceTable } from "./reduce-table.ts";
import { ShuffleSink } from "./shuffle-sink.ts";

export class CombinerSink implements PairSink {
  readonly #reduce: CompiledReduce;
  readonly #resources: KernelResources;
  readonly #sink: TaskSink;
  #table: ReduceTable | undefined;
  /** Where pairs go once the task has stopped combining. */
  #raw: ShuffleSink | undefined;
  #pairsSinceLook = 0;
  #looks = 0;
  #statesOut = 0;

  constructor(reduce: CompiledReduce, resources: KernelResources, sink: TaskSink) {
    this.#reduce = reduce;
    this.#resources = resources;
    this.#sink = sink;
  }

  get pairsOut(): number {
    return this.#statesOut + (this.#raw?.pairsOut ?? 0);
  }

  take(columns: PairColumns, count: number): void {
    let from = 0;
    while (from < count && this.#raw === undefined) {
      this.#table ??= this.#open();
      if (this.#table === undefined) break;
      const taken = Math.min(count - from, BATCH_PAIRS - this.#pairsSinceLook);
      this.#table.update(advance(columns, from), taken);
      this.#pairsSinceLook += taken;
      from += taken;
      if (this.#pairsSinceLook === BATCH_PAIRS) this.#look(this.#table);
    }
    if (from < count) this.#raw?.take(advance(columns, from), count - from);
  }

  finish(): void {
    if (this.#table !== undefined) this.#flush(this.#table);
    this.#table?.dispose();
    this.#table = undefined;
    this.#raw?.finish();
  }

  /** The task's table; undefined if a partial aggregate has more columns than a block. */
  #open(): ReduceTable | undefined {
    const table = new ReduceTable(this.#reduce, this.#resources);
    if (table.aggregation.stateColumnCount < BLOCK_COLUMNS_MAX) return table;
    table.dispose();
    this.#raw = new ShuffleSink(this.#resources, this.#sink);
    return undefined;
  }

  #look(table: ReduceTable): void {
    const { keyCount, stateColumnCount } = table.aggregation;
    this.#pairsSinceLook = 0;
    this.#looks += 1;
    if (this.#looks === 1 && keyCount > COMBINER_DISTINCT_SHARE_MAX * BATCH_PAIRS) {
      this.#flush(table);
      table.dispose();
      this.#table = undefined;
      this.#raw = new ShuffleSink(this.#resources, this.#sink);
    } else if (keyCount >= keysMax(stateColumnCount)) {
      this.#flush(table);
      table.aggregation.clear();
    }
  }

  #flush({ aggregation }: ReduceTable): void {
    const { keyCount, stateColumnCount } = aggregation;
    const pieceMax = Math.min(keysMax(stateColumnCount), keyCount);
    const columnBytes = pieceMax * INT64_BYTES;
    const byteCount = columnBytes * (1 + stateColumnCount);
    const keys = this.#resources.memory.acquire(byteCount);
    const states = Array.from({ length: stateColumnCount }, (_, index) => keys + (1 + index) * columnBytes);
    for (let from = 0; from < keyCount; from += pieceMax) {
      const count = Math.min(pieceMax, keyCount - from);
      aggregation.states(from, count, keys, states);
      this.#resources.bundles.write(1, [keys, ...states], count, this.#sink);
      this.#statesOut += count;
    }
    this.#resources.memory.release(keys, byteCount);
  }
}

function keysMax(stateColumnCount: number): number {
  return Math.min(COMBINER_KEYS_MAX, Math.floor(COMBINER_CELLS_MAX / (1 + stateColumnCount)));
}

function advance({ keys, values }: PairColumns, rows: number): PairColumns {
  return { keys: keys + rows * INT64_BYTES, values: values + rows * INT64_BYTES };
}
