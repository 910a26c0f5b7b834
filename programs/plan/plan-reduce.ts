/**
 * Takes a reduce apart: the aggregates that are collected for each key, and what is computed from their results.
 *
 * Owns: which aggregates are the same, and whether they can be collected in parts.
 * Never: rewrites an aggregate as another: `mean` overflows only by its own value, which `sum` and `count` cannot tell.
 */
import assert from "node:assert/strict";
import type { AggregateName, IntExpression } from "../expression/tree.ts";
import { intExpressionKey } from "./expression-key.ts";
import type { PlannedAggregate, PlannedAggregateName, ReduceStep } from "./plan.ts";

/** A partial median or a partial count of distinct values is as large as the values themselves. */
const NEEDS_ALL_VALUES: ReadonlySet<PlannedAggregateName> = new Set(["median", "distinct"]);

/** `operation` is the index into `Plan.operations`. */
export function planReduce(operation: number, expression: IntExpression): ReduceStep {
  if (expression.kind === "registered") {
    const aggregate: PlannedAggregate = { name: "registered", operand: { kind: "value" }, call: expression };
    const result = { kind: "column", index: 0 } as const;
    return { kind: "reduce", operation, aggregates: [aggregate], result, decomposable: false };
  }
  const aggregates: PlannedAggregate[] = [];
  const columns = new Map<string, number>();

  const columnOf = (name: AggregateName, operand: IntExpression): number => {
    const key = `${name} ${intExpressionKey(operand)}`;
    let column = columns.get(key);
    if (column === undefined) {
      column = aggregates.push({ name, operand }) - 1;
      columns.set(key, column);
    }
    return column;
  };

  const replace = (node: IntExpression): IntExpression => {
    switch (node.kind) {
      case "literal":
      case "key":
        return node;
      case "value":
      case "column":
        return assert.fail(`a reduce's expression has a "${node.kind}" outside of its aggregates`);
      case "unary":
        return { ...node, operand: replace(node.operand) };
      case "binary":
      case "logical":
        return { ...node, left: replace(node.left), right: replace(node.right) };
      case "conditional":
        return {
          ...node,
          test: replace(node.test),
          consequent: replace(node.consequent),
          alternate: replace(node.alternate),
        };
      case "call":
        return { ...node, operands: node.operands.map(replace) };
      case "registered":
        return assert.fail("a function of the operator's own stands for the whole reduce");
      case "aggregate":
        return { kind: "column", index: columnOf(node.name, node.operand) };
    }
  };

  const result = replace(expression);
  const decomposable = aggregates.every(({ name }) => !NEEDS_ALL_VALUES.has(name));
  return { kind: "reduce", operation, aggregates, result, decomposable };
}
