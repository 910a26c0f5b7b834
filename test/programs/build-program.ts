/**
 * Short constructors for programs and expressions, and arbitraries of them, for tests that do not parse.
 */
import fc from "fast-check";
import type { AggregateName, BinaryOperator, IntExpression, ListExpression } from "../../programs/expression/tree.ts";
import type { Operation, Program } from "../../programs/program.ts";

export const v: IntExpression = { kind: "value" };
export const k: IntExpression = { kind: "key" };

export function literal(value: bigint | number): IntExpression {
  return { kind: "literal", value: BigInt(value) };
}

export function binary(left: IntExpression, operator: BinaryOperator, right: IntExpression): IntExpression {
  return { kind: "binary", operator, left, right };
}

export function aggregate(name: AggregateName, operand: IntExpression = v): IntExpression {
  return { kind: "aggregate", name, operand };
}

/** An operation whose origin is filled in by `program`. */
export type Draft =
  | { readonly operator: "map" | "changeKey" | "filter" | "reduce"; readonly expression: IntExpression }
  | { readonly operator: "flatMap"; readonly expression: ListExpression }
  | { readonly operator: "repeat"; readonly times: number; readonly operations: readonly Draft[] };

export const map = (expression: IntExpression = v): Draft => ({ operator: "map", expression });
export const changeKey = (expression: IntExpression = v): Draft => ({ operator: "changeKey", expression });
export const filter = (expression: IntExpression = v): Draft => ({ operator: "filter", expression });
export const reduce = (expression: IntExpression = aggregate("sum")): Draft => ({ operator: "reduce", expression });
export const flatMap = (expression: ListExpression = { kind: "list", items: [v, v] }): Draft => ({
  operator: "flatMap",
  expression,
});
export const repeat = (times: number, ...operations: Draft[]): Draft => ({ operator: "repeat", times, operations });

export function program(drafts: readonly Draft[], options: Partial<Program> = {}): Program {
  return {
    name: "test",
    partitions: 4,
    integers: "int64",
    onError: "fail",
    input: undefined,
    output: { path: undefined, format: undefined, order: "key" },
    operations: place(drafts, "operations"),
    ...options,
  };
}

function place(drafts: readonly Draft[], path: string): Operation[] {
  return drafts.map((draft, index): Operation => {
    const here = `${path}[${index}]`;
    if (draft.operator !== "repeat") return { ...draft, origin: { place: here, text: draft.operator } };
    return {
      ...draft,
      operations: place(draft.operations, `${here}.operations`),
      origin: { place: here, text: `repeat ${draft.times}` },
    };
  });
}

/** Rows of operations with repeats inside repeats; at most some thousand steps after unrolling. */
export const draftsArbitrary: fc.Arbitrary<Draft[]> = fc.letrec<{ list: Draft[]; draft: Draft }>((tie) => ({
  list: fc.array(tie("draft"), { maxLength: 5, depthIdentifier: "drafts" }),
  draft: fc.oneof(
    { depthIdentifier: "drafts", maxDepth: 3 },
    fc.constantFrom(map(), changeKey(), filter(), flatMap(), reduce(), reduce(aggregate("median"))),
    fc.record({ operator: fc.constant("repeat" as const), times: fc.nat(4), operations: tie("list") }),
  ),
})).list;

/** The operations in the order of running, by the plainest of ways. */
export function unrolled(operations: readonly Operation[]): Operation[] {
  return operations.flatMap((operation) => {
    if (operation.operator !== "repeat") return [operation];
    const once = unrolled(operation.operations);
    return Array.from({ length: operation.times }, () => once).flat();
  });
}
