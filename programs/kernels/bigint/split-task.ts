/**
 * Stage 0 at work: text in, through the stage's steps, to its sink.
 *
 * Owns: the parser.
 * Never: skips a header or a byte order mark; the executor does.
 */
import type { Plan } from "../../plan/plan.ts";
import { failureReporter } from "../arithmetic-failure.ts";
import type { Task, TaskSink, TaskStatistics, TextFormat } from "../kernel-set.ts";
import type { CompiledStage } from "./compiled-stage.ts";
import { openSink } from "./open-sink.ts";
import type { PairSink } from "./pair-sink.ts";
import { StepPipeline } from "./step-pipeline.ts";
import { TextParser } from "./text-parser.ts";

export class SplitTask implements Task {
  readonly #parser: TextParser;
  readonly #sink: PairSink;
  readonly #pipeline: StepPipeline;
  #pairsIn = 0;

  constructor(stage: CompiledStage, plan: Plan, format: TextFormat, sink: TaskSink) {
    this.#sink = openSink(stage, plan, sink);
    this.#pipeline = new StepPipeline(stage, this.#sink, failureReporter(plan, sink), Number.POSITIVE_INFINITY, () =>
      sink.progressed?.(),
    );
    this.#parser = new TextParser(format, plan.onError, {
      pair: (key, value) => {
        this.#pairsIn += 1;
        this.#pipeline.take(key, value);
      },
      reject: (reject) => sink.reject(reject),
    });
  }

  window(byteCount: number): Uint8Array {
    return this.#parser.window(byteCount);
  }

  push(byteCount: number): void {
    this.#parser.push(byteCount);
  }

  finish(): TaskStatistics {
    this.#parser.finish();
    this.#sink.finish();
    return { pairsIn: this.#pairsIn, pairsOut: this.#sink.pairsOut, lines: this.#parser.lines };
  }
}
