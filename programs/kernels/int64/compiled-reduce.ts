/**
 * A planned reduce made ready to run: its aggregates' shape, its operands and its result.
 *
 * Owns: what is a plain column and what must be computed; equal operands are computed once.
 * Never: holds rows.
 */
import { intExpressionKey } from "../../plan/expression-key.ts";
import type { ReduceStep } from "../../plan/plan.ts";
import type { GuardedFunctions } from "../../registered/guarded-functions.ts";
import type { AggregationSpecification } from "./aggregation.ts";
import type { ChainCompiler, Projection } from "./chain/compile-chain.ts";
import type { AggregationShape } from "./kernel-resources.ts";
import { registeredReduce } from "./registered-reduce.ts";

/** Where an operand or a result comes from: a column that exists already, or a projection (by index). */
export type OperandSource =
  | { readonly from: "key" | "value" }
  | { readonly from: "projection"; readonly index: number };
export type ResultSource =
  | { readonly from: "column"; readonly index: number }
  | { readonly from: "projection"; readonly projection: Projection };

export interface CompiledReduce {
  readonly step: ReduceStep;
  readonly shape: AggregationShape;
  /** One for each aggregate. */
  readonly operands: readonly OperandSource[];
  /** The distinct operands that must be computed. */
  readonly projections: readonly Projection[];
  readonly result: ResultSource;
}

export function compileReduce(step: ReduceStep, compiler: ChainCompiler, functions: GuardedFunctions): CompiledReduce {
  const projections: Projection[] = [];
  const indexByText = new Map<string, number>();
  const operands = step.aggregates.map(({ operand }): OperandSource => {
    if (operand.kind === "key" || operand.kind === "value") return { from: operand.kind };
    const text = intExpressionKey(operand);
    let index = indexByText.get(text);
    if (index === undefined) {
      index = projections.push(compiler.projection(operand, 0)) - 1;
      indexByText.set(text, index);
    }
    return { from: "projection", index };
  });
  const specifications = step.aggregates.map(({ name, call }, index): AggregationSpecification => {
    const operand = operands[index];
    const fallible = operand.from === "projection" && projections[operand.index].fallible;
    if (call === undefined) return { name, fallible };
    return { name, fallible, reduceRows: registeredReduce(step.operation, call, functions) };
  });
  // What a function computes is part of the shape: no other reduce takes its aggregation over.
  const own = step.aggregates.some(({ call }) => call !== undefined) ? `@${step.operation}` : "";
  const signature = specifications.map(({ name, fallible }) => `${name}:${fallible}${own}`).join();
  return {
    step,
    shape: { specifications, signature },
    operands,
    projections,
    result: resultSource(step, compiler),
  };
}

function resultSource({ result, aggregates }: ReduceStep, compiler: ChainCompiler): ResultSource {
  if (result.kind === "column") return { from: "column", index: result.index };
  return { from: "projection", projection: compiler.projection(result, aggregates.length) };
}
