/**
 * A shuffled stage at work: blocks of one target partition in, through the stage's reduces and steps, to its sink.
 *
 * Owns: the block being taken in.
 * Never: depends on the order of the blocks: the stage's first reduce has all of them before anything goes on.
 */
import assert from "node:assert/strict";
import { BATCH_PAIRS } from "../../limits.ts";
import { failureReporter } from "../arithmetic-failure.ts";
import type { Task, TaskSink, TaskStatistics } from "../kernel-set.ts";
import { type BlockHeader, decodeRows, openBlock } from "./block-codec.ts";
import type { CompiledStage } from "./compiled-stage.ts";
import type { Pointer } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { INT64_BYTES, type ScratchRegion } from "./memory-pool.ts";
import { openSink } from "./open-sink.ts";
import type { PairSink } from "./pair-sink.ts";
import { StepPipeline } from "./step-pipeline.ts";

const COLUMN_BYTES = BATCH_PAIRS * INT64_BYTES;

export class ReduceTask implements Task {
  readonly #resources: KernelResources;
  readonly #sink: PairSink;
  readonly #pipeline: StepPipeline;
  readonly #window: ScratchRegion;
  /** Decoded columns of a batch, as many as any block so far had. */
  readonly #columns: Pointer[] = [];
  #pairsIn = 0;

  constructor(stage: CompiledStage, resources: KernelResources, sink: TaskSink) {
    this.#resources = resources;
    this.#sink = openSink(stage, resources, sink);
    this.#pipeline = new StepPipeline(stage, resources, this.#sink, failureReporter(resources.plan, sink));
    this.#window = resources.acquireWindow();
  }

  window(byteCount: number): Uint8Array {
    return this.#resources.instance.bytes(this.#window.ensure(byteCount), byteCount);
  }

  push(byteCount: number): void {
    const block = this.#window.ensure(byteCount);
    const header = openBlock(this.#resources.instance, block, byteCount);
    assert(header.byteLength === byteCount, "a push is exactly one block");
    for (let from = 0; from < header.count; from += BATCH_PAIRS) {
      this.#takeRows(block, header, from, Math.min(BATCH_PAIRS, header.count - from));
    }
    this.#pairsIn += header.count;
  }

  finish(): TaskStatistics {
    this.#pipeline.finish();
    this.#sink.finish();
    for (const column of this.#columns) this.#resources.memory.release(column, COLUMN_BYTES);
    this.#resources.releaseWindow(this.#window);
    return { pairsIn: this.#pairsIn, pairsOut: this.#sink.pairsOut, lines: 0 };
  }

  #takeRows(block: Pointer, { kind, columnCount }: BlockHeader, from: number, count: number): void {
    while (this.#columns.length < columnCount) this.#columns.push(this.#resources.memory.acquire(COLUMN_BYTES));
    const columns = this.#columns.slice(0, columnCount);
    decodeRows(this.#resources.instance, block, from, count, columns);
    const table = this.#pipeline.firstTable();
    if (kind === 0) table.update({ keys: columns[0], values: columns[1] }, count);
    else table.aggregation.merge(columns[0], columns.slice(1), count);
  }
}
