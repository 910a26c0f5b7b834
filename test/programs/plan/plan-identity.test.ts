import test from "ava";
import fc from "fast-check";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import type { Plan } from "../../../programs/plan/plan.ts";
import { planIdentity } from "../../../programs/plan/plan-identity.ts";
import type { Program } from "../../../programs/program.ts";
import {
  aggregate,
  binary,
  changeKey,
  type Draft,
  draftsArbitrary,
  flatMap,
  k,
  literal,
  map,
  program,
  reduce,
  repeat,
  v,
} from "../build-program.ts";

const OUTPUT = { path: undefined, format: undefined, order: "key" } as const;

function identity(drafts: readonly Draft[], options: Partial<Program> = {}): string {
  return planIdentity(makePlan(program(drafts, options)));
}

test("plan identity: what only people see does not enter it", (t) => {
  const drafts = [map(binary(v, "*", literal(3))), changeKey(), reduce()];
  const renamed = makePlan(program(drafts, { name: "other", output: { ...OUTPUT, path: "result.csv" } }));
  const retold: Plan = { ...renamed, operations: renamed.operations.map(() => ({ place: "", text: "" })) };
  t.is(planIdentity(retold), identity(drafts));
});

test("plan identity: a plan that was cloned or lost the sharing of its steps keeps it", (t) => {
  fc.assert(
    fc.property(draftsArbitrary, (drafts) => {
      const plan = makePlan(program(drafts));
      const unshared = plan.stages.map((stage) => structuredClone(stage));
      t.is(planIdentity(structuredClone(plan)), planIdentity(plan));
      t.is(planIdentity({ ...plan, stages: unshared }), planIdentity(plan));
    }),
    { numRuns: 30 },
  );
});

test("plan identity: everything that decides bytes changes it", (t) => {
  const drafts = [map(binary(v, "*", literal(3))), reduce()];
  const identities = [
    identity(drafts),
    identity(drafts, { partitions: 5 }),
    identity(drafts, { integers: "bigint" }),
    identity(drafts, { onError: "reject" }),
    identity(drafts, { output: { ...OUTPUT, order: "none" } }),
    identity([map(binary(v, "*", literal(4))), reduce()]),
    identity([map(binary(v, "*", literal(-3))), reduce()]),
    identity([map(binary(k, "*", literal(3))), reduce()]),
    identity([map(binary(v, "**", literal(3))), reduce()]),
    identity([changeKey(binary(v, "*", literal(3))), reduce()]),
    identity([map(binary(v, "*", literal(3))), reduce(aggregate("product"))]),
    identity([map(binary(v, "*", literal(3))), reduce(aggregate("median"))]),
    identity([map(binary(v, "*", literal(3)))]),
    identity([repeat(2, ...drafts)]),
    identity([flatMap({ kind: "list", items: [v] }), reduce()]),
    identity([flatMap({ kind: "digits", operand: v }), reduce()]),
    identity([flatMap({ kind: "range", from: v, below: k }), reduce()]),
    identity([flatMap({ kind: "copies", item: v, count: k }), reduce()]),
    identity([repeat(0, map()), ...drafts]),
  ];
  t.is(new Set(identities).size, identities.length);
});

test("plan identity: 1,000,000 unrolled operations give some megabytes of text", (t) => {
  const text = identity([repeat(1000, repeat(1000, map()))]);
  t.true(text.length < 4_000_000, `${text.length} characters`);
});
