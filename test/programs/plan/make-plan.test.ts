import test from "ava";
import fc from "fast-check";
import { intExpressionKey } from "../../../programs/plan/expression-key.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import type { Plan, ReduceStep } from "../../../programs/plan/plan.ts";
import {
  aggregate,
  binary,
  changeKey,
  type Draft,
  draftsArbitrary,
  filter,
  flatMap,
  k,
  literal,
  map,
  program,
  reduce,
  repeat,
  unrolled,
  v,
} from "../build-program.ts";

/** `map filter | reduce map`: the steps of each stage. */
function shape(plan: Plan): string {
  return plan.stages.map(({ steps }) => steps.map(({ kind }) => kind).join(" ")).join(" | ");
}

const SHAPES: readonly { readonly circumstance: string; readonly drafts: readonly Draft[]; readonly stages: string }[] =
  [
    {
      circumstance: "without a reduce",
      drafts: [map(), changeKey(), filter(), flatMap()],
      stages: "map changeKey filter flatMap",
    },
    { circumstance: "with nothing but a reduce", drafts: [reduce()], stages: " | reduce" },
    { circumstance: "with steps before the first reduce", drafts: [map(), reduce()], stages: "map | reduce" },
    { circumstance: "with two reduces in a row", drafts: [reduce(), reduce()], stages: " | reduce reduce" },
    {
      circumstance: "with steps that keep the key between two reduces",
      drafts: [reduce(), map(), filter(), flatMap(), reduce()],
      stages: " | reduce map filter flatMap reduce",
    },
    {
      circumstance: "with a flatMap before a later reduce that keeps all values",
      drafts: [reduce(), flatMap(), reduce(aggregate("median")), map(), reduce(aggregate("distinct"))],
      stages: " | reduce flatMap | reduce map reduce",
    },
    {
      circumstance: "with changeKey between two reduces",
      drafts: [reduce(), changeKey(), reduce()],
      stages: " | reduce changeKey | reduce",
    },
    {
      circumstance: "with changeKey before the first reduce",
      drafts: [changeKey(), reduce()],
      stages: "changeKey | reduce",
    },
    {
      circumstance: "with changeKey after the last reduce",
      drafts: [reduce(), changeKey(), map()],
      stages: " | reduce changeKey map",
    },
    {
      circumstance: "with a repeat whose rounds end with changeKey",
      drafts: [repeat(3, reduce(), changeKey())],
      stages: " | reduce changeKey | reduce changeKey | reduce changeKey",
    },
    {
      circumstance: "with a repeat whose rounds keep the key",
      drafts: [repeat(3, map(), reduce())],
      stages: "map | reduce map reduce map reduce",
    },
    {
      circumstance: "with a repeat inside a repeat",
      drafts: [repeat(2, map(), repeat(2, filter()))],
      stages: "map filter filter map filter filter",
    },
    { circumstance: "with a repeat of 0 times", drafts: [map(), repeat(0, reduce()), filter()], stages: "map filter" },
    { circumstance: "with nothing but a repeat of 0 times", drafts: [repeat(0, map())], stages: "" },
    {
      circumstance: "with a repeat inside a repeat of 0 times",
      drafts: [repeat(0, repeat(100_000, repeat(100_000, map())))],
      stages: "",
    },
    {
      circumstance: "with an empty repeat inside repeats",
      drafts: [repeat(100_000, repeat(100_000, repeat(0, map())))],
      stages: "",
    },
  ];

for (const { circumstance, drafts, stages } of SHAPES) {
  test(`plan: a program ${circumstance} is cut into stages "${stages}"`, (t) => {
    t.is(shape(makePlan(program(drafts))), stages);
    t.is(shape(makePlan(program(drafts), { partitions: 1 })), stages, "the number of partitions decides no cut");
  });
}

test("plan: stages are linked by shuffles from the input to the output in the program's order", (t) => {
  const output = { path: undefined, format: undefined, order: "none" } as const;
  const plan = makePlan(
    program([reduce(), changeKey(), reduce(aggregate("median")), changeKey(), reduce()], { output }),
  );
  t.deepEqual(
    plan.stages.map(({ index, source }) => [index, source]),
    [
      [0, "input"],
      [1, "shuffle"],
      [2, "shuffle"],
      [3, "shuffle"],
    ],
  );
  const combiners = plan.stages.map(({ sink }) => (sink.kind === "shuffle" ? sink.combiner : sink.order));
  t.is(combiners[0], plan.stages[1].steps[0] as ReduceStep);
  t.is(combiners[1], undefined, "a median has no combiner");
  t.is(combiners[2], plan.stages[3].steps[0] as ReduceStep);
  t.is(combiners[3], "none");
});

test("plan: partitions, integers and error mode are the program's, unless partitions are overridden", (t) => {
  const source = program([map()], { partitions: 7, integers: "bigint", onError: "reject" });
  const { partitions, integers, onError } = makePlan(source);
  t.deepEqual({ partitions, integers, onError }, { partitions: 7, integers: "bigint", onError: "reject" });
  t.is(makePlan(source, { partitions: 4096 }).partitions, 4096);
  for (const wrong of [0, -1, 1.5, 4097, Number.NaN]) {
    t.throws(() => makePlan(source, { partitions: wrong }), { message: /partitions/ });
  }
});

test("plan: operations are listed once each as written, and every round of a repeat shares its steps", (t) => {
  const plan = makePlan(program([map(), repeat(3, filter(), repeat(2, reduce())), repeat(0, changeKey()), flatMap()]));
  t.deepEqual(
    plan.operations.map(({ place }) => place),
    [
      "operations[0]",
      "operations[1].operations[0]",
      "operations[1].operations[1].operations[0]",
      "operations[2].operations[0]",
      "operations[3]",
    ],
  );
  const steps = plan.stages.flatMap((stage) => stage.steps);
  t.deepEqual(
    steps.map(({ operation }) => operation),
    [0, 1, 2, 2, 1, 2, 2, 1, 2, 2, 4],
  );
  t.is(new Set(steps).size, 4);
});

test("plan: aggregates that are equal are collected once, and the result refers to them by column", (t) => {
  const squares = () => aggregate("sum", binary(v, "*", v));
  const mean = binary(squares(), "/", aggregate("count"));
  const expression = binary(mean, "+", binary(squares(), "%", binary(aggregate("sum"), "-", k)));
  const step = makePlan(program([reduce(expression)])).stages[1].steps[0] as ReduceStep;
  t.deepEqual(
    step.aggregates.map(({ name, operand }) => `${name} ${intExpressionKey(operand)}`),
    ["sum (* v v)", "count v", "sum v"],
  );
  t.is(intExpressionKey(step.result), "(+ (/ c0 c1) (% c0 (- c2 k)))");
  t.true(step.decomposable);
});

test("plan: every kind of node around an aggregate is kept", (t) => {
  const sum = aggregate("sum");
  const step = makePlan(
    program([
      reduce({
        kind: "conditional",
        test: { kind: "logical", operator: "&&", left: { kind: "unary", operator: "!", operand: sum }, right: k },
        consequent: { kind: "call", name: "clamp", operands: [aggregate("max"), literal(-3), sum] },
        alternate: aggregate("mean"),
      }),
    ]),
  ).stages[1].steps[0] as ReduceStep;
  t.is(intExpressionKey(step.result), "(? (&& (u! c0) k) (clamp c1 -3 c0) c2)");
  t.deepEqual(
    step.aggregates.map(({ name }) => name),
    ["sum", "max", "mean"],
  );
});

for (const name of ["sum", "count", "min", "max", "product", "mean", "median", "distinct"] as const) {
  const whole = name === "median" || name === "distinct";
  test(`plan: ${name} ${whole ? "needs all values of a key" : "can be collected in parts"}`, (t) => {
    const plan = makePlan(program([reduce(binary(aggregate("sum"), "+", aggregate(name)))]));
    const step = plan.stages[1].steps[0] as ReduceStep;
    t.is(step.decomposable, !whole);
    t.deepEqual(plan.stages[0].sink, { kind: "shuffle", combiner: whole ? undefined : step });
  });
}

test("plan: a reduce to a constant has no aggregates and a combiner", (t) => {
  const step = makePlan(program([reduce(literal(5))])).stages[1].steps[0] as ReduceStep;
  t.deepEqual(step.aggregates, []);
  t.true(step.decomposable);
});

test("plan: a reduce over bare values is a programmer's error", (t) => {
  t.throws(() => makePlan(program([reduce(v)])), { message: /outside of its aggregates/ });
});

test("plan: 1,000,000 unrolled operations are planned, one more is refused", (t) => {
  const plan = makePlan(program([repeat(1000, repeat(500, changeKey(), reduce()))]));
  t.is(plan.stages.length, 500_001);
  t.is(new Set(plan.stages.slice(1).map(({ steps }) => steps[0])).size, 1);
  t.throws(() => makePlan(program([map(), repeat(100_000, repeat(10, map()))])), { message: /after unrolling/ });
  t.throws(() => makePlan(program([repeat(100_000, repeat(100_000, map()))])), { message: /after unrolling/ });
});

test("plan: repeats that are nested 100,000 deep do not exhaust the stack", (t) => {
  const source = program([map()]);
  let operations = source.operations;
  for (let depth = 0; depth < 100_000; depth += 1) {
    operations = [{ operator: "repeat", times: 1, operations, origin: { place: "", text: "" } }];
  }
  t.is(shape(makePlan({ ...source, operations })), "map");
});

test("plan: every operation runs in the program's order, whatever the program", (t) => {
  fc.assert(
    fc.property(draftsArbitrary, (drafts) => {
      const source = program(drafts);
      const plan = makePlan(source);
      const steps = plan.stages.flatMap((stage) => stage.steps);
      t.deepEqual(
        steps.map(({ kind, operation }) => [kind, plan.operations[operation].place]),
        unrolled(source.operations).map(({ operator, origin }) => [operator, origin.place]),
      );
    }),
  );
});

test("plan: a shuffle stands exactly before each reduce that needs one, whatever the program", (t) => {
  fc.assert(
    fc.property(draftsArbitrary, (drafts) => {
      const { stages } = makePlan(program(drafts));
      for (const [index, stage] of stages.entries()) {
        let partitioned = index > 0;
        let expanded = false;
        for (const [at, step] of stage.steps.entries()) {
          if (step.kind === "reduce") t.true(partitioned, "a reduce must find its input partitioned by key");
          if (step.kind === "reduce") {
            t.true(step.decomposable || !expanded, "values of one key that a flatMap made can be read again");
            expanded = false;
          }
          if (step.kind === "changeKey") partitioned = false;
          if (step.kind === "flatMap") expanded = true;
          if (index > 0 && at === 0) t.is(step.kind, "reduce", "a shuffled stage begins with a reduce");
        }
        const last = index === stages.length - 1;
        t.is(stage.sink.kind, last ? "output" : "shuffle");
        const next = stages[index + 1]?.steps[0];
        const keepsValues = next?.kind === "reduce" && !next.decomposable && expanded;
        if (!last) t.true(!partitioned || keepsValues, "pairs that are partitioned by key already are not moved");
      }
    }),
  );
});
