/**
 * The typed tree of an expression. Named functions become trees too, those of the operator's own a tree of one node, so
 * that kernels and the reference interpreter know nothing but this.
 *
 * Owns: the shape of trees.
 * Never: evaluates one.
 */

export type UnaryOperator = "-" | "+" | "~" | "!";
export type BinaryOperator =
  | ("+" | "-" | "*" | "/" | "%" | "**")
  | ("<<" | ">>" | "&" | "|" | "^")
  | ("==" | "!=" | "<" | "<=" | ">" | ">=");
export type ScalarFunction = "abs" | "sign" | "min" | "max" | "gcd" | "clamp";
export type AggregateName = "sum" | "count" | "min" | "max" | "product" | "mean" | "median" | "distinct";

export type RegisteredOperator = "map" | "filter" | "flatMap" | "reduce";

/** A function of the operator's own. It stands for the whole step: it is applied to `v` (in a reduce, to `V`), never inside another expression. */
export interface RegisteredCall {
  readonly kind: "registered";
  /** Of a changeKey, `map`. */
  readonly operator: RegisteredOperator;
  readonly name: string;
  /** Undefined where it takes none. */
  readonly arg: bigint | undefined;
}

/** An expression whose value is one integer. `===`, `!==` and `pow(a, b)` are parsed to `==`, `!=` and `**`. */
export type IntExpression =
  | { readonly kind: "literal"; readonly value: bigint }
  /** `k` */
  | { readonly kind: "key" }
  /** `v` */
  | { readonly kind: "value" }
  /** Column `index` of a projection's input; only a planned reduce has these, one for each of its aggregates. */
  | { readonly kind: "column"; readonly index: number }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: IntExpression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: IntExpression;
      readonly right: IntExpression;
    }
  /** Short-circuit; the value is 1 or 0. */
  | {
      readonly kind: "logical";
      readonly operator: "&&" | "||";
      readonly left: IntExpression;
      readonly right: IntExpression;
    }
  | {
      readonly kind: "conditional";
      readonly test: IntExpression;
      readonly consequent: IntExpression;
      readonly alternate: IntExpression;
    }
  /** `min` and `max` have two or more arguments, `clamp` three (x, lo, hi = min(max(x, lo), hi)), `gcd` two. */
  | { readonly kind: "call"; readonly name: ScalarFunction; readonly operands: readonly IntExpression[] }
  /** Only in a reduce, and never inside another aggregate. The operand is over `v` (and `k`) of one element. */
  | { readonly kind: "aggregate"; readonly name: AggregateName; readonly operand: IntExpression }
  | RegisteredCall;

/** An expression whose value is a list of integers; only in a flatMap. */
export type ListExpression =
  | { readonly kind: "list"; readonly items: readonly IntExpression[] }
  /** `from`, `from + 1`, … below `below`; empty if `from >= below`. */
  | { readonly kind: "range"; readonly from: IntExpression; readonly below: IntExpression }
  /** `count` times `item`; empty if `count <= 0`. */
  | { readonly kind: "copies"; readonly item: IntExpression; readonly count: IntExpression }
  /** Decimal digits of the operand's absolute value, most significant first; `[0]` for 0. */
  | { readonly kind: "digits"; readonly operand: IntExpression }
  | {
      readonly kind: "conditional";
      readonly test: IntExpression;
      readonly consequent: ListExpression;
      readonly alternate: ListExpression;
    }
  | RegisteredCall;
