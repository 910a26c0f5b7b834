/**
 * Random expressions and the integers on which arithmetic goes wrong.
 *
 * Owns: fast-check arbitraries; the kernels' instance for tests.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type {
  BinaryOperator,
  IntExpression,
  ListExpression,
  ScalarFunction,
  UnaryOperator,
} from "../../../../../programs/expression/tree.ts";
import { instantiateKernels, type KernelInstance } from "../../../../../programs/kernels/int64/instance.ts";

export function freshKernels(): KernelInstance {
  const file = new URL("../../../../../programs/kernels/int64/kernels.wasm", import.meta.url);
  return instantiateKernels(new WebAssembly.Module(readFileSync(file)));
}

const LIMITS = [31n, 32n, 52n, 53n, 62n, 63n, 64n].flatMap((bits) => [2n ** bits, -(2n ** bits)]);
const NEAR_LIMITS = [0n, 3n, 10n, 1000n, 3037000499n, 3074457345618258602n, ...LIMITS]
  .flatMap((limit) => [limit - 2n, limit - 1n, limit, limit + 1n, limit + 2n])
  .filter(isInt64);

/** Around every power of two, where guards and fast paths end. */
const NEAR_POWERS = Array.from({ length: 64 }, (_, exponent) => 2n ** BigInt(exponent))
  .flatMap((power) => [power - 1n, power, power + 1n, 1n - power, -power, -power - 1n])
  .filter(isInt64);

export const integers = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...NEAR_LIMITS) },
  { weight: 2, arbitrary: fc.constantFrom(...NEAR_POWERS) },
  { weight: 3, arbitrary: fc.bigInt({ min: -70n, max: 70n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
);

/** Integers next to which an expression's result may leave 64 bits, by the constants in it. */
export function criticalIntegers(expression: IntExpression): bigint[] {
  const bounds = [-(2n ** 63n), 2n ** 63n - 1n, 0n];
  const found = new Set(bounds);
  visit(expression, (constant) => {
    for (const bound of bounds) {
      found
        .add(bound - constant)
        .add(bound + constant)
        .add(constant - bound)
        .add(constant);
      if (constant !== 0n) found.add(bound / constant);
      if (constant > 1n && constant < 64n) found.add(root(constant)).add(-root(constant));
      if (constant >= 0n && constant < 64n) found.add(bound >> constant);
    }
  });
  return [...found].flatMap((integer) => [integer - 1n, integer, integer + 1n]).filter(isInt64);
}

function isInt64(integer: bigint): boolean {
  return BigInt.asIntN(64, integer) === integer;
}

/** About the root of 2 ** 63; doubles are near enough for a neighbour, or exact where the root is a power of two. */
function root(exponent: bigint): bigint {
  return BigInt(Math.round(2 ** (63 / Number(exponent))));
}

function visit(node: IntExpression, constant: (value: bigint) => void): void {
  if (node.kind === "literal") constant(node.value);
  for (const child of Object.values(node)) {
    for (const operand of Array.isArray(child) ? child : [child]) {
      if (typeof operand === "object" && "kind" in operand) visit(operand as IntExpression, constant);
    }
  }
}

const UNARY: UnaryOperator[] = ["-", "+", "~", "!"];
export const BINARY_OPERATORS: readonly BinaryOperator[] = [
  ...(["+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^"] as const),
  ...(["==", "!=", "<", "<=", ">", ">="] as const),
];

function operandCount(name: ScalarFunction): number {
  if (name === "abs" || name === "sign") return 1;
  return name === "clamp" ? 3 : 2;
}

export interface ExpressionOptions {
  readonly columnCount: number;
}

/** Trees of all kinds of nodes but aggregates. */
export function expressions({ columnCount }: ExpressionOptions): fc.Arbitrary<IntExpression> {
  const leaves: fc.Arbitrary<IntExpression>[] = [
    integers.map((value) => ({ kind: "literal", value })),
    fc.constant({ kind: "value" }),
    fc.constant({ kind: "key" }),
  ];
  if (columnCount > 0) {
    leaves.push(fc.integer({ min: 0, max: columnCount - 1 }).map((index) => ({ kind: "column", index })));
  }
  return fc.letrec<{ node: IntExpression; leaf: IntExpression }>((tie) => ({
    leaf: fc.oneof(...leaves),
    node: fc.oneof(
      { maxDepth: 4, depthSize: "large" },
      tie("leaf"),
      fc
        .tuple(fc.constantFrom(...UNARY), tie("node"))
        .map(([operator, operand]): IntExpression => ({ kind: "unary", operator, operand })),
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom(...BINARY_OPERATORS), tie("node"), tie("node"))
          .map(([operator, left, right]): IntExpression => ({ kind: "binary", operator, left, right })),
      },
      fc
        .tuple(fc.constantFrom("&&" as const, "||" as const), tie("node"), tie("node"))
        .map(([operator, left, right]): IntExpression => ({ kind: "logical", operator, left, right })),
      fc
        .tuple(tie("node"), tie("node"), tie("node"))
        .map(([test, consequent, alternate]): IntExpression => ({ kind: "conditional", test, consequent, alternate })),
      fc
        .tuple(
          fc.constantFrom<ScalarFunction>("abs", "sign", "min", "max", "gcd", "clamp"),
          fc.array(tie("node"), { minLength: 3, maxLength: 4 }),
        )
        .map(([name, operands]): IntExpression => {
          const variadic = name === "min" || name === "max";
          return { kind: "call", name, operands: variadic ? operands : operands.slice(0, operandCount(name)) };
        }),
    ),
  })).node;
}

/** One binary operator over two leaves: the cases that deserve the most tries. */
export const binaryExpressions: fc.Arbitrary<IntExpression> = fc
  .tuple(
    fc.constantFrom(...BINARY_OPERATORS),
    fc.oneof(integers, fc.constant("key" as const)),
    fc.oneof(integers, fc.constant("value" as const)),
  )
  .map(([operator, left, right]) => ({ kind: "binary", operator, left: leaf(left), right: leaf(right) }));

function leaf(of: bigint | "key" | "value"): IntExpression {
  return typeof of === "bigint" ? { kind: "literal", value: of } : { kind: of };
}

export const lists: fc.Arbitrary<ListExpression> = fc.letrec<{ list: ListExpression }>((tie) => {
  const node = expressions({ columnCount: 0 });
  return {
    list: fc.oneof(
      { maxDepth: 2 },
      fc.array(node, { maxLength: 6 }).map((items): ListExpression => ({ kind: "list", items })),
      fc.tuple(node, node).map(([from, below]): ListExpression => ({ kind: "range", from, below })),
      fc.tuple(node, node).map(([item, count]): ListExpression => ({ kind: "copies", item, count })),
      node.map((operand): ListExpression => ({ kind: "digits", operand })),
      fc
        .tuple(node, tie("list"), tie("list"))
        .map(([test, consequent, alternate]): ListExpression => ({ kind: "conditional", test, consequent, alternate })),
    ),
  };
}).list;
