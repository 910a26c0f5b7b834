/**
 * Evaluates expressions straight from the language's rules, with BigInt, one node at a time.
 *
 * Owns: nothing that the compiled code shares; it is what that code is compared with.
 */
import type { ArithmeticCause } from "../../../../../programs/errors.ts";
import type { BinaryOperator, IntExpression, ListExpression } from "../../../../../programs/expression/tree.ts";

export class Failure extends Error {
  readonly reason: ArithmeticCause;

  constructor(reason: ArithmeticCause) {
    super(reason);
    this.reason = reason;
  }
}

/** What leaves stand for. A column is a value or the cause of its failure. */
export interface Inputs {
  readonly key: bigint;
  readonly value: bigint;
  readonly columns?: readonly (bigint | ArithmeticCause)[];
}

export function evaluate(node: IntExpression, inputs: Inputs): bigint {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "key":
      return inputs.key;
    case "value":
      return inputs.value;
    case "column": {
      const column = inputs.columns![node.index]!;
      if (typeof column === "string") throw new Failure(column);
      return column;
    }
    case "unary": {
      const x = evaluate(node.operand, inputs);
      if (node.operator === "-") return inRange(-x);
      if (node.operator === "~") return ~x;
      return node.operator === "!" ? truth(x === 0n) : x;
    }
    case "binary":
      return binary(node.operator, evaluate(node.left, inputs), evaluate(node.right, inputs));
    case "logical": {
      const left = evaluate(node.left, inputs) !== 0n;
      if (node.operator === "&&") return truth(left && evaluate(node.right, inputs) !== 0n);
      return truth(left || evaluate(node.right, inputs) !== 0n);
    }
    case "conditional":
      return evaluate(evaluate(node.test, inputs) !== 0n ? node.consequent : node.alternate, inputs);
    case "call":
      return call(
        node.name,
        node.operands.map((operand) => evaluate(operand, inputs)),
      );
    case "aggregate":
      throw new TypeError("no aggregates here");
    case "registered":
      throw new TypeError("no functions of the operator's own here");
  }
}

/** The first `limit` items. */
export function evaluateList(list: ListExpression, inputs: Inputs, limit: number): bigint[] {
  switch (list.kind) {
    case "list":
      return list.items.map((item) => evaluate(item, inputs)).slice(0, limit);
    case "range": {
      const items: bigint[] = [];
      const from = evaluate(list.from, inputs);
      const below = evaluate(list.below, inputs);
      for (let item = from; item < below && items.length < limit; item++) items.push(item);
      return items;
    }
    case "copies": {
      const item = evaluate(list.item, inputs);
      const count = evaluate(list.count, inputs);
      return count <= 0n ? [] : Array.from({ length: count > BigInt(limit) ? limit : Number(count) }, () => item);
    }
    case "digits": {
      const operand = evaluate(list.operand, inputs);
      return Array.from((operand < 0n ? -operand : operand).toString(), BigInt).slice(0, limit);
    }
    case "conditional":
      return evaluateList(evaluate(list.test, inputs) !== 0n ? list.consequent : list.alternate, inputs, limit);
    case "registered":
      throw new TypeError("no functions of the operator's own here");
  }
}

export function resultOf<Result>(compute: () => Result): Result | ArithmeticCause {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Failure) return error.reason;
    throw error;
  }
}

function truth(condition: boolean): bigint {
  return condition ? 1n : 0n;
}

function inRange(x: bigint): bigint {
  if (BigInt.asIntN(64, x) !== x) throw new Failure("overflow");
  return x;
}

function binary(operator: BinaryOperator, x: bigint, y: bigint): bigint {
  switch (operator) {
    case "+":
      return inRange(x + y);
    case "-":
      return inRange(x - y);
    case "*":
      return inRange(x * y);
    case "/":
    case "%":
      if (y === 0n) throw new Failure("divisionByZero");
      return inRange(operator === "/" ? x / y : x % y);
    case "**":
      return power(x, y);
    case "<<":
    case ">>":
      if (y < 0n || y > 63n) throw new Failure("shiftAmount");
      return operator === "<<" ? inRange(x * 2n ** y) : x >> y;
    case "&":
      return x & y;
    case "|":
      return x | y;
    case "^":
      return x ^ y;
    case "==":
      return truth(x === y);
    case "!=":
      return truth(x !== y);
    case "<":
      return truth(x < y);
    case "<=":
      return truth(x <= y);
    case ">":
      return truth(x > y);
    case ">=":
      return truth(x >= y);
  }
}

function power(x: bigint, y: bigint): bigint {
  if (x === 1n) return 1n;
  if (x === -1n) return y % 2n === 0n ? 1n : -1n;
  if (y < 0n) throw new Failure("negativeExponent");
  if (x === 0n) return y === 0n ? 1n : 0n;
  if (y > 64n) throw new Failure("overflow");
  return inRange(x ** y);
}

function call(name: string, operands: readonly bigint[]): bigint {
  const [x, y, z] = operands as readonly [bigint, bigint, bigint];
  const least = (a: bigint, b: bigint) => (a < b ? a : b);
  const most = (a: bigint, b: bigint) => (a > b ? a : b);
  switch (name) {
    case "abs":
      return inRange(x < 0n ? -x : x);
    case "sign":
      return x === 0n ? 0n : x < 0n ? -1n : 1n;
    case "min":
      return operands.reduce(least);
    case "max":
      return operands.reduce(most);
    case "clamp":
      return least(most(x, y), z);
    default: {
      let [a, b] = [x < 0n ? -x : x, y < 0n ? -y : y];
      while (b !== 0n) [a, b] = [b, a % b];
      return inRange(a);
    }
  }
}
