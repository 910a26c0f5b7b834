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
  .filter((integer) => BigInt.asIntN(64, integer) === integer);

export const integers = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...NEAR_LIMITS) },
  { weight: 3, arbitrary: fc.bigInt({ min: -70n, max: 70n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
);

const UNARY: UnaryOperator[] = ["-", "+", "~", "!"];
const BINARY: BinaryOperator[] = [
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
          .tuple(fc.constantFrom(...BINARY), tie("node"), tie("node"))
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
    fc.constantFrom(...BINARY),
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
