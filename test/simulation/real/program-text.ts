/**
 * Writes a program of the simulation as the program file that says the same.
 *
 * Owns: how each operation is written.
 *
 * W1. A list of copies has a source as a function's name alone. The one that a simulated program promises, and never
 *     makes, stands as a range of as many: nobody sees what it would hold.
 */
import assert from "node:assert/strict";
import type { ListExpression } from "../../../programs/expression/tree.ts";
import type { Operation, Program } from "../../../programs/program.ts";
import { printInt, printList } from "../../programs/expression/print-expression.ts";

/** JSON; the input is named by whoever submits it. */
export function programText({ partitions, integers, onError, output, operations }: Program): string {
  const order = { order: output.order };
  return JSON.stringify({ partitions, integers, onError, output: order, operations: operations.map(written) }, null, 1);
}

function written(operation: Operation): unknown {
  const { operator } = operation;
  if (operator === "repeat") {
    return { operator, times: operation.times, operations: operation.operations.map(written) };
  }
  if (operator !== "flatMap") return { operator, expression: printInt(operation.expression) };
  const { expression } = operation;
  if (expression.kind !== "copies") return { operator, expression: printList(printable(expression)) };
  assert(expression.item.kind === "value" && expression.count.kind === "literal", "REPEAT copies a value");
  return { operator, function: "REPEAT", arg: String(expression.count.value) };
}

/** W1. */
function printable(list: ListExpression): ListExpression {
  if (list.kind === "copies") return { kind: "range", from: { kind: "literal", value: 0n }, below: list.count };
  if (list.kind !== "conditional") return list;
  return { ...list, consequent: printable(list.consequent), alternate: printable(list.alternate) };
}
