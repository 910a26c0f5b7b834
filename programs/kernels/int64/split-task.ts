/**
 * Stage 0 at work: text in, through the stage's steps, to its sink.
 *
 * Owns: the parser and the batch it fills.
 * Never: skips a header or a byte order mark; the executor does.
 *
 * L1. Batches are full except the last one, however the text is cut into windows, so rejects come in one order too.
 */
import { BATCH_PAIRS } from "../../limits.ts";
import { failureReporter } from "../arithmetic-failure.ts";
import type { Task, TaskSink, TaskStatistics, TextFormat } from "../kernel-set.ts";
import type { CompiledStage } from "./compiled-stage.ts";
import type { PairColumns } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { INT64_BYTES } from "./memory-pool.ts";
import { openSink } from "./open-sink.ts";
import type { PairSink } from "./pair-sink.ts";
import { StepPipeline } from "./step-pipeline.ts";
import { TextParser } from "./text-parser.ts";

const COLUMN_BYTES = BATCH_PAIRS * INT64_BYTES;

export class SplitTask implements Task {
  readonly #resources: KernelResources;
  readonly #parser: TextParser;
  readonly #sink: PairSink;
  readonly #pipeline: StepPipeline;
  readonly #batch: PairColumns;
  #filled = 0;
  #pairsIn = 0;

  constructor(stage: CompiledStage, resources: KernelResources, format: TextFormat, sink: TaskSink) {
    const { instance, memory, plan } = resources;
    this.#resources = resources;
    this.#parser = new TextParser(instance, format, plan.onError, (reject) => sink.reject(reject));
    this.#sink = openSink(stage, resources, sink);
    this.#pipeline = new StepPipeline(stage, resources, this.#sink, failureReporter(plan, sink), () =>
      sink.progressed?.(),
    );
    this.#batch = { keys: memory.acquire(COLUMN_BYTES), values: memory.acquire(COLUMN_BYTES) };
  }

  window(byteCount: number): Uint8Array {
    return this.#parser.window(byteCount);
  }

  push(byteCount: number): void {
    this.#parser.push(byteCount);
    this.#parse();
  }

  finish(): TaskStatistics {
    this.#parser.end();
    this.#parse();
    this.#drain();
    this.#pipeline.finish();
    this.#sink.finish();
    const { lines } = this.#parser;
    this.#parser.dispose();
    this.#resources.memory.release(this.#batch.keys, COLUMN_BYTES);
    this.#resources.memory.release(this.#batch.values, COLUMN_BYTES);
    return { pairsIn: this.#pairsIn, pairsOut: this.#sink.pairsOut, lines };
  }

  #parse(): void {
    for (;;) {
      const offset = this.#filled * INT64_BYTES;
      const free = { keys: this.#batch.keys + offset, values: this.#batch.values + offset };
      const parsed = this.#parser.next(free, BATCH_PAIRS - this.#filled);
      if (parsed === 0) return;
      this.#pairsIn += parsed;
      this.#filled += parsed;
      if (this.#filled === BATCH_PAIRS) this.#drain();
    }
  }

  #drain(): void {
    if (this.#filled > 0) this.#pipeline.take(this.#batch, this.#filled);
    this.#filled = 0;
  }
}
