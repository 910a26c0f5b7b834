/**
 * Programs that name functions of the operator's own: what is known of them is their names, operators and args.
 */
import test from "ava";
import { ProgramError } from "../../../programs/errors.ts";
import { listFunctions } from "../../../programs/list-functions.ts";
import { parseProgram } from "../../../programs/parse-program.ts";
import { explainPlan } from "../../../programs/plan/explain.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import type { ReduceStep } from "../../../programs/plan/plan.ts";
import { planIdentity } from "../../../programs/plan/plan-identity.ts";
import { type FunctionSignature, usesRegistered } from "../../../programs/registered/registered-function.ts";

const SIGNATURES: readonly FunctionSignature[] = [
  { operator: "map", name: "DOUBLE", takesArg: false },
  { operator: "map", name: "SCALE", takesArg: true },
  { operator: "filter", name: "PRIME", takesArg: false },
  { operator: "flatMap", name: "DIVISORS", takesArg: false },
  { operator: "reduce", name: "SPAN", takesArg: false },
  { operator: "reduce", name: "NTH", takesArg: true },
];

function parse(operations: readonly object[], signatures = SIGNATURES) {
  return parseProgram(JSON.stringify({ partitions: 4, operations }), "test", signatures);
}

function messages(operations: readonly object[], signatures = SIGNATURES): string[] {
  try {
    parse(operations, signatures);
    return [];
  } catch (error) {
    if (error instanceof ProgramError) return error.message.split("\n");
    throw error;
  }
}

test("a program names them like those of the language, those of map in changeKey too", (t) => {
  const { operations } = parse([
    { operator: "map", function: "DOUBLE" },
    { operator: "changeKey", function: "SCALE", arg: "3" },
    { operator: "repeat", times: 2, operations: [{ operator: "filter", function: "PRIME" }] },
    { operator: "flatMap", function: "DIVISORS" },
    { operator: "reduce", function: "SPAN", arg: 5 },
    { operator: "reduce", function: "NTH", arg: -1 },
  ]);
  const call = { kind: "registered" };
  t.like(operations[0], { expression: { ...call, operator: "map", name: "DOUBLE", arg: undefined } });
  t.like(operations[1], { expression: { ...call, operator: "map", name: "SCALE", arg: 3n } });
  t.like(operations[1], { origin: { text: "changeKey SCALE 3" } });
  t.like(operations[4], { expression: { ...call, operator: "reduce", name: "SPAN", arg: undefined } });
  t.like(operations[5], { expression: { ...call, operator: "reduce", name: "NTH", arg: -1n } });
  t.true(usesRegistered(operations));
});

test("only what names one uses them, inside a repeat too", (t) => {
  const plain = { operator: "map", function: "ABS" };
  t.false(usesRegistered(parse([plain, { operator: "repeat", times: 1, operations: [plain] }]).operations));
  const own = { operator: "map", function: "DOUBLE" };
  t.true(usesRegistered(parse([plain, { operator: "repeat", times: 0, operations: [own] }]).operations));
});

test("what is wrong is told with their names among the others", (t) => {
  t.deepEqual(messages([{ operator: "filter", function: "PRIMES" }]), [
    'operations[0].function: unknown function "PRIMES"; did you mean "PRIME"? ' +
      "(functions of filter: EQ, NE, LT, LE, GT, GE, DIVISIBLE, EVEN, ODD, PRIME)",
  ]);
  t.deepEqual(messages([{ operator: "reduce", function: "SCALE", arg: 1 }]), [
    "operations[0].function: SCALE is a function of map and changeKey, not of reduce; " +
      "the functions of reduce are SUM, ADD, PRODUCT, MUL, COUNT, MIN, MAX, MEAN, MEDIAN, DISTINCT, SPAN, NTH",
  ]);
  t.deepEqual(messages([{ operator: "map", function: "SCALE" }]), [
    "operations[0].arg: is missing; SCALE needs an integer",
  ]);
  t.deepEqual(messages([{ operator: "map", function: "DOUBLE", arg: 1 }]), ["operations[0].arg: DOUBLE takes no arg"]);
  t.regex(messages([{ operator: "map", function: "DOUBLE" }], [])[0] ?? "", /unknown function "DOUBLE"; functions of/);
});

test("a reduce by one has a shuffle without a combiner, and is planned as the aggregate that it is", (t) => {
  const program = parse([{ operator: "reduce", function: "NTH", arg: 2 }]);
  const plan = makePlan(program);
  const step = plan.stages[1].steps[0] as ReduceStep;
  t.is(step.aggregates.length, 1);
  t.like(step.aggregates[0], { name: "registered", operand: { kind: "value" }, call: { name: "NTH", arg: 2n } });
  t.false(step.decomposable);
  const explanation = JSON.stringify(explainPlan(plan, program));
  t.true(explanation.includes('"aggregates":["NTH(V, 2)"]'), explanation);
  t.true(explanation.includes("NTH needs all values of a key"), explanation);
});

test("another name or arg is another plan", (t) => {
  const operations = [
    { operator: "map", function: "DOUBLE" },
    { operator: "map", function: "SCALE", arg: 1 },
    { operator: "map", function: "SCALE", arg: 2 },
    { operator: "changeKey", function: "DOUBLE" },
    { operator: "filter", function: "PRIME" },
    { operator: "flatMap", function: "DIVISORS" },
    { operator: "reduce", function: "SPAN" },
    { operator: "reduce", function: "NTH", arg: 1 },
    { operator: "reduce", function: "NTH", arg: 2 },
  ];
  const identities = operations.map((operation) => planIdentity(makePlan(parse([operation]))));
  t.is(new Set(identities).size, operations.length);
});

test("the list of functions has them with the others of their operator", (t) => {
  const { named } = listFunctions(SIGNATURES);
  const own = named.filter(({ meaning }) => meaning === "a function of your own");
  t.deepEqual(
    own.map(({ operators, formula }) => `${operators.join(", ")}: ${formula}`),
    [
      ...["map, changeKey: DOUBLE(v)", "map, changeKey: SCALE(v, arg)", "filter: PRIME(v)", "flatMap: DIVISORS(v)"],
      ...["reduce: SPAN(V)", "reduce: NTH(V, arg)"],
    ],
  );
  t.is(named.length, listFunctions().named.length + SIGNATURES.length);
});
