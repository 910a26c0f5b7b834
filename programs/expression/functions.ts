/**
 * The functions that an expression can call.
 *
 * Owns: their names, how many arguments each takes, what each means.
 * Never: checks a call; see `check-expression.ts`.
 */
import type { AggregateName } from "./tree.ts";

export interface ExpressionFunction {
  readonly name: string;
  /** `clamp(x, lo, hi)` */
  readonly signature: string;
  /** `scalar`: anywhere an integer is; `list`: only in a flatMap; `aggregate`: only in a reduce. */
  readonly kind: "scalar" | "list" | "aggregate";
  readonly argumentCountMin: number;
  /** Undefined: any number. */
  readonly argumentCountMax: number | undefined;
  readonly meaning: string;
}

/** `min` and `max` occur twice: in a reduce, with one argument they are aggregates. */
export const EXPRESSION_FUNCTIONS: readonly ExpressionFunction[] = [
  scalar("abs(x)", 1, 1, "the absolute value"),
  scalar("sign(x)", 1, 1, "-1, 0 or 1"),
  scalar("min(a, b, …)", 2, undefined, "the smallest argument"),
  scalar("max(a, b, …)", 2, undefined, "the largest argument"),
  scalar("gcd(a, b)", 2, 2, "the greatest common divisor, never negative; gcd(0, 0) is 0"),
  scalar("pow(a, b)", 2, 2, "the same as a ** b"),
  scalar("clamp(x, lo, hi)", 3, 3, "min(max(x, lo), hi)"),
  { ...scalar("range(n)", 1, 2, "the list 0, 1, … n - 1"), kind: "list" },
  { ...scalar("range(a, b)", 1, 2, "the list a, a + 1, … b - 1"), kind: "list" },
  aggregate("sum", "the sum over the key's values"),
  aggregate("count", "how many values the key has"),
  aggregate("min", "the smallest"),
  aggregate("max", "the largest"),
  aggregate("product", "the product over the key's values"),
  aggregate("mean", "sum divided by count, truncated toward zero"),
  aggregate("median", "the lower median"),
  aggregate("distinct", "how many different ones there are"),
];

/** The function of that name among those that are (or are not) aggregates. */
export function findExpressionFunction(name: string, isAggregate: boolean): ExpressionFunction | undefined {
  return EXPRESSION_FUNCTIONS.find((known) => known.name === name && (known.kind === "aggregate") === isAggregate);
}

function scalar(
  signature: string,
  argumentCountMin: number,
  argumentCountMax: number | undefined,
  meaning: string,
): ExpressionFunction {
  const name = signature.slice(0, signature.indexOf("("));
  return { name, signature, kind: "scalar", argumentCountMin, argumentCountMax, meaning };
}

function aggregate(name: AggregateName, meaning: string): ExpressionFunction {
  return { name, signature: `${name}(V)`, kind: "aggregate", argumentCountMin: 1, argumentCountMax: 1, meaning };
}
