/**
 * Annotates an expression with ranges: what each node can give, and so which of its checks can ever fail.
 *
 * Owns: folding of constants, ranges along a tree.
 * Never: drops a check whose failure is possible, or an operand that can fail.
 */
import type { IntExpression } from "../../../expression/tree.ts";
import * as ranges from "./range.ts";
import { INT64, type Range, TRUTH } from "./range.ts";

/** What is known of the pair before the expression is evaluated. */
export interface PairRanges {
  readonly key: Range;
  readonly value: Range;
}

export const ANY_PAIR: PairRanges = { key: INT64, value: INT64 };

export interface Analysed {
  readonly expression: IntExpression;
  /** In order of evaluation. */
  readonly operands: readonly Analysed[];
  /** Results of this node over unbounded integers; where it leaves 64 bits a check is needed. */
  readonly exact: Range;
  /** Results that are no failure. */
  readonly range: Range;
  /** Checks in the whole tree that can fail; 0: it always has a value. */
  readonly checkCount: number;
  /** Whether the pair's key (or value) is read anywhere in the tree. */
  readonly readsKey: boolean;
  readonly readsValue: boolean;
}

/** Cost: linear in the tree. Errors: asserts that no aggregate is inside. */
export function analyse(expression: IntExpression, pair: PairRanges): Analysed {
  const operands = operandsOf(expression, pair);
  const { exact, checks } = ownResult(expression, operands, pair);
  const checkCount = operands.reduce((sum, operand) => sum + operand.checkCount, checks);
  const range = ranges.clip(exact, INT64);
  if (checkCount === 0 && range.low === range.high) return literal(range.low);
  const readsKey = expression.kind === "key" || operands.some((operand) => operand.readsKey);
  const readsValue = expression.kind === "value" || operands.some((operand) => operand.readsValue);
  return { expression, operands, exact, range, checkCount, readsKey, readsValue };
}

/** The ranges of a pair for which `test` was true (or not). */
export function refine(pair: PairRanges, test: Analysed, truth: boolean): PairRanges {
  const { expression, operands } = test;
  const [left, right] = operands;
  if (expression.kind === "logical" && (expression.operator === "&&") === truth) {
    return refine(refine(pair, left!, truth), right!, truth);
  }
  if (expression.kind === "unary" && expression.operator === "!") return refine(pair, left!, !truth);
  if (expression.kind !== "binary") return pair;
  const operator = truth ? expression.operator : OPPOSITE[expression.operator];
  if (operator === undefined) return pair;
  return narrow(narrow(pair, left!, operator, right!.range), right!, MIRRORED[operator] ?? operator, left!.range);
}

type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
const OPPOSITE: Record<string, Comparison> = { "==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<" };
const MIRRORED: Record<string, Comparison> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function narrow(pair: PairRanges, side: Analysed, operator: string, other: Range): PairRanges {
  const { kind } = side.expression;
  if (kind !== "key" && kind !== "value") return pair;
  const bounds = boundsOf(operator, other);
  if (bounds === undefined || bounds.low > bounds.high) return pair;
  return { ...pair, [kind]: ranges.clip(pair[kind], bounds) };
}

function boundsOf(operator: string, { low, high }: Range): Range | undefined {
  switch (operator) {
    case "==":
      return { low, high };
    case "<":
      return { low: ranges.INT64_MIN, high: high - 1n };
    case "<=":
      return { low: ranges.INT64_MIN, high };
    case ">":
      return { low: low + 1n, high: ranges.INT64_MAX };
    case ">=":
      return { low, high: ranges.INT64_MAX };
    default:
      return undefined;
  }
}

function literal(value: bigint): Analysed {
  const range = ranges.exactly(value);
  const expression = { kind: "literal", value } as const;
  return { expression, operands: [], exact: range, range, checkCount: 0, readsKey: false, readsValue: false };
}

function operandsOf(expression: IntExpression, pair: PairRanges): Analysed[] {
  switch (expression.kind) {
    case "literal":
    case "key":
    case "value":
    case "column":
      return [];
    case "unary":
      return [analyse(expression.operand, pair)];
    case "binary":
      return [analyse(expression.left, pair), analyse(expression.right, pair)];
    case "logical": {
      const left = analyse(expression.left, pair);
      return [left, analyse(expression.right, refine(pair, left, expression.operator === "&&"))];
    }
    case "conditional": {
      const test = analyse(expression.test, pair);
      const consequent = analyse(expression.consequent, refine(pair, test, true));
      return [test, consequent, analyse(expression.alternate, refine(pair, test, false))];
    }
    case "call":
      return expression.operands.map((operand) => analyse(operand, pair));
    case "aggregate":
      throw new TypeError("an aggregate is planned before it is compiled");
    case "registered":
      throw new TypeError("a function of the operator's own is a step of its own");
  }
}

interface OwnResult {
  readonly exact: Range;
  /** How many checks this node itself needs. */
  readonly checks: number;
}

function sure(exact: Range): OwnResult {
  return { exact, checks: 0 };
}

/** A result whose only check is that it fits. */
function fitting(exact: Range): OwnResult {
  return { exact, checks: ranges.fits(exact) ? 0 : 1 };
}

function ownResult(expression: IntExpression, operands: readonly Analysed[], pair: PairRanges): OwnResult {
  const [first, second, third] = operands.map((operand) => operand.range);
  switch (expression.kind) {
    case "literal":
      return sure(ranges.exactly(expression.value));
    case "key":
      return sure(pair.key);
    case "value":
      return sure(pair.value);
    case "column":
      return { exact: INT64, checks: 1 };
    case "unary":
      return unary(expression.operator, first!);
    case "binary":
      return binary(expression.operator, first!, second!);
    case "logical":
      return sure(TRUTH);
    case "conditional":
      return sure(ranges.union(second!, third!));
    case "call":
      return call(expression.name, operands);
    case "aggregate":
      throw new TypeError("an aggregate is planned before it is compiled");
    case "registered":
      throw new TypeError("a function of the operator's own is a step of its own");
  }
}

function unary(operator: "-" | "+" | "~" | "!", operand: Range): OwnResult {
  if (operator === "-") return fitting(ranges.negate(operand));
  if (operator === "~") return sure({ low: -operand.high - 1n, high: -operand.low - 1n });
  if (operator === "+") return sure(operand);
  if (!ranges.contains(operand, 0n)) return sure(ranges.exactly(0n));
  return sure(operand.low === operand.high ? ranges.exactly(1n) : TRUTH);
}

function binary(operator: string, left: Range, right: Range): OwnResult {
  switch (operator) {
    case "+":
      return fitting(ranges.add(left, right));
    case "-":
      return fitting(ranges.add(left, ranges.negate(right)));
    case "*":
      return fitting(ranges.multiply(left, right));
    case "/": {
      const quotient = fitting(ranges.divide(left, right));
      return ranges.contains(right, 0n) ? { ...quotient, checks: quotient.checks + 1 } : quotient;
    }
    case "%":
      return { exact: ranges.remainder(left, right), checks: ranges.contains(right, 0n) ? 1 : 0 };
    case "**":
      return powerResult(left, right);
    case "<<":
      return shiftLeft(left, right);
    case ">>":
      return shiftRight(left, right);
    case "&":
    case "|":
    case "^":
      return sure(bits(operator, left, right));
    default:
      return sure(compare(operator as Comparison, left, right));
  }
}

/** Powers with a fixed exponent up to this are multiplied out; no base but 0, 1 and -1 has a larger one that fits. */
export const INLINE_EXPONENT_MAX = 63n;

function powerResult(base: Range, exponent: Range): OwnResult {
  if (base.low === 2n && base.high === 2n && exponent.low !== exponent.high) return powerOfTwo(exponent);
  if (exponent.low !== exponent.high || exponent.low < 0n || exponent.low > INLINE_EXPONENT_MAX)
    return { exact: INT64, checks: 1 };
  return fitting(ranges.power(base, exponent.low));
}

function powerOfTwo(exponent: Range): OwnResult {
  const valid = ranges.clip(exponent, { low: 0n, high: 62n });
  return { exact: { low: 2n ** valid.low, high: 2n ** valid.high }, checks: inside(exponent, valid) ? 0 : 1 };
}

const SHIFTS: Range = { low: 0n, high: 63n };

function shiftLeft(left: Range, amount: Range): OwnResult {
  const valid = ranges.clip(amount, SHIFTS);
  const result = fitting(ranges.multiply(left, { low: 2n ** valid.low, high: 2n ** valid.high }));
  return inside(amount, SHIFTS) ? result : { ...result, checks: result.checks + 1 };
}

function shiftRight(left: Range, amount: Range): OwnResult {
  const valid = ranges.clip(amount, SHIFTS);
  const ends = [left.low >> valid.low, left.low >> valid.high, left.high >> valid.low, left.high >> valid.high];
  return { exact: ranges.hull(ends), checks: inside(amount, SHIFTS) ? 0 : 1 };
}

function inside(range: Range, bounds: Range): boolean {
  return range.low >= bounds.low && range.high <= bounds.high;
}

function bits(operator: string, left: Range, right: Range): Range {
  if (left.low === left.high && right.low === right.high) {
    if (operator === "&") return ranges.exactly(left.low & right.low);
    return ranges.exactly(operator === "|" ? left.low | right.low : left.low ^ right.low);
  }
  const either = ranges.bitwise(left, right);
  if (operator !== "&" || (left.low < 0n && right.low < 0n)) return either;
  // An operand that is never negative bounds the conjunction by itself.
  const bounds = [left, right].filter((range) => range.low >= 0n).map((range) => range.high);
  return { low: 0n, high: bounds.reduce(ranges.smaller) };
}

function compare(operator: Comparison, left: Range, right: Range): Range {
  const always = (truth: boolean) => ranges.exactly(truth ? 1n : 0n);
  const below = left.high < right.low;
  const above = left.low > right.high;
  const bothKnown = left.low === left.high && right.low === right.high;
  switch (operator) {
    case "==":
    case "!=":
      if (below || above) return always(operator === "!=");
      return bothKnown ? always((left.low === right.low) === (operator === "==")) : TRUTH;
    case "<":
      return below || left.low >= right.high ? always(below) : TRUTH;
    case ">":
      return above || left.high <= right.low ? always(above) : TRUTH;
    case "<=":
      return above || left.high <= right.low ? always(!above) : TRUTH;
    case ">=":
      return below || left.low >= right.high ? always(!below) : TRUTH;
  }
}

function call(name: string, operands: readonly Analysed[]): OwnResult {
  const given = operands.map((operand) => operand.range);
  const [first, second, third] = given;
  switch (name) {
    case "abs":
      return fitting(ranges.absolute(first!));
    case "sign":
      return sure({ low: sign(first!.low), high: sign(first!.high) });
    case "min":
      return sure(given.reduce(ranges.minimum));
    case "max":
      return sure(given.reduce(ranges.maximum));
    case "clamp":
      return sure(ranges.minimum(ranges.maximum(first!, second!), third!));
    default: {
      const magnitudes = ranges.union(ranges.absolute(first!), ranges.absolute(second!));
      return fitting({ low: 0n, high: magnitudes.high });
    }
  }
}

function sign(value: bigint): bigint {
  if (value === 0n) return 0n;
  return value < 0n ? -1n : 1n;
}
