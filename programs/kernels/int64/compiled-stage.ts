/**
 * A stage cut into segments: narrow steps that run in one pass over a batch, ended by a flatMap, a reduce or the sink.
 *
 * Owns: the cut, and the compiled kernels of each segment, made when the first batch needs them.
 * Never: holds rows.
 */
import type { NarrowStep, ReduceStep, Stage } from "../../plan/plan.ts";
import type { Chain, ChainCompiler, Expansion } from "./chain/compile-chain.ts";
import { type CompiledReduce, compileReduce } from "./compiled-reduce.ts";

type FlatMapStep = NarrowStep & { kind: "flatMap" };

export class Segment {
  readonly #steps: readonly NarrowStep[];
  readonly #end: FlatMapStep | ReduceStep | undefined;
  readonly #compiler: ChainCompiler;
  #chain: Chain | undefined;
  #expansion: Expansion | undefined;
  #reduce: CompiledReduce | undefined;

  constructor(steps: readonly NarrowStep[], end: FlatMapStep | ReduceStep | undefined, compiler: ChainCompiler) {
    this.#steps = steps;
    this.#end = end;
    this.#compiler = compiler;
  }

  get end(): "flatMap" | "reduce" | "sink" {
    return this.#end?.kind ?? "sink";
  }

  /** The narrow steps, fused; undefined if there are none. */
  get chain(): Chain | undefined {
    if (this.#steps.length > 0) this.#chain ??= this.#compiler.chain(this.#steps);
    return this.#chain;
  }

  /** The flatMap that ends the segment, if one does. */
  get expansion(): Expansion | undefined {
    if (this.#end?.kind === "flatMap") this.#expansion ??= this.#compiler.expansion(this.#end);
    return this.#expansion;
  }

  /** The reduce that ends the segment, if one does. */
  get reduce(): CompiledReduce | undefined {
    if (this.#end?.kind === "reduce") this.#reduce ??= compileReduce(this.#end, this.#compiler);
    return this.#reduce;
  }
}

export class CompiledStage {
  readonly stage: Stage;
  /** At least one; only the last one ends at the sink. */
  readonly segments: readonly Segment[];
  readonly flatMapCount: number;
  readonly #compiler: ChainCompiler;
  #combiner: CompiledReduce | undefined;

  constructor(stage: Stage, compiler: ChainCompiler) {
    this.stage = stage;
    this.segments = cut(stage, compiler);
    this.flatMapCount = this.segments.filter(({ end }) => end === "flatMap").length;
    this.#compiler = compiler;
  }

  /** The combiner before the shuffle, if the plan has one. */
  get combiner(): CompiledReduce | undefined {
    const { sink } = this.stage;
    if (sink.kind === "shuffle" && sink.combiner !== undefined) {
      this.#combiner ??= compileReduce(sink.combiner, this.#compiler);
    }
    return this.#combiner;
  }
}

function cut({ steps }: Stage, compiler: ChainCompiler): readonly Segment[] {
  const segments: Segment[] = [];
  let narrow: NarrowStep[] = [];
  for (const step of steps) {
    if (step.kind === "flatMap" || step.kind === "reduce") {
      segments.push(new Segment(narrow, step, compiler));
      narrow = [];
    } else {
      narrow.push(step);
    }
  }
  segments.push(new Segment(narrow, undefined, compiler));
  return segments;
}
