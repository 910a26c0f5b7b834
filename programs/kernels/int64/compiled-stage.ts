/**
 * A stage cut into segments: narrow steps that run in one pass over a batch, ended by a flatMap, a reduce or the sink.
 *
 * Owns: the cut; which kernels a segment needs, fetched when its first batch comes.
 * Never: holds rows.
 */
import type { NarrowStep, ReduceStep, Stage } from "../../plan/plan.ts";
import type { Chain, Expansion } from "./chain/compile-chain.ts";
import type { CompiledReduce } from "./compiled-reduce.ts";
import type { FlatMapStep, StepKernels } from "./step-kernels.ts";

export class Segment {
  readonly #steps: readonly NarrowStep[];
  readonly #end: FlatMapStep | ReduceStep | undefined;
  readonly #kernels: StepKernels;
  #chain: Chain | undefined;
  #expansion: Expansion | undefined;
  #reduce: CompiledReduce | undefined;

  constructor(steps: readonly NarrowStep[], end: FlatMapStep | ReduceStep | undefined, kernels: StepKernels) {
    this.#steps = steps;
    this.#end = end;
    this.#kernels = kernels;
  }

  get end(): "flatMap" | "reduce" | "sink" {
    return this.#end?.kind ?? "sink";
  }

  /** The narrow steps, fused; undefined if there are none. */
  get chain(): Chain | undefined {
    if (this.#steps.length > 0) this.#chain ??= this.#kernels.chain(this.#steps);
    return this.#chain;
  }

  /** The flatMap that ends the segment, if one does. */
  get expansion(): Expansion | undefined {
    if (this.#end?.kind === "flatMap") this.#expansion ??= this.#kernels.expansion(this.#end);
    return this.#expansion;
  }

  /** The reduce that ends the segment, if one does. */
  get reduce(): CompiledReduce | undefined {
    if (this.#end?.kind === "reduce") this.#reduce ??= this.#kernels.reduce(this.#end);
    return this.#reduce;
  }
}

export class CompiledStage {
  readonly stage: Stage;
  /** At least one; only the last one ends at the sink. */
  readonly segments: readonly Segment[];
  readonly flatMapCount: number;
  readonly #kernels: StepKernels;
  #combiner: CompiledReduce | undefined;

  constructor(stage: Stage, kernels: StepKernels) {
    this.stage = stage;
    this.segments = cut(stage, kernels);
    this.flatMapCount = this.segments.filter(({ end }) => end === "flatMap").length;
    this.#kernels = kernels;
  }

  /** The combiner before the shuffle, if the plan has one. */
  get combiner(): CompiledReduce | undefined {
    const { sink } = this.stage;
    if (sink.kind === "shuffle" && sink.combiner !== undefined) {
      this.#combiner ??= this.#kernels.reduce(sink.combiner);
    }
    return this.#combiner;
  }
}

function cut({ steps }: Stage, kernels: StepKernels): readonly Segment[] {
  const segments: Segment[] = [];
  let narrow: NarrowStep[] = [];
  for (const step of steps) {
    if (step.kind === "flatMap" || step.kind === "reduce") {
      segments.push(new Segment(narrow, step, kernels));
      narrow = [];
    } else {
      narrow.push(step);
    }
  }
  segments.push(new Segment(narrow, undefined, kernels));
  return segments;
}
