/**
 * The functions that a step can name, as trees.
 *
 * Owns: their names, what takes an `arg`, what each means.
 * Never: reads a program; see `parse-operations.ts`.
 */
import type {
  AggregateName,
  BinaryOperator,
  IntExpression,
  ListExpression,
  ScalarFunction,
  UnaryOperator,
} from "./expression/tree.ts";

export type StepOperator = "map" | "changeKey" | "filter" | "flatMap" | "reduce";

interface FunctionDescription {
  readonly name: string;
  /** Whether it takes an `arg`. */
  readonly takesArg: boolean;
  /** What it computes, in the words of the expression language where they suffice. */
  readonly formula: string;
  readonly meaning: string;
  /** Why this `arg` makes no sense, if so. */
  readonly refuseArg?: (arg: bigint) => string | undefined;
}

/** `build` ignores its argument where the function takes none. */
export interface IntegerFunction extends FunctionDescription {
  readonly operators: readonly Exclude<StepOperator, "flatMap">[];
  readonly build: (arg: bigint) => IntExpression;
}

export interface ListFunction extends FunctionDescription {
  readonly operators: readonly "flatMap"[];
  readonly build: (arg: bigint) => ListExpression;
}

/** Under one name there may be several, but one at most for each operator. */
export const INTEGER_FUNCTIONS: readonly IntegerFunction[] = [
  arithmetic("ADD", "+", "the sum"),
  arithmetic("SUB", "-", "the difference"),
  arithmetic("MUL", "*", "the product"),
  { ...arithmetic("DIV", "/", "the quotient, truncated toward zero"), refuseArg: refuseZero },
  { ...arithmetic("MOD", "%", "the remainder, with the sign of v"), refuseArg: refuseZero },
  arithmetic("POW", "**", "the power"),
  scalarCall("MIN", "min", "the smaller of the two"),
  scalarCall("MAX", "max", "the larger of the two"),
  arithmetic("AND", "&", "the bits set in both"),
  arithmetic("OR", "|", "the bits set in either"),
  arithmetic("XOR", "^", "the bits set in one of the two"),
  withoutArg("ABS", "abs(v)", "the absolute value", call("abs")),
  withoutArg("NEG", "-v", "the opposite number", unary("-")),
  withoutArg("SIGN", "sign(v)", "-1, 0 or 1", call("sign")),
  withoutArg("IDENTITY", "v", "the value as it is", value()),
  {
    ...{ name: "CONST", takesArg: true, formula: "arg", meaning: "the same number for every pair" },
    operators: ["map", "changeKey"],
    build: literal,
  },
  comparison("EQ", "==", "keeps values equal to arg"),
  comparison("NE", "!=", "keeps values not equal to arg"),
  comparison("LT", "<", "keeps values below arg"),
  comparison("LE", "<=", "keeps values up to arg"),
  comparison("GT", ">", "keeps values above arg"),
  comparison("GE", ">=", "keeps values from arg on"),
  {
    ...{ name: "DIVISIBLE", takesArg: true, formula: "v % arg == 0", meaning: "keeps multiples of arg" },
    operators: ["filter"],
    refuseArg: refuseZero,
    build: (arg) => remainderTest("==", arg),
  },
  {
    ...{ name: "EVEN", takesArg: false, formula: "v % 2 == 0", meaning: "keeps even values" },
    operators: ["filter"],
    build: () => remainderTest("==", 2n),
  },
  {
    ...{ name: "ODD", takesArg: false, formula: "v % 2 != 0", meaning: "keeps odd values" },
    operators: ["filter"],
    build: () => remainderTest("!=", 2n),
  },
  aggregate("SUM", "sum", "the sum of the key's values"),
  aggregate("ADD", "sum", "the same as SUM"),
  aggregate("PRODUCT", "product", "the product of the key's values"),
  aggregate("MUL", "product", "the same as PRODUCT"),
  aggregate("COUNT", "count", "how many values the key has"),
  aggregate("MIN", "min", "the smallest value of the key"),
  aggregate("MAX", "max", "the largest value of the key"),
  aggregate("MEAN", "mean", "the sum divided by the count, truncated toward zero"),
  aggregate("MEDIAN", "median", "the lower median: of 1, 2, 3, 4 it is 2"),
  aggregate("DISTINCT", "distinct", "how many different values the key has"),
];

export const LIST_FUNCTIONS: readonly ListFunction[] = [
  {
    ...{ name: "RANGE", takesArg: false, formula: "range(v)", meaning: "0, 1, … v - 1; nothing for v <= 0" },
    operators: ["flatMap"],
    build: () => ({ kind: "range", from: literal(0n), below: value() }),
  },
  {
    ...{ name: "REPEAT", takesArg: true, formula: "arg times v", meaning: "copies of the value; none for arg <= 0" },
    operators: ["flatMap"],
    build: (arg) => ({ kind: "copies", item: value(), count: literal(arg) }),
  },
  {
    ...{ name: "DIGITS", takesArg: false, formula: "the digits of abs(v)" },
    ...{ meaning: "decimal digits, the most significant first; 0 for 0", operators: ["flatMap"] },
    build: () => ({ kind: "digits", operand: value() }),
  },
];

/** Functions of two numbers that people expect of `reduce` and that depend on the order of the two. */
export const ORDER_DEPENDENT_NAMES: readonly string[] = ["SUB", "DIV", "MOD", "POW"];

function value(): IntExpression {
  return { kind: "value" };
}

function literal(value: bigint): IntExpression {
  return { kind: "literal", value };
}

function binary(operator: BinaryOperator, left: IntExpression, right: IntExpression): IntExpression {
  return { kind: "binary", operator, left, right };
}

function unary(operator: UnaryOperator): IntExpression {
  return { kind: "unary", operator, operand: value() };
}

function call(name: ScalarFunction): IntExpression {
  return { kind: "call", name, operands: [value()] };
}

function remainderTest(operator: "==" | "!=", divisor: bigint): IntExpression {
  return binary(operator, binary("%", value(), literal(divisor)), literal(0n));
}

function refuseZero(arg: bigint): string | undefined {
  return arg === 0n ? "division by zero" : undefined;
}

function arithmetic(name: string, operator: BinaryOperator, meaning: string): IntegerFunction {
  return {
    ...{ name, takesArg: true, formula: `v ${operator} arg`, meaning },
    operators: ["map", "changeKey"],
    build: (arg) => binary(operator, value(), literal(arg)),
  };
}

function scalarCall(name: string, callee: ScalarFunction, meaning: string): IntegerFunction {
  return {
    ...{ name, takesArg: true, formula: `${callee}(v, arg)`, meaning },
    operators: ["map", "changeKey"],
    build: (arg) => ({ kind: "call", name: callee, operands: [value(), literal(arg)] }),
  };
}

function withoutArg(name: string, formula: string, meaning: string, tree: IntExpression): IntegerFunction {
  return { ...{ name, takesArg: false, formula, meaning }, operators: ["map", "changeKey"], build: () => tree };
}

function comparison(name: string, operator: BinaryOperator, meaning: string): IntegerFunction {
  return {
    ...{ name, takesArg: true, formula: `v ${operator} arg`, meaning },
    operators: ["filter"],
    build: (arg) => binary(operator, value(), literal(arg)),
  };
}

function aggregate(name: string, aggregateName: AggregateName, meaning: string): IntegerFunction {
  return {
    ...{ name, takesArg: false, formula: `${aggregateName}(V)`, meaning },
    operators: ["reduce"],
    build: () => ({ kind: "aggregate", name: aggregateName, operand: value() }),
  };
}
