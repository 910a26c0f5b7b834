/**
 * The identity of a plan: two plans with the same text give the same bytes in every block, for the same input.
 *
 * Owns: what goes into the text. Others hash it, and add the identity of the input (files, split points, text format).
 * Never: includes what only people see: names, places and texts of operations, paths.
 */
import {
  BATCH_PAIRS,
  BIGINT_BITS_MAX,
  BIGINT_GATHERED_BYTES_MAX,
  BIGINT_RUN_BLOCK_BYTES,
  BUNDLE_PAIRS_MAX,
  COMBINER_CELLS_MAX,
  COMBINER_DISTINCT_SHARE_MAX,
  COMBINER_KEYS_MAX,
  EXPANSION_GUESS,
  EXPANSION_PAIRS_MAX,
  EXPANSION_PAIRS_MIN,
  GROWN_TASK_BYTES,
  GROWN_TASK_PAIRS,
  LINE_BYTES_MAX,
  OFFENDING_TEXT_MAX,
  RUN_BLOCK_PAIRS,
  RUN_PAIRS_MAX,
  STAGE_TASKS_MAX,
  TASK_BYTES,
  TASK_PAIRS,
} from "../limits.ts";
import { intExpressionKey, listExpressionKey } from "./expression-key.ts";
import type { Plan, PlannedAggregate, Stage, Step } from "./plan.ts";

/** Changes when kernels of a newer version may give other bytes for the same plan. */
const PLAN_FORMAT_VERSION = 1;

/** Those marked D1, and those that decide whether a record or a result is refused, and how a reject reads. */
const LIMITS = {
  BATCH_PAIRS,
  BIGINT_BITS_MAX,
  BIGINT_GATHERED_BYTES_MAX,
  BIGINT_RUN_BLOCK_BYTES,
  BUNDLE_PAIRS_MAX,
  COMBINER_CELLS_MAX,
  COMBINER_DISTINCT_SHARE_MAX,
  COMBINER_KEYS_MAX,
  EXPANSION_GUESS,
  EXPANSION_PAIRS_MAX,
  EXPANSION_PAIRS_MIN,
  GROWN_TASK_BYTES,
  GROWN_TASK_PAIRS,
  LINE_BYTES_MAX,
  OFFENDING_TEXT_MAX,
  RUN_BLOCK_PAIRS,
  RUN_PAIRS_MAX,
  STAGE_TASKS_MAX,
  TASK_BYTES,
  TASK_PAIRS,
} as const;

/** A text of lines; about 8 bytes for each unrolled step. */
export function planIdentity(plan: Plan): string {
  const bodies = new StepBodies();
  const stages = plan.stages.map((stage) => stageLine(stage, bodies));
  return [
    `plan ${PLAN_FORMAT_VERSION}`,
    ...Object.entries(LIMITS).map(([name, value]) => `${name} ${value}`),
    `partitions ${plan.partitions}`,
    `integers ${plan.integers}`,
    `onError ${plan.onError}`,
    ...bodies.lines.map((line, index) => `step ${index} ${line}`),
    ...stages,
    "",
  ].join("\n");
}

/** Numbers steps by what they are, so that it does not matter whether the rounds of a repeat share objects. */
class StepBodies {
  readonly lines: string[] = [];
  readonly #numberByLine = new Map<string, number>();
  /** Spares writing out a shared step for every round. */
  readonly #numberByStep = new Map<Step, number>();

  numberOf(step: Step): number {
    const known = this.#numberByStep.get(step);
    if (known !== undefined) return known;
    const line = stepLine(step);
    let number = this.#numberByLine.get(line);
    if (number === undefined) {
      number = this.lines.push(line) - 1;
      this.#numberByLine.set(line, number);
    }
    this.#numberByStep.set(step, number);
    return number;
  }
}

function stageLine(stage: Stage, bodies: StepBodies): string {
  const steps = stage.steps.map((step) => bodies.numberOf(step)).join(",");
  const { sink } = stage;
  const end =
    sink.kind === "output"
      ? `output ${sink.order}`
      : `shuffle ${sink.combiner === undefined ? "pairs" : `partial ${bodies.numberOf(sink.combiner)}`}`;
  return `stage ${stage.index} ${stage.source} [${steps}] ${end}`;
}

/** The operation's number is part of it: rejects name it. */
function stepLine(step: Step): string {
  return `${step.kind} ${step.operation} ${stepBody(step)}`;
}

function stepBody(step: Step): string {
  switch (step.kind) {
    case "map":
    case "changeKey":
    case "filter":
      return intExpressionKey(step.expression);
    case "flatMap":
      return listExpressionKey(step.expression);
    case "reduce": {
      const aggregates = step.aggregates.map(aggregateKey).join(" ");
      return `${step.decomposable ? "parts" : "whole"} {${aggregates}} ${intExpressionKey(step.result)}`;
    }
  }
}

function aggregateKey({ name, operand, call }: PlannedAggregate): string {
  return call === undefined ? `(${name} ${intExpressionKey(operand)})` : intExpressionKey(call);
}
