/**
 * Aggregates pairs before the shuffle and sends partial aggregates, as long as that makes them fewer.
 *
 * Owns: the task's table of partial aggregates; the decision whether the task combines at all.
 * Never: lets that decision depend on anything but the pairs (D1).
 *
 * C1. After the task's first BATCH_PAIRS pairs, a task whose keys repeat too seldom stops combining: what it has is sent,
 *     the rest goes raw.
 * C2. A table that reaches its most keys, or the most bytes of long integers, is sent and emptied.
 */
import {
  BATCH_PAIRS,
  BIGINT_GATHERED_BYTES_MAX,
  COMBINER_CELLS_MAX,
  COMBINER_DISTINCT_SHARE_MAX,
  COMBINER_KEYS_MAX,
} from "../../limits.ts";
import type { TaskSink } from "../kernel-set.ts";
import { BundleWriter } from "./bundle-writer.ts";
import type { Integer } from "./integer.ts";
import type { PairSink } from "./pair-sink.ts";
import { type CompiledReduce, ReduceTable } from "./reduce-table.ts";
import { ShuffleSink } from "./shuffle-sink.ts";

export class CombinerSink implements PairSink {
  readonly #targetCount: number;
  readonly #sink: TaskSink;
  readonly #table: ReduceTable;
  readonly #bundle: BundleWriter;
  readonly #keysMax: number;
  /** Where pairs go once the task has stopped combining. */
  #raw: ShuffleSink | undefined;
  #pairsIn = 0;
  #statesOut = 0;

  constructor(reduce: CompiledReduce, targetCount: number, sink: TaskSink) {
    this.#targetCount = targetCount;
    this.#sink = sink;
    this.#table = new ReduceTable(reduce);
    this.#bundle = new BundleWriter(targetCount, sink);
    const { stateIntegers } = this.#table;
    this.#keysMax = Math.max(1, Math.min(COMBINER_KEYS_MAX, Math.floor(COMBINER_CELLS_MAX / stateIntegers)));
  }

  get pairsOut(): number {
    return this.#statesOut + (this.#raw?.pairsOut ?? 0);
  }

  take(key: Integer, value: Integer): void {
    if (this.#raw !== undefined) {
      this.#raw.take(key, value);
      return;
    }
    this.#table.update(key, value);
    this.#pairsIn += 1;
    if (this.#pairsIn === BATCH_PAIRS) this.#judge();
    if (this.#table.keyCount >= this.#keysMax || this.#table.extraBytes >= BIGINT_GATHERED_BYTES_MAX) this.#flush();
  }

  finish(): void {
    this.#flush();
    this.#raw?.finish();
  }

  #judge(): void {
    const distinct = this.#statesOut + this.#table.keyCount;
    if (distinct <= COMBINER_DISTINCT_SHARE_MAX * BATCH_PAIRS) return;
    this.#flush();
    this.#raw = new ShuffleSink(this.#targetCount, this.#sink);
  }

  #flush(): void {
    if (this.#table.keyCount === 0) return;
    this.#table.write((key) => this.#bundle.row(key));
    this.#statesOut += this.#table.keyCount;
    this.#table.clear();
    this.#bundle.flush(3);
  }
}
