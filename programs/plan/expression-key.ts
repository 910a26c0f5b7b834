/**
 * A canonical text of an expression's tree: two trees have the same text exactly if they have the same structure.
 *
 * Owns: the notation, an S-expression; it is part of a plan's identity, so changing it is a new format.
 * Never: simplifies: `v + 0` and `v` are different.
 */
import type { IntExpression, ListExpression, RegisteredCall } from "../expression/tree.ts";

/** Recursion is bounded by EXPRESSION_DEPTH_MAX. */
export function intExpressionKey(expression: IntExpression): string {
  switch (expression.kind) {
    case "literal":
      return `${expression.value}`;
    case "key":
      return "k";
    case "value":
      return "v";
    case "column":
      return `c${expression.index}`;
    case "unary":
      return `(u${expression.operator} ${intExpressionKey(expression.operand)})`;
    case "binary":
    case "logical":
      return `(${expression.operator} ${intExpressionKey(expression.left)} ${intExpressionKey(expression.right)})`;
    case "conditional":
      return `(? ${[expression.test, expression.consequent, expression.alternate].map(intExpressionKey).join(" ")})`;
    case "call":
      return `(${expression.name} ${expression.operands.map(intExpressionKey).join(" ")})`;
    case "aggregate":
      return `(V.${expression.name} ${intExpressionKey(expression.operand)})`;
    case "registered":
      return registeredKey(expression);
  }
}

/** Like `intExpressionKey`, for the lists of a flatMap. */
export function listExpressionKey(expression: ListExpression): string {
  switch (expression.kind) {
    case "list":
      return `[${expression.items.map(intExpressionKey).join(" ")}]`;
    case "range":
      return `(range ${intExpressionKey(expression.from)} ${intExpressionKey(expression.below)})`;
    case "copies":
      return `(copies ${intExpressionKey(expression.item)} ${intExpressionKey(expression.count)})`;
    case "digits":
      return `(digits ${intExpressionKey(expression.operand)})`;
    case "conditional":
      return `(? ${intExpressionKey(expression.test)} ${listExpressionKey(expression.consequent)} ${listExpressionKey(expression.alternate)})`;
    case "registered":
      return registeredKey(expression);
  }
}

/** What a function of that name computes is not told: the identity of a job has the hash of its module. */
function registeredKey({ operator, name, arg }: RegisteredCall): string {
  return `(registered ${operator} ${name}${arg === undefined ? "" : ` ${arg}`})`;
}
