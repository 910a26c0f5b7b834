/**
 * Evaluates expression trees as PROGRAMS.md tells it: left to right, and only what is needed.
 *
 * Owns: the order of evaluation.
 * Never: shares anything with kernels; recursion is bounded by EXPRESSION_DEPTH_MAX.
 */
import assert from "node:assert/strict";
import type { ArithmeticCause } from "../errors.ts";
import type { IntExpression, ListExpression } from "../expression/tree.ts";
import type { IntegerMode } from "../program.ts";
import type { RegisteredFunction } from "../registered/registered-function.ts";
import { aggregate, sorted } from "./aggregate.ts";
import { binary, magnitude, scalar, truth, unary } from "./arithmetic.ts";
import { callForInteger, callForList } from "./call-function.ts";
import { ArithmeticFailure, checked, firstCause } from "./failure.ts";

/** What an expression is evaluated on: one pair, or (in a reduce, outside of aggregates) a key with all its values. */
export interface Scope {
  readonly integers: IntegerMode;
  readonly key: bigint;
  readonly value: bigint | undefined;
  readonly values: readonly bigint[] | undefined;
  /** Of the operator's own. */
  readonly functions: readonly RegisteredFunction[];
}

/** Items that one flatMap may give for one pair here; the interpreter keeps everything in memory. */
const LIST_LENGTH_MAX = 5_000_000n;

/** Throws ArithmeticFailure. */
export function evaluate(expression: IntExpression, scope: Scope): bigint {
  switch (expression.kind) {
    case "literal":
      return checked(expression.value, scope.integers);
    case "key":
      return scope.key;
    case "value":
      assert(scope.value !== undefined, "v stands for one element, which there is none of here");
      return scope.value;
    case "column":
      return assert.fail("a program has no columns; only plans do");
    case "unary":
      return unary(expression.operator, evaluate(expression.operand, scope), scope.integers);
    case "binary": {
      const left = evaluate(expression.left, scope);
      const right = evaluate(expression.right, scope);
      return binary(expression.operator, left, right, scope.integers);
    }
    case "logical": {
      const left = evaluate(expression.left, scope) !== 0n;
      if (expression.operator === "&&" && !left) return 0n;
      if (expression.operator === "||" && left) return 1n;
      return truth(evaluate(expression.right, scope) !== 0n);
    }
    case "conditional":
      return evaluate(evaluate(expression.test, scope) !== 0n ? expression.consequent : expression.alternate, scope);
    case "call": {
      const operands = expression.operands.map((operand) => evaluate(operand, scope));
      return scalar(expression.name, operands, scope.integers);
    }
    case "aggregate":
      return aggregate(expression.name, evaluateElements(expression.operand, scope), scope.integers);
    case "registered":
      return callForInteger(expression, scope.functions, subjectOf(scope), scope.integers);
  }
}

/** What a function is applied to: a value; in a reduce the values of the key, in ascending order. */
function subjectOf({ value, values }: Scope): bigint | bigint[] {
  assert(value !== undefined || values !== undefined, "there is nothing to apply a function to");
  return value ?? sorted(values ?? []);
}

/** An aggregate's operand for every element; if any fails, the aggregate fails. */
function evaluateElements(operand: IntExpression, scope: Scope): bigint[] {
  assert(scope.values !== undefined, "only a reduce has aggregates");
  const results: bigint[] = [];
  const causes: ArithmeticCause[] = [];
  for (const value of scope.values) {
    try {
      results.push(evaluate(operand, { ...scope, value, values: undefined }));
    } catch (error) {
      if (!(error instanceof ArithmeticFailure)) throw error;
      causes.push(error.reason);
    }
  }
  const cause = firstCause(causes);
  if (cause !== undefined) throw new ArithmeticFailure(cause);
  return results;
}

/** Throws ArithmeticFailure. */
export function evaluateList(expression: ListExpression, scope: Scope): bigint[] {
  switch (expression.kind) {
    case "list":
      return expression.items.map((item) => evaluate(item, scope));
    case "range": {
      const from = evaluate(expression.from, scope);
      const below = evaluate(expression.below, scope);
      return generate(below - from, (index) => from + index);
    }
    case "copies": {
      const item = evaluate(expression.item, scope);
      return generate(evaluate(expression.count, scope), () => item);
    }
    case "digits":
      return [...magnitude(evaluate(expression.operand, scope)).toString()].map(BigInt);
    case "conditional":
      return evaluateList(
        evaluate(expression.test, scope) !== 0n ? expression.consequent : expression.alternate,
        scope,
      );
    case "registered":
      assert(scope.value !== undefined, "a flatMap is applied to a value");
      return callForList(expression, scope.functions, scope.value, scope.integers);
  }
}

/** Nothing for a length of 0 or less. */
function generate(length: bigint, item: (index: bigint) => bigint): bigint[] {
  assert(length <= LIST_LENGTH_MAX, `the reference interpreter makes no list of ${length} items`);
  const items: bigint[] = [];
  for (let index = 0n; index < length; index += 1n) items.push(item(index));
  return items;
}
