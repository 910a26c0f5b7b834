/**
 * A shuffled stage at work: blocks of one target partition in, through the stage's reduces and steps, to its sink.
 *
 * Owns: the block being taken in.
 * Never: depends on the order of the blocks: the stage's first reduce has all rows of a key before any result goes on.
 *
 * R1. Where the first reduce needs several passes, all that follows gets the results of each in turn, in ascending order
 *     of keys: the sink gets the same pairs in the same order as from a single pass.
 */
import assert from "node:assert/strict";
import { BATCH_PAIRS } from "../../limits.ts";
import { failureReporter } from "../arithmetic-failure.ts";
import type { PassingTask, TaskSink, TaskStatistics } from "../kernel-set.ts";
import { type BlockHeader, decodeRows, openBlock } from "./block-codec.ts";
import type { CompiledStage } from "./compiled-stage.ts";
import type { Pointer } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { INT64_BYTES, type ScratchRegion } from "./memory-pool.ts";
import { openSink } from "./open-sink.ts";
import type { PairSink } from "./pair-sink.ts";
import { StepPipeline } from "./step-pipeline.ts";

const COLUMN_BYTES = BATCH_PAIRS * INT64_BYTES;

export class ReduceTask implements PassingTask {
  readonly #resources: KernelResources;
  readonly #sink: PairSink;
  readonly #pipeline: StepPipeline;
  readonly #window: ScratchRegion;
  /** Decoded columns of a batch, as many as any block so far had. */
  readonly #columns: Pointer[] = [];
  #pairsIn = 0;
  #isFirstPass = true;
  #isThrough = false;

  constructor(stage: CompiledStage, resources: KernelResources, sink: TaskSink) {
    this.#resources = resources;
    this.#sink = openSink(stage, resources, sink);
    this.#pipeline = new StepPipeline(stage, resources, this.#sink, failureReporter(resources.plan, sink), () =>
      sink.progressed?.(),
    );
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
    if (this.#isFirstPass) this.#pairsIn += header.count;
  }

  again(): boolean {
    this.#isFirstPass = false;
    this.#isThrough = !this.#pipeline.endPass();
    return !this.#isThrough;
  }

  finish(): TaskStatistics {
    assert(this.#isThrough, "a reduce ends after its last pass");
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
    const first = this.#pipeline.firstReduce();
    if (kind === 0) first.update({ keys: columns[0], values: columns[1] }, count);
    else first.merge(columns, count);
  }
}
