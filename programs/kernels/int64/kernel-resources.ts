/**
 * What all stages and tasks of one kernel set share: the instance, the compiler, and memory that is used again.
 *
 * Owns: idle aggregations, pair buffers, windows and formatters.
 * Never: knows a task.
 */
import type { Plan } from "../../plan/plan.ts";
import type { TextFormatName } from "../../program.ts";
import { GuardedFunctions, NO_FUNCTIONS } from "../../registered/guarded-functions.ts";
import { Aggregation, type AggregationSpecification } from "./aggregation.ts";
import { BundleWriter } from "./bundle-writer.ts";
import { ChainCompiler } from "./chain/compile-chain.ts";
import type { KernelInstance } from "./instance.ts";
import { MemoryPool, PairBuffer, ScratchRegion } from "./memory-pool.ts";
import { StepKernels } from "./step-kernels.ts";
import { TextFormatter } from "./text-formatter.ts";

/** Idle aggregations kept, of any shape. */
const IDLE_AGGREGATIONS_MAX = 4;
/** Keys that an idle table may have room for when another shape needs one: tables keep the memory of their largest task. */
const IDLE_KEYS_MAX = 65_536;

export interface AggregationShape {
  readonly signature: string;
  readonly specifications: readonly AggregationSpecification[];
}

export class KernelResources {
  readonly instance: KernelInstance;
  readonly plan: Plan;
  /** What the kernels may have in all; see `memory-limits.ts`. */
  readonly memoryBytes: number;
  readonly kernels: StepKernels;
  readonly memory: MemoryPool;
  readonly bundles: BundleWriter;
  /** Encoded bytes of the run that is just being written. */
  readonly runBytes: ScratchRegion;
  readonly #pairBuffers: PairBuffer[] = [];
  readonly #windows: ScratchRegion[] = [];
  readonly #formatters = new Map<TextFormatName, TextFormatter>();
  /** Longest idle first. */
  readonly #aggregations: { readonly signature: string; readonly aggregation: Aggregation }[] = [];

  constructor(instance: KernelInstance, plan: Plan, memoryBytes: number, functions = NO_FUNCTIONS) {
    this.memoryBytes = memoryBytes;
    this.instance = instance;
    this.plan = plan;
    this.kernels = new StepKernels(
      new ChainCompiler(instance),
      instance,
      new GuardedFunctions(functions, plan.integers),
    );
    this.memory = new MemoryPool(instance);
    this.bundles = new BundleWriter(instance, plan.partitions);
    this.runBytes = new ScratchRegion(instance);
  }

  /** An empty aggregation of this shape. */
  acquireAggregation(shape: AggregationShape): Aggregation {
    const index = this.#aggregations.findLastIndex(({ signature }) => signature === shape.signature);
    if (index < 0) {
      this.#disposeLarge();
      return new Aggregation(this.instance, shape.specifications);
    }
    return this.#aggregations.splice(index, 1)[0].aggregation;
  }

  releaseAggregation(shape: AggregationShape, aggregation: Aggregation): void {
    aggregation.clear();
    this.#aggregations.push({ signature: shape.signature, aggregation });
    if (this.#aggregations.length > IDLE_AGGREGATIONS_MAX) this.#aggregations.shift()?.aggregation.dispose();
  }

  #disposeLarge(): void {
    for (let index = this.#aggregations.length - 1; index >= 0; index -= 1) {
      const { aggregation } = this.#aggregations[index];
      if (aggregation.keysMost <= IDLE_KEYS_MAX) continue;
      aggregation.dispose();
      this.#aggregations.splice(index, 1);
    }
  }

  /** An empty pair buffer. */
  acquirePairs(): PairBuffer {
    return this.#pairBuffers.pop() ?? new PairBuffer(this.instance);
  }

  releasePairs(pairs: PairBuffer): void {
    pairs.count = 0;
    this.#pairBuffers.push(pairs);
  }

  /** Memory for the bytes that a task is given. */
  acquireWindow(): ScratchRegion {
    return this.#windows.pop() ?? new ScratchRegion(this.instance);
  }

  releaseWindow(window: ScratchRegion): void {
    this.#windows.push(window);
  }

  /** The formatter of a format: formatting is one call from begin to end, so that one serves all tasks. */
  formatter(format: TextFormatName): TextFormatter {
    let formatter = this.#formatters.get(format);
    if (formatter === undefined) {
      formatter = new TextFormatter(this.instance, format);
      this.#formatters.set(format, formatter);
    }
    return formatter;
  }
}
