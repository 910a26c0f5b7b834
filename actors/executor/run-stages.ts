/**
 * Runs a task of a shuffled stage, and, where it is the whole stage and little comes out, the stages behind it too.
 *
 * Owns: the decision to go on, and the bundles that pass from stage to stage in memory.
 * Never: lets that decide a byte of what is stored: each stage is given exactly what it would be given from a segment.
 *
 * S1. A task goes on only if it was the whole stage, and the next stage is one task too.
 * S2. What passes in memory is bounded by HELD_BYTES_MAX; what is more is stored, and the task ends.
 * S3. A task that has gone on for GO_ON_MS_MAX ends after the stage at hand.
 */
import { bundleHeaderBytes } from "../../programs/blocks/bundle.ts";
import type { Reject } from "../../programs/errors.ts";
import type { KernelSet, TaskSink, TaskStatistics } from "../../programs/kernels/kernel-set.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import { isOneTask } from "../../programs/plan/task-span.ts";
import { GO_ON_MS_MAX, HELD_BYTES_MAX } from "../options.ts";
import { type BundleSource, heldBundles, storedBundles } from "./bundle-source.ts";
import type { Task } from "./messages.ts";
import { type BlockContext, runReduce } from "./run-blocks.ts";

export interface StagesContext extends BlockContext {
  readonly plan: Plan;
  readonly kernels: KernelSet;
  /** A monotonic time. */
  readonly nowMs: () => number;
}

export function runStages(
  task: Task & { readonly kind: "reduce" },
  context: StagesContext,
): TaskStatistics & { readonly bytesIn: number; readonly through?: number } {
  const { plan, kernels, segments, sink, nowMs } = context;
  const partitionCount = plan.partitions;
  const span = { first: task.partition, count: task.span };
  const run = (stage: number, bundles: readonly BundleSource[], stageSink: TaskSink) =>
    runReduce(kernels.openStage(stage), { span, partitionCount, bundles }, { ...context, sink: stageSink });
  const isWhole = task.span === partitionCount;
  if (!isWhole) return run(task.stage, storedBundles(segments, task.inputs), sink);

  const deadlineMs = nowMs() + GO_ON_MS_MAX;
  let stage = task.stage;
  let held = new HeldBundles(sink, partitionCount);
  const first = run(stage, storedBundles(segments, task.inputs), held);
  let { pairsOut } = first;
  while (held.isSmallFor(plan, stage + 1) && nowMs() < deadlineMs) {
    stage += 1;
    const next = new HeldBundles(sink, partitionCount);
    ({ pairsOut } = run(stage, heldBundles(held.bundles), next));
    held = next;
  }
  held.store();
  return { ...first, pairsOut, ...(stage > task.stage ? { through: stage } : {}) };
}

interface HeldBundle {
  readonly bytes: Uint8Array;
  readonly pairCount: number;
  readonly targets: Uint16Array;
}

/** Keeps the bundles of a stage in memory while they are few; all else goes on to the task's sink. */
class HeldBundles implements TaskSink {
  readonly #sink: TaskSink;
  readonly #partitionCount: number;
  #held: HeldBundle[] = [];
  #byteCount = 0;
  #isStored = false;

  constructor(sink: TaskSink, partitionCount: number) {
    this.#sink = sink;
    this.#partitionCount = partitionCount;
  }

  get bundles(): Uint8Array[] {
    return this.#held.map(({ bytes }) => bytes);
  }

  /** True if there are bundles, all of them here, and the stage that reads them is one task. */
  isSmallFor(plan: Plan, stage: number): boolean {
    if (this.#isStored || this.#held.length === 0) return false;
    const pairs = this.#held.reduce((sum, { pairCount }) => sum + pairCount, 0);
    const bytes = this.#byteCount - this.#held.length * bundleHeaderBytes(this.#partitionCount);
    return isOneTask(plan, stage, { pairs, bytes });
  }

  bundle(bytes: Uint8Array, description: { readonly pairCount: number; readonly targets: Uint16Array }): void {
    if (this.#isStored) {
      this.#sink.bundle(bytes, description);
      return;
    }
    // The kernel's memory is its own again after this call.
    this.#held.push({ ...description, bytes: bytes.slice() });
    this.#byteCount += bytes.length;
    if (this.#byteCount > HELD_BYTES_MAX) this.store();
  }

  run(bytes: Uint8Array, description: { readonly pairCount: number; readonly headerBytes: number }): void {
    this.#sink.run(bytes, description);
  }

  reject(reject: Reject): void {
    this.#sink.reject(reject);
  }

  progressed(): void {
    this.#sink.progressed?.();
  }

  /** Gives what is held to the task's sink, and everything that comes. */
  store(): void {
    for (const { bytes, ...description } of this.#held) this.#sink.bundle(bytes, description);
    this.#held = [];
    this.#isStored = true;
  }
}
