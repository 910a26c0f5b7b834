/**
 * Drives batches of pairs through the segments of a stage to its sink, depth first.
 *
 * Owns: the cursors of half expanded batches and the buffers they expand into; the stage's reduces.
 * Never: reads text or blocks, decides where pairs go.
 *
 * P1. Pairs reach the sink in an order that depends on nothing but the order in which they came: an expansion's buffer is
 *     drained through all that follows before the expansion goes on.
 * P2. Memory is bounded by the number of flatMaps, not by what they produce: all their buffers together have at most
 *     EXPANSION_PAIRS_MAX pairs (or EXPANSION_PAIRS_MIN each).
 * P3. A reduce holds what reaches it until all before it has ended; then its results go on, in order of keys. The first
 *     reduce of a stage may end in several passes, each for all of its keys; no step between two reduces of a stage
 *     changes keys, so that the later ones see all pairs of a key in one pass.
 */
import assert from "node:assert/strict";
import { BATCH_PAIRS, EXPANSION_PAIRS_MAX, EXPANSION_PAIRS_MIN } from "../../limits.ts";
import type { ReportFailure } from "../arithmetic-failure.ts";
import { BoundedReduce } from "./bounded-reduce.ts";
import type { CompiledStage, Segment } from "./compiled-stage.ts";
import type { PairColumns } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { type AggregationLimits, aggregationLimits } from "./memory-limits.ts";
import { INT64_BYTES } from "./memory-pool.ts";
import type { PairSink } from "./pair-sink.ts";
import { ReduceTable } from "./reduce-table.ts";

/** Where the expansion of a batch stands. */
interface Cursor {
  columns: PairColumns;
  count: number;
  row: number;
  position: bigint;
  done: boolean;
  readonly out: PairColumns;
}

export class StepPipeline {
  readonly #segments: readonly Segment[];
  readonly #resources: KernelResources;
  readonly #sink: PairSink;
  readonly #report: ReportFailure;
  readonly #progressed: () => void;
  readonly #capacity: number;
  /** By segment; only those that end in a flatMap and have had pairs. */
  readonly #cursors: (Cursor | undefined)[] = [];
  /** The stage's first step, where that is a reduce that has had pairs. */
  #first: BoundedReduce | undefined;
  /** By segment; only those that end in a later reduce and have pairs. */
  readonly #tables: (ReduceTable | undefined)[] = [];
  readonly #limits: AggregationLimits;

  /** `progressed` is called for each batch. */
  constructor(
    stage: CompiledStage,
    resources: KernelResources,
    sink: PairSink,
    report: ReportFailure,
    progressed: () => void,
  ) {
    this.#segments = stage.segments;
    this.#resources = resources;
    this.#sink = sink;
    this.#report = report;
    this.#progressed = progressed;
    this.#capacity = expansionCapacity(stage.flatMapCount);
    this.#limits = aggregationLimits(stage.stage.steps, resources.memoryBytes);
  }

  /** Takes a batch at the first segment; overwrites its columns. */
  take(columns: PairColumns, count: number): void {
    this.#flow(0, columns, count);
  }

  /** The stage's first step, which must be a reduce. */
  firstReduce(): BoundedReduce {
    if (this.#first === undefined) {
      const { chain, reduce } = this.#segments[0];
      assert(reduce !== undefined && chain === undefined);
      this.#first = new BoundedReduce(reduce, this.#resources, this.#limits);
    }
    return this.#first;
  }

  /** Lets every reduce give on what the pass brought, in the order of the steps. True: the first one needs its rows again. */
  endPass(): boolean {
    const goesOn = this.#first?.endPass((columns, count) => this.#flow(1, columns, count), this.#report) ?? false;
    for (let index = 1; index < this.#segments.length; index += 1) {
      const table = this.#tables[index];
      if (table === undefined) continue;
      table.emit((columns, count) => this.#flow(index + 1, columns, count), this.#report);
      table.dispose();
      this.#tables[index] = undefined;
    }
    return goesOn;
  }

  /** Gives all memory back. */
  finish(): void {
    this.#first?.dispose();
    for (const cursor of this.#cursors) if (cursor !== undefined) this.#releaseColumns(cursor.out);
  }

  /** Drives one batch from segment `first` on, until nothing of it is left before the next reduce or the sink. */
  #flow(first: number, columns: PairColumns, count: number): void {
    let index = first;
    let kept = this.#narrow(index, columns, count);
    this.#arrive(index, columns, kept);
    while (index >= first) {
      const cursor = this.#segments[index].end === "flatMap" ? this.#cursors[index] : undefined;
      if (cursor === undefined || cursor.done) {
        index -= 1;
        continue;
      }
      const produced = this.#expand(index, cursor);
      if (produced === 0) continue;
      index += 1;
      kept = this.#narrow(index, cursor.out, produced);
      this.#arrive(index, cursor.out, kept);
    }
  }

  /** Runs a segment's narrow steps over a batch, in place; returns how many pairs are left. */
  #narrow(index: number, columns: PairColumns, count: number): number {
    const { chain } = this.#segments[index];
    this.#progressed();
    return chain === undefined ? count : chain.run(columns, count, this.#report);
  }

  /** Hands a batch to what ends the segment. */
  #arrive(index: number, columns: PairColumns, count: number): void {
    if (count === 0) return;
    switch (this.#segments[index].end) {
      case "sink":
        this.#sink.take(columns, count);
        break;
      case "reduce":
        this.#table(index).update(columns, count);
        break;
      case "flatMap": {
        const cursor = this.#cursors[index];
        const begun = { columns, count, row: 0, position: 0n, done: false };
        if (cursor === undefined) this.#cursors[index] = { ...begun, out: this.#acquireColumns() };
        else Object.assign(cursor, begun);
      }
    }
  }

  /** Expands until the buffer is full or the batch is done; returns how many pairs the buffer has. */
  #expand(index: number, cursor: Cursor): number {
    const { expansion } = this.#segments[index];
    assert(expansion !== undefined);
    const { columns, row, position, count, out } = cursor;
    const outcome = expansion.run(columns, row, position, count, out, 0, this.#capacity, this.#report);
    cursor.row = outcome.row;
    cursor.position = outcome.position;
    cursor.done = outcome.done;
    return outcome.produced;
  }

  #table(index: number): ReduceTable {
    let table = this.#tables[index];
    if (table === undefined) {
      const { reduce } = this.#segments[index];
      assert(reduce !== undefined);
      table = new ReduceTable(reduce, this.#resources);
      this.#tables[index] = table;
    }
    return table;
  }

  #acquireColumns(): PairColumns {
    const byteCount = this.#capacity * INT64_BYTES;
    return { keys: this.#resources.memory.acquire(byteCount), values: this.#resources.memory.acquire(byteCount) };
  }

  #releaseColumns(columns: PairColumns): void {
    const byteCount = this.#capacity * INT64_BYTES;
    this.#resources.memory.release(columns.keys, byteCount);
    this.#resources.memory.release(columns.values, byteCount);
  }
}

/** A power of two. */
function expansionCapacity(flatMapCount: number): number {
  let capacity = BATCH_PAIRS;
  while (capacity > EXPANSION_PAIRS_MIN && capacity * flatMapCount > EXPANSION_PAIRS_MAX) capacity /= 2;
  return capacity;
}
