/**
 * Random programs and inputs for fast-check: small enough for the reference interpreter, mean enough to fail often.
 *
 * Owns: the arbitraries.
 * Never: makes a program that gives more than EXPANSION_MAX pairs for one.
 */
import fc from "fast-check";
import type { AggregateName, IntExpression, ListExpression } from "../../../programs/expression/tree.ts";
import type { ErrorMode, IntegerMode, Operation, OutputOrder, Program } from "../../../programs/program.ts";

const EXPANSION_MAX = 200;
/** The longest list of a random flatMap. */
const LIST_ITEMS_MAX = 4;

const EDGES = [
  ...[-(2n ** 63n), -(2n ** 63n) + 1n, -(2n ** 32n), 2n ** 31n, 2n ** 62n, 2n ** 63n - 2n, 2n ** 63n - 1n],
  ...[-(2n ** 53n), 2n ** 53n - 1n, 2n ** 53n],
];

/** Mostly small, sometimes at the edges of 32, 53 and 64 bits. */
export const int64: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: -12n, max: 12n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: -(10n ** 7n), max: 10n ** 7n }) },
  { weight: 1, arbitrary: fc.constantFrom(...EDGES) },
);

type Leaf = "key" | "value";

function literal(value: bigint): IntExpression {
  return { kind: "literal", value };
}

/** Expressions over the given leaves. */
function intExpression(leaf: fc.Arbitrary<IntExpression>, depth: number): fc.Arbitrary<IntExpression> {
  const simple = fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 2, arbitrary: int64.map(literal) });
  if (depth === 0) return simple;
  const part = intExpression(leaf, depth - 1);
  const common = fc.constantFrom(...(["+", "-", "*", "/", "%", "&", "|", "^"] as const));
  const rare = fc.constantFrom(...(["**", "<<", ">>", "==", "!=", "<", "<=", ">", ">="] as const));
  return fc.oneof(
    { weight: 4, arbitrary: simple },
    {
      weight: 5,
      arbitrary: fc
        .tuple(common, part, part)
        .map(([operator, left, right]): IntExpression => ({ kind: "binary", operator, left, right })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(rare, part, part)
        .map(([operator, left, right]): IntExpression => ({ kind: "binary", operator, left, right })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...(["-", "+", "~", "!"] as const)), part)
        .map(([operator, operand]): IntExpression => ({ kind: "unary", operator, operand })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...(["&&", "||"] as const)), part, part)
        .map(([operator, left, right]): IntExpression => ({ kind: "logical", operator, left, right })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(part, part, part)
        .map(([test, consequent, alternate]): IntExpression => ({ kind: "conditional", test, consequent, alternate })),
    },
    {
      weight: 1,
      arbitrary: part.map((operand): IntExpression => ({ kind: "call", name: "abs", operands: [operand] })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...(["min", "max", "gcd"] as const)), part, part)
        .map(([name, left, right]): IntExpression => ({ kind: "call", name, operands: [left, right] })),
    },
  );
}

const pairLeaf: fc.Arbitrary<IntExpression> = fc
  .constantFrom<Leaf[]>("value", "value", "value", "key")
  .map((kind) => ({ kind }));
const ofPair = intExpression(pairLeaf, 2);

/** The length of a list: between 0 and LIST_ITEMS_MAX, whatever the operand. */
function bounded(operand: IntExpression): IntExpression {
  return { kind: "call", name: "clamp", operands: [operand, literal(-1n), literal(BigInt(LIST_ITEMS_MAX))] };
}

const simpleList: fc.Arbitrary<ListExpression> = fc.oneof(
  fc.array(ofPair, { maxLength: 3 }).map((items): ListExpression => ({ kind: "list", items })),
  ofPair.map((operand): ListExpression => ({ kind: "range", from: literal(0n), below: bounded(operand) })),
  fc.tuple(ofPair, ofPair).map(([item, count]): ListExpression => ({ kind: "copies", item, count: bounded(count) })),
  ofPair.map(
    (operand): ListExpression => ({
      kind: "digits",
      operand: { kind: "binary", operator: "%", left: operand, right: literal(10_000n) },
    }),
  ),
);
const listExpression = fc.oneof(
  { weight: 4, arbitrary: simpleList },
  {
    weight: 1,
    arbitrary: fc
      .tuple(ofPair, simpleList, simpleList)
      .map(([test, consequent, alternate]): ListExpression => ({ kind: "conditional", test, consequent, alternate })),
  },
);

const AGGREGATES: AggregateName[] = ["sum", "count", "min", "max", "product", "mean", "median", "distinct"];
const aggregate: fc.Arbitrary<IntExpression> = fc
  .tuple(fc.constantFrom(...AGGREGATES), fc.oneof(fc.constant<IntExpression>({ kind: "value" }), ofPair))
  .map(([name, operand]): IntExpression => ({ kind: "aggregate", name, operand }));
const reduceExpression = fc.oneof(
  { weight: 3, arbitrary: aggregate },
  {
    weight: 2,
    arbitrary: intExpression(
      fc.oneof({ weight: 4, arbitrary: aggregate }, { weight: 1, arbitrary: fc.constant({ kind: "key" } as const) }),
      1,
    ),
  },
);

const ORIGIN = { place: "", text: "" };

const plainOperation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom(...(["map", "changeKey", "filter"] as const)), ofPair)
      .map(([operator, expression]): Operation => ({ operator, expression, origin: ORIGIN })),
  },
  {
    weight: 1,
    arbitrary: listExpression.map((expression): Operation => ({ operator: "flatMap", expression, origin: ORIGIN })),
  },
  {
    weight: 3,
    arbitrary: reduceExpression.map((expression): Operation => ({ operator: "reduce", expression, origin: ORIGIN })),
  },
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 9, arbitrary: plainOperation },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.array(plainOperation, { minLength: 1, maxLength: 3 }))
      .map(([times, operations]): Operation => ({ operator: "repeat", times, operations, origin: ORIGIN })),
  },
);

export interface ProgramSettings {
  readonly partitions: number;
  readonly onError: ErrorMode;
  readonly order: OutputOrder;
  /** `int64` by default. */
  readonly integers?: IntegerMode;
}

export function randomOperations(maxLength: number): fc.Arbitrary<readonly Operation[]> {
  return fc
    .array(operation, { minLength: 1, maxLength })
    .filter((operations) => expansionOf(operations) <= EXPANSION_MAX)
    .map((operations) => withOrigins(operations, ""));
}

export function programOf(operations: readonly Operation[], settings: ProgramSettings): Program {
  return {
    name: "random",
    partitions: settings.partitions,
    integers: settings.integers ?? "int64",
    onError: settings.onError,
    input: undefined,
    output: { path: undefined, format: undefined, order: settings.order },
    operations,
  };
}

function expansionOf(operations: readonly Operation[]): number {
  return operations.reduce((product, each) => {
    if (each.operator === "flatMap") return product * LIST_ITEMS_MAX;
    if (each.operator === "repeat") return product * expansionOf(each.operations) ** each.times;
    return product;
  }, 1);
}

function withOrigins(operations: readonly Operation[], prefix: string): readonly Operation[] {
  return operations.map((each, index): Operation => {
    const place = `${prefix}operations[${index}]`;
    const origin = { place, text: each.operator };
    if (each.operator !== "repeat") return { ...each, origin };
    return { ...each, operations: withOrigins(each.operations, `${place}.`), origin };
  });
}
