/**
 * Makes a function of an expression's tree, out of closures alone.
 *
 * Owns: the order of evaluation: left to right, and only what is needed.
 * Never: makes code out of text.
 */
import assert from "node:assert/strict";
import type { BinaryOperator, IntExpression } from "../../expression/tree.ts";
import { add, BINARY, checked, divide, multiply, remainder, SCALAR, subtract, UNARY } from "./arithmetic.ts";
import type { EvaluationFailure } from "./evaluation-failure.ts";
import type { Integer } from "./integer.ts";

/** The result of one aggregate; one that failed does so only when it is asked for. */
export type Column = Integer | EvaluationFailure;

/**
 * Errors: throws an EvaluationFailure. `columns` are the results of a reduce's aggregates; elsewhere there are none.
 */
export type Evaluate = (key: Integer, value: Integer, columns: readonly Column[]) => Integer;

/** Recursion is bounded by EXPRESSION_DEPTH_MAX. */
export function compileExpression(expression: IntExpression): Evaluate {
  switch (expression.kind) {
    case "literal":
      return compileLiteral(expression.value);
    case "key":
      return (key) => key;
    case "value":
      return (_key, value) => value;
    case "column":
      return compileColumn(expression.index);
    case "unary": {
      const apply = UNARY[expression.operator];
      const operand = compileExpression(expression.operand);
      return (key, value, columns) => apply(operand(key, value, columns));
    }
    case "binary":
      return compileBinary(expression.operator, expression.left, expression.right);
    case "logical": {
      const left = compileExpression(expression.left);
      const right = compileExpression(expression.right);
      if (expression.operator === "&&") {
        return (key, value, columns) => (left(key, value, columns) === 0 ? 0 : truth(right(key, value, columns)));
      }
      return (key, value, columns) => (left(key, value, columns) === 0 ? truth(right(key, value, columns)) : 1);
    }
    case "conditional": {
      const test = compileExpression(expression.test);
      const consequent = compileExpression(expression.consequent);
      const alternate = compileExpression(expression.alternate);
      return (key, value, columns) => (test(key, value, columns) === 0 ? alternate : consequent)(key, value, columns);
    }
    case "call": {
      const apply = SCALAR[expression.name];
      const operands = expression.operands.map(compileExpression);
      return (key, value, columns) => apply(operands.map((operand) => operand(key, value, columns)));
    }
    case "aggregate":
      return assert.fail("a plan has columns in place of aggregates");
    case "registered":
      return assert.fail("a function of the operator's own is a step of its own");
  }
}

function truth(value: Integer): Integer {
  return value === 0 ? 0 : 1;
}

/** One that is too large fails where it is evaluated, as any other result. */
function compileLiteral(literal: bigint): Evaluate {
  let value: Integer;
  try {
    value = checked(literal);
  } catch (error) {
    return () => {
      throw error;
    };
  }
  return () => value;
}

function compileColumn(index: number): Evaluate {
  return (_key, _value, columns) => {
    const column = columns[index];
    if (typeof column === "object") throw column;
    return column;
  };
}

function compileBinary(operator: BinaryOperator, leftTree: IntExpression, rightTree: IntExpression): Evaluate {
  const left = compileExpression(leftTree);
  const right = compileExpression(rightTree);
  // Closures of their own for what most programs do: the call of the operator is inlined in each.
  switch (operator) {
    case "+":
      return (key, value, columns) => add(left(key, value, columns), right(key, value, columns));
    case "-":
      return (key, value, columns) => subtract(left(key, value, columns), right(key, value, columns));
    case "*":
      return (key, value, columns) => multiply(left(key, value, columns), right(key, value, columns));
    case "/":
      return (key, value, columns) => divide(left(key, value, columns), right(key, value, columns));
    case "%":
      return (key, value, columns) => remainder(left(key, value, columns), right(key, value, columns));
    default: {
      const apply = BINARY[operator];
      return (key, value, columns) => apply(left(key, value, columns), right(key, value, columns));
    }
  }
}
