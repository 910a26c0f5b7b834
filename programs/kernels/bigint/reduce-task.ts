/**
 * A shuffled stage at work: blocks of one target partition in, through the stage's reduces and steps, to its sink.
 *
 * Owns: the block being taken in.
 * Never: depends on the order of the blocks: the stage's first reduce has all of them before anything goes on.
 */
import type { Plan } from "../../plan/plan.ts";
import { failureReporter } from "../arithmetic-failure.ts";
import type { Task, TaskSink, TaskStatistics } from "../kernel-set.ts";
import { openBlock } from "./block.ts";
import { ByteWindow } from "./byte-window.ts";
import type { CompiledStage } from "./compiled-stage.ts";
import { openSink } from "./open-sink.ts";
import type { PairSink } from "./pair-sink.ts";
import { StepPipeline } from "./step-pipeline.ts";

export class ReduceTask implements Task {
  readonly #window = new ByteWindow();
  readonly #sink: PairSink;
  readonly #pipeline: StepPipeline;
  #pairsIn = 0;

  constructor(stage: CompiledStage, plan: Plan, sink: TaskSink) {
    this.#sink = openSink(stage, plan, sink);
    this.#pipeline = new StepPipeline(stage, this.#sink, failureReporter(plan, sink));
  }

  window(byteCount: number): Uint8Array {
    return this.#window.open(byteCount);
  }

  push(byteCount: number): void {
    const { kind, rowCount, reader } = openBlock(this.#window.open(byteCount));
    const table = this.#pipeline.firstTable();
    for (let row = 0; row < rowCount; row += 1) {
      if (kind === 2) table.update(reader.read(), reader.read());
      else table.merge(reader);
    }
    this.#pairsIn += rowCount;
  }

  finish(): TaskStatistics {
    this.#pipeline.finish();
    this.#sink.finish();
    return { pairsIn: this.#pairsIn, pairsOut: this.#sink.pairsOut, lines: 0 };
  }
}
