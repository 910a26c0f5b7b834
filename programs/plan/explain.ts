/**
 * Tells what a plan does and why: stages, what is fused, where pairs move, what is combined before they do.
 *
 * Owns: the reasons.
 * Never: decides anything: it reads a plan. Never draws; see `format-explanation.ts` and `format-mermaid.ts`.
 *
 * E1. The result is plain JSON-able data, as long as the program is written, not as long as it is unrolled.
 */
import assert from "node:assert/strict";
import type {
  ErrorMode,
  InputSpecification,
  IntegerMode,
  OutputOrder,
  OutputSpecification,
  Program,
} from "../program.ts";
import { aggregateText, expressionText, registeredText } from "./expression-text.ts";
import type { Plan, ReduceStep, Stage, Step } from "./plan.ts";
import { mapSummary, type Summary, summarise } from "./summarise.ts";

export interface ExplainedStep {
  readonly operator: Step["kind"];
  /** Index into `Plan.operations`. */
  readonly operation: number;
  readonly place: string;
  readonly text: string;
}

export type ExplainedPart =
  /** Consecutive narrow steps: one pass over the pairs. */
  | { readonly kind: "fused"; readonly stepCount: number; readonly steps: readonly Summary<ExplainedStep>[] }
  | {
      readonly kind: "reduce";
      readonly step: ExplainedStep;
      /** `sum(V)`, `count(v * v)`: collected for each key. */
      readonly aggregates: readonly string[];
      /** Computed from them, with `#0` for the first aggregate; null where it is just that one. */
      readonly result: string | null;
      /** Why its input is partitioned by key. */
      readonly reason: string;
    };

export type ExplainedSink =
  | {
      readonly kind: "shuffle";
      /** Why pairs must move. */
      readonly reason: string;
      /** The aggregates that are collected before pairs move; null: none are. */
      readonly combiner: readonly string[] | null;
      readonly combinerReason: string;
    }
  | { readonly kind: "output"; readonly order: OutputOrder };

export interface ExplainedStage {
  /** Of its first occurrence, if it is repeated. */
  readonly index: number;
  readonly source: Stage["source"];
  readonly parts: readonly Summary<ExplainedPart>[];
  readonly sink: ExplainedSink;
}

export interface Explanation {
  readonly name: string;
  readonly partitions: number;
  readonly integers: IntegerMode;
  readonly onError: ErrorMode;
  readonly input: InputSpecification | null;
  readonly output: OutputSpecification;
  readonly counts: {
    /** As written, a repeat's body once. */
    readonly operations: number;
    /** Unrolled. */
    readonly steps: number;
    /** Fused passes and reduces. */
    readonly parts: number;
    readonly stages: number;
    readonly shuffles: number;
  };
  readonly stages: readonly Summary<ExplainedStage>[];
}

/** Cost: about linear in the unrolled steps. */
export function explainPlan(plan: Plan, program: Program): Explanation {
  const explainer = new Explainer(plan);
  const row = plan.stages.map((stage) => explainer.stageNumber(stage));
  return {
    name: program.name,
    partitions: plan.partitions,
    integers: plan.integers,
    onError: plan.onError,
    input: program.input ?? null,
    output: program.output,
    counts: {
      operations: plan.operations.length,
      steps: plan.stages.reduce((count, { steps }) => count + steps.length, 0),
      parts: explainer.partCount,
      stages: plan.stages.length,
      shuffles: plan.stages.length - 1,
    },
    stages: mapSummary(summarise(row), (number, index) => ({ index, ...explainer.stages.items[number] })),
  };
}

/** Numbers what is alike, so that repetitions are found among numbers, and each is explained once. */
class Numbered<Item> {
  readonly items: Item[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(key: string, make: () => Item): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.items.push(make()) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

class Explainer {
  readonly stages = new Numbered<Omit<ExplainedStage, "index">>();
  partCount = 0;
  readonly #parts = new Numbered<ExplainedPart>();
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  stageNumber(stage: Stage): number {
    const row: number[] = [];
    for (let at = 0; at < stage.steps.length; ) {
      const end = stage.steps[at].kind === "reduce" ? at + 1 : endOfNarrow(stage.steps, at);
      row.push(this.#partNumber(stage.steps.slice(at, end), at === 0));
      at = end;
    }
    this.partCount += row.length;
    const nextReduce = this.#plan.stages[stage.index + 1]?.steps[0].operation;
    return this.stages.numberOf(`${stage.source} ${row.join(",")} ${nextReduce}`, () => ({
      source: stage.source,
      parts: mapSummary(summarise(row), (number) => this.#parts.items[number]),
      sink: this.#explainSink(stage),
    }));
  }

  /** Either one reduce or narrow steps. */
  #partNumber(steps: readonly Step[], isFirst: boolean): number {
    const [first] = steps;
    if (first.kind === "reduce") {
      return this.#parts.numberOf(`reduce ${first.operation} ${isFirst}`, () => this.#explainReduce(first, isFirst));
    }
    const row = steps.map(({ operation }) => operation);
    return this.#parts.numberOf(row.join(","), () => {
      const stepOf = new Map(steps.map((step) => [step.operation, step]));
      const explained = mapSummary(summarise(row), (operation) => this.#explainStep(stepOf.get(operation)!));
      return { kind: "fused", stepCount: steps.length, steps: explained };
    });
  }

  #explainStep({ kind, operation }: Step): ExplainedStep {
    const { place, text } = this.#plan.operations[operation];
    return { operator: kind, operation, place, text };
  }

  #explainReduce(step: ReduceStep, isFirst: boolean): ExplainedPart {
    const { result } = step;
    return {
      kind: "reduce",
      step: this.#explainStep(step),
      aggregates: aggregateTexts(step),
      result: result.kind === "column" ? null : expressionText(result),
      reason: isFirst
        ? "pairs were shuffled by key"
        : "no key has changed since the reduce before, so pairs need not move",
    };
  }

  #explainSink(stage: Stage): ExplainedSink {
    if (stage.sink.kind === "output") return stage.sink;
    const reduce = this.#plan.stages[stage.index + 1].steps[0] as ReduceStep;
    return { kind: "shuffle", reason: this.#shuffleReason(stage), ...explainCombiner(reduce) };
  }

  #shuffleReason(stage: Stage): string {
    if (stage.source === "input") return "text is not partitioned by key";
    const change = stage.steps.findLast(({ kind }) => kind === "changeKey");
    if (change !== undefined) return `${this.#plan.operations[change.operation].place} changes keys`;
    const expansion = stage.steps.findLast(({ kind }) => kind === "flatMap");
    assert(expansion !== undefined, "a shuffle has a reason");
    const { place } = this.#plan.operations[expansion.operation];
    return `values made by ${place} are kept whole: they must be readable again where memory is short`;
  }
}

function endOfNarrow(steps: readonly Step[], from: number): number {
  let end = from;
  while (end < steps.length && steps[end].kind !== "reduce") end += 1;
  return end;
}

function aggregateTexts(step: ReduceStep): string[] {
  return step.aggregates.map(({ name, operand, call }) =>
    call === undefined ? aggregateText(name, operand) : registeredText(call),
  );
}

function explainCombiner(step: ReduceStep): { combiner: readonly string[] | null; combinerReason: string } {
  const texts = aggregateTexts(step);
  if (step.decomposable) {
    if (texts.length === 0)
      return { combiner: texts, combinerReason: "only keys move: nothing is collected from values" };
    return { combiner: texts, combinerReason: `parts of ${texts.join(", ")} can be put together` };
  }
  const whole = step.aggregates.filter(({ name }) => ["median", "distinct", "registered"].includes(name));
  const names = [...new Set(whole.map(({ name, call }) => call?.name ?? name))].join(" and ");
  return { combiner: null, combinerReason: `${names} ${whole.length > 1 ? "need" : "needs"} all values of a key` };
}
