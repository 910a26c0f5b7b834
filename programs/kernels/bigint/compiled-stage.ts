/**
 * A stage cut into segments: narrow steps that run one after the other on a pair, ended by a flatMap, a reduce or the sink.
 *
 * Owns: the cut, and the compiled form of each step, made once for all rounds of a repeat.
 * Never: holds pairs.
 */
import type { ReduceStep, Stage, Step } from "../../plan/plan.ts";
import type { GuardedFunctions } from "../../registered/guarded-functions.ts";
import { compileExpression, type Evaluate } from "./compile-expression.ts";
import { compileList, type EvaluateList } from "./compile-list.ts";
import { compileRegistered, compileRegisteredList } from "./compile-registered.ts";
import { type CompiledReduce, compileReduce } from "./reduce-table.ts";

export interface NarrowOperation {
  readonly kind: "map" | "changeKey" | "filter";
  readonly operation: number;
  readonly evaluate: Evaluate;
}

export type SegmentEnd =
  | { readonly kind: "flatMap"; readonly operation: number; readonly evaluate: EvaluateList }
  | { readonly kind: "reduce"; readonly operation: number; readonly reduce: CompiledReduce };

export interface Segment {
  readonly steps: readonly NarrowOperation[];
  /** Undefined: the sink. */
  readonly end: SegmentEnd | undefined;
}

export interface CompiledStage {
  readonly stage: Stage;
  /** At least one; only the last one ends at the sink. */
  readonly segments: readonly Segment[];
  readonly reduceCount: number;
  /** The combiner before the shuffle, if the plan has one. */
  readonly combiner: CompiledReduce | undefined;
}

/** Compiles stages of one plan; the rounds of a repeat share their steps. */
export class StageCompiler {
  readonly #functions: GuardedFunctions;
  readonly #compiled = new Map<Step, NarrowOperation | SegmentEnd>();
  readonly #combiners = new Map<ReduceStep, CompiledReduce>();

  constructor(functions: GuardedFunctions) {
    this.#functions = functions;
  }

  compile(stage: Stage): CompiledStage {
    const segments: Segment[] = [];
    let steps: NarrowOperation[] = [];
    for (const step of stage.steps) {
      const compiled = this.#step(step);
      if (compiled.kind === "flatMap" || compiled.kind === "reduce") {
        segments.push({ steps, end: compiled });
        steps = [];
      } else {
        steps.push(compiled);
      }
    }
    segments.push({ steps, end: undefined });
    const reduceCount = segments.filter(({ end }) => end?.kind === "reduce").length;
    return { stage, segments, reduceCount, combiner: this.#combiner(stage) };
  }

  #combiner({ sink }: Stage): CompiledReduce | undefined {
    if (sink.kind !== "shuffle" || sink.combiner === undefined) return undefined;
    let combiner = this.#combiners.get(sink.combiner);
    if (combiner === undefined) {
      combiner = compileReduce(sink.combiner, this.#functions);
      this.#combiners.set(sink.combiner, combiner);
    }
    return combiner;
  }

  #step(step: Step): NarrowOperation | SegmentEnd {
    let compiled = this.#compiled.get(step);
    if (compiled === undefined) {
      compiled = compileStep(step, this.#functions);
      this.#compiled.set(step, compiled);
    }
    return compiled;
  }
}

function compileStep(step: Step, functions: GuardedFunctions): NarrowOperation | SegmentEnd {
  const { operation } = step;
  if (step.kind === "reduce") return { kind: "reduce", operation, reduce: compileReduce(step, functions) };
  const { kind, expression } = step;
  if (expression.kind !== "registered") {
    if (kind === "flatMap") return { kind, operation, evaluate: compileList(expression) };
    return { kind, operation, evaluate: compileExpression(expression) };
  }
  const registered = { operation, call: expression };
  if (kind === "flatMap") return { kind, operation, evaluate: compileRegisteredList(registered, functions) };
  return { kind, operation, evaluate: compileRegistered(registered, functions) };
}
