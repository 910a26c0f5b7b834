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
import type { Plan } from "../../plan/plan.ts";
import { failureReporter } from "../arithmetic-failure.ts";
import type { PassingTask, TaskSink, TaskStatistics } from "../kernel-set.ts";
import { openBlock } from "./block.ts";
import { ByteWindow } from "./byte-window.ts";
import type { CompiledStage } from "./compiled-stage.ts";
import { openSink } from "./open-sink.ts";
import type { PairSink } from "./pair-sink.ts";
import { StepPipeline } from "./step-pipeline.ts";

export class ReduceTask implements PassingTask {
  readonly #window = new ByteWindow();
  readonly #sink: PairSink;
  readonly #pipeline: StepPipeline;
  #pairsIn = 0;
  #isFirstPass = true;
  #isThrough = false;

  constructor(stage: CompiledStage, plan: Plan, sink: TaskSink, memoryBytes: number) {
    this.#sink = openSink(stage, plan, sink);
    this.#pipeline = new StepPipeline(stage, this.#sink, failureReporter(plan, sink), memoryBytes, () =>
      sink.progressed?.(),
    );
  }

  window(byteCount: number): Uint8Array {
    return this.#window.open(byteCount);
  }

  push(byteCount: number): void {
    const { kind, rowCount, reader } = openBlock(this.#window.open(byteCount));
    const first = this.#pipeline.firstReduce();
    for (let row = 0; row < rowCount; row += 1) {
      if (kind === 2) first.update(reader.read(), reader.read());
      else first.merge(reader);
    }
    if (this.#isFirstPass) this.#pairsIn += rowCount;
  }

  again(): boolean {
    this.#isFirstPass = false;
    this.#isThrough = !this.#pipeline.endPass();
    return !this.#isThrough;
  }

  finish(): TaskStatistics {
    assert(this.#isThrough, "a reduce ends after its last pass");
    this.#sink.finish();
    return { pairsIn: this.#pairsIn, pairsOut: this.#sink.pairsOut, lines: 0 };
  }
}
