/**
 * Prints trees as source with no more parentheses than needed, by a table of its own, and makes random trees.
 */
import fc from "fast-check";
import type {
  AggregateName,
  BinaryOperator,
  IntExpression,
  ListExpression,
} from "../../../programs/expression/tree.ts";

/** Tighter is higher. Source: the table "Operator precedence" of MDN's JavaScript reference, minus what is not here. */
const BINDING: Record<string, number> = {
  ...{ "?:": 2, "||": 3, "&&": 4, "|": 5, "^": 6, "&": 7, "==": 8, "!=": 8, "<": 9, "<=": 9, ">": 9, ">=": 9 },
  ...{ "<<": 10, ">>": 10, "+": 11, "-": 11, "*": 12, "/": 12, "%": 12, "**": 13, unary: 14, primary: 17 },
};

export function printInt(tree: IntExpression): string {
  switch (tree.kind) {
    case "literal":
      return String(tree.value);
    case "key":
      return "k";
    case "value":
      return "v";
    case "column":
      throw new Error("a column has no source");
    case "unary": {
      // "- -v" and "-(5)": two signs would be a decrement, and a literal after a minus is negative by itself.
      const isFoldable = tree.operator === "-" && tree.operand.kind === "literal" && tree.operand.value >= 0n;
      const operand = isFoldable ? `(${printInt(tree.operand)})` : inside(tree.operand, BINDING.unary);
      return `${tree.operator} ${operand}`;
    }
    case "binary":
    case "logical": {
      const binding = BINDING[tree.operator];
      const isPower = tree.operator === "**";
      const left = inside(tree.left, isPower ? BINDING.primary : binding);
      const right = inside(tree.right, isPower ? binding : binding + 1);
      return `${left} ${tree.operator} ${right}`;
    }
    case "conditional": {
      const [consequent, alternate] = [printInt(tree.consequent), printInt(tree.alternate)];
      return `${inside(tree.test, BINDING["?:"] + 1)} ? ${consequent} : ${alternate}`;
    }
    case "call":
      return `${tree.name}(${tree.operands.map(printInt).join(", ")})`;
    case "aggregate":
      return `${tree.name}(${tree.operand.kind === "value" ? "V" : printInt(tree.operand)})`;
    case "registered":
      throw new Error("a function of the operator's own has no source");
  }
}

export function printList(tree: ListExpression): string {
  switch (tree.kind) {
    case "list":
      return `[${tree.items.map(printInt).join(", ")}]`;
    case "range":
      return `range(${printInt(tree.from)}, ${printInt(tree.below)})`;
    case "conditional": {
      const [consequent, alternate] = [printList(tree.consequent), printList(tree.alternate)];
      return `${inside(tree.test, BINDING["?:"] + 1)} ? ${consequent} : ${alternate}`;
    }
    case "copies":
    case "digits":
      throw new Error(`${tree.kind} has a name, but no source`);
    case "registered":
      throw new Error("a function of the operator's own has no source");
  }
}

function inside(tree: IntExpression, bindingMin: number): string {
  return bindingOf(tree) < bindingMin ? `(${printInt(tree)})` : printInt(tree);
}

function bindingOf(tree: IntExpression): number {
  if (tree.kind === "binary" || tree.kind === "logical") return BINDING[tree.operator];
  if (tree.kind === "conditional") return BINDING["?:"];
  const isSigned = tree.kind === "unary" || (tree.kind === "literal" && tree.value < 0n);
  return isSigned ? BINDING.unary : BINDING.primary;
}

const BINARY: readonly BinaryOperator[] = [
  ...(["+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">="] as const),
];
const AGGREGATES: readonly AggregateName[] = ["sum", "count", "min", "max", "product", "mean", "median", "distinct"];

/** Trees that have a source, over the given leaves. */
export function intArbitrary(leaf: fc.Arbitrary<IntExpression>): fc.Arbitrary<IntExpression> {
  return fc.letrec<{ tree: IntExpression }>((tie) => {
    const tree = tie("tree");
    const operands = fc.oneof(
      fc.tuple(fc.constantFrom("abs" as const, "sign" as const), fc.tuple(tree)),
      fc.tuple(fc.constant("gcd" as const), fc.tuple(tree, tree)),
      fc.tuple(fc.constant("clamp" as const), fc.tuple(tree, tree, tree)),
      fc.tuple(fc.constantFrom("min" as const, "max" as const), fc.array(tree, { minLength: 2, maxLength: 4 })),
    );
    return {
      tree: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc.record({
          kind: fc.constant("binary" as const),
          operator: fc.constantFrom(...BINARY),
          left: tree,
          right: tree,
        }),
        fc.record({
          kind: fc.constant("unary" as const),
          operator: fc.constantFrom(...(["-", "+", "~", "!"] as const)),
          operand: tree,
        }),
        fc.record({
          kind: fc.constant("logical" as const),
          operator: fc.constantFrom("&&" as const, "||" as const),
          left: tree,
          right: tree,
        }),
        fc.record({ kind: fc.constant("conditional" as const), test: tree, consequent: tree, alternate: tree }),
        operands.map(([name, list]): IntExpression => ({ kind: "call", name, operands: list })),
      ),
    };
  }).tree;
}

const literalArbitrary = fc
  .oneof(fc.bigInt({ min: -20n, max: 20n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  .map((value): IntExpression => ({ kind: "literal", value }));
const keyLeaf = fc.constant<IntExpression>({ kind: "key" });
const valueLeaf = fc.constant<IntExpression>({ kind: "value" });

export const elementArbitrary = intArbitrary(fc.oneof(literalArbitrary, keyLeaf, valueLeaf));

export const reduceArbitrary = intArbitrary(
  fc.oneof(
    literalArbitrary,
    keyLeaf,
    fc
      .tuple(fc.constantFrom(...AGGREGATES), elementArbitrary)
      .map(([name, operand]): IntExpression => ({ kind: "aggregate", name, operand })),
  ),
);

export const listArbitrary = fc.letrec<{ tree: ListExpression }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ kind: fc.constant("list" as const), items: fc.array(elementArbitrary, { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("range" as const), from: elementArbitrary, below: elementArbitrary }),
    fc.record({
      ...{ kind: fc.constant("conditional" as const), test: elementArbitrary },
      ...{ consequent: tie("tree"), alternate: tie("tree") },
    }),
  ),
})).tree;

/** Levels of a tree. */
export function depthOf(tree: IntExpression | ListExpression): number {
  const nodes = Object.values(tree).flat() as (IntExpression | string | bigint | number)[];
  return 1 + Math.max(0, ...nodes.map((node) => (typeof node === "object" ? depthOf(node) : 0)));
}
