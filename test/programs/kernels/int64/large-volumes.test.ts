import { readFileSync } from "node:fs";
import test from "ava";
import { DataError } from "../../../../programs/errors.ts";
import type { AggregateName, IntExpression } from "../../../../programs/expression/tree.ts";
import { createInt64KernelSet } from "../../../../programs/kernels/int64/int64-kernel-set.ts";
import type { TextFormat } from "../../../../programs/kernels/kernel-set.ts";
import { BATCH_PAIRS, BUNDLE_PAIRS_MAX, COMBINER_KEYS_MAX, RUN_PAIRS_MAX } from "../../../../programs/limits.ts";
import { makePlan } from "../../../../programs/plan/make-plan.ts";
import type { Plan } from "../../../../programs/plan/plan.ts";
import type { ErrorMode, Operation, Program } from "../../../../programs/program.ts";
import { type Drive, drivePlan } from "../drive-plan.ts";

const kernels = new WebAssembly.Module(
  readFileSync(new URL("../../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);
const CSV: TextFormat = { format: "csv", delimiter: 44, keyColumn: 0, valueColumn: 1, exactlyTwoFields: true };
const ORIGIN = { place: "operations[0]", text: "as it stands" };

const VALUE: IntExpression = { kind: "value" };
const KEY: IntExpression = { kind: "key" };

function integer(value: number): IntExpression {
  return { kind: "literal", value: BigInt(value) };
}

function binary(operator: "+" | "*" | "%" | "/", left: IntExpression, right: IntExpression): IntExpression {
  return { kind: "binary", operator, left, right };
}

function copies(count: number): Operation {
  return { operator: "flatMap", expression: { kind: "copies", item: VALUE, count: integer(count) }, origin: ORIGIN };
}

function scalar(operator: "map" | "changeKey" | "filter" | "reduce", expression: IntExpression): Operation {
  return { operator, expression, origin: ORIGIN };
}

function reduce(name: AggregateName, operand: IntExpression = VALUE): Operation {
  return scalar("reduce", { kind: "aggregate", name, operand });
}

function planOf(operations: readonly Operation[], settings: Partial<Program> = {}): Plan {
  return makePlan({
    ...{ name: "volume", partitions: 5, integers: "int64", onError: "fail", input: undefined, operations },
    output: { path: undefined, format: undefined, order: "key" },
    ...settings,
  });
}

function driven(plan: Plan, splits: readonly string[], settings: Partial<Drive> = {}) {
  const kernelSet = createInt64KernelSet(kernels, plan);
  return drivePlan({
    plan,
    openKernels: () => kernelSet,
    splits: splits.map((text) => Buffer.from(text)),
    ...{ format: CSV, outputFormat: "csv", ...settings },
  });
}

/** `count` lines, made from their index. */
function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join("");
}

test("more pairs than a run holds come out sorted, over many ranges", (t) => {
  const plan = planOf([copies(300)]);
  const { text, pairCount, tasks } = driven(plan, [lines(2000, (index) => `${(index * 7) % 2000},${-index}`)], {
    pairsPerRange: 50_000,
  });
  t.is(pairCount, 600_000);
  t.deepEqual(
    tasks[0].runs.map((run) => run.pairCount),
    [RUN_PAIRS_MAX, 600_000 - RUN_PAIRS_MAX],
  );
  const values = new Map(Array.from({ length: 2000 }, (_, index) => [(index * 7) % 2000, -index]));
  const expected = Array.from({ length: 2000 }, (_, key) => `${key},${values.get(key)}\n`.repeat(300)).join("");
  t.true(text === expected);
});

test("a pair that occurs more often than a range holds comes out as often as it occurs", (t) => {
  const plan = planOf([copies(50_000)]);
  const { text, pairCount } = driven(plan, ["1,1\n2,2\n", "2,2\n3,3\n"], { pairsPerRange: 20_000 });
  t.is(pairCount, 200_000);
  t.true(text === "1,1\n".repeat(50_000) + "2,2\n".repeat(100_000) + "3,3\n".repeat(50_000));
});

test("more pairs than a bundle holds are shuffled raw before a median", (t) => {
  const plan = planOf([copies(301), reduce("median")]);
  const { text, tasks } = driven(plan, [lines(2000, (index) => `${index % 1000},${index}`)]);
  t.deepEqual(
    tasks[0].bundles.map((bundle) => bundle.pairCount),
    [BUNDLE_PAIRS_MAX, 602_000 - BUNDLE_PAIRS_MAX],
  );
  t.is(
    text,
    lines(1000, (key) => `${key},${key}`),
  );
});

test("a combiner sends one partial aggregate for each key", (t) => {
  const plan = planOf([reduce("sum")]);
  const { text, tasks } = driven(plan, [lines(40_000, (index) => `${index % 100},1`), "7,5\n"]);
  t.deepEqual(
    tasks.slice(0, 2).map(({ statistics }) => statistics),
    [
      { pairsIn: 40_000, pairsOut: 100, lines: 40_000 },
      { pairsIn: 1, pairsOut: 1, lines: 1 },
    ],
  );
  t.is(
    text,
    lines(100, (key) => `${key},${key === 7 ? 405 : 400}`),
  );
});

test("a task whose keys hardly repeat stops combining after its first batch", (t) => {
  const plan = planOf([reduce("sum")]);
  const { text, tasks } = driven(plan, [lines(40_000, (index) => `${index % 35_000},${index}`)]);
  t.deepEqual(
    tasks[0].bundles.map((bundle) => bundle.pairCount),
    [BATCH_PAIRS, 40_000 - BATCH_PAIRS],
  );
  t.is(
    text,
    lines(35_000, (key) => `${key},${key < 5000 ? 2 * key + 35_000 : key}`),
  );
});

test("a combiner is emptied when it has too many keys", (t) => {
  const plan = planOf([copies(3), reduce("count")]);
  const { text, tasks } = driven(plan, [lines(300_000, (index) => `${index},0`)]);
  t.is(tasks[0].bundles.length, 2);
  t.true(tasks[0].bundles[0].pairCount >= COMBINER_KEYS_MAX);
  t.true(tasks[0].bundles[0].pairCount < COMBINER_KEYS_MAX + BATCH_PAIRS);
  t.true(text === lines(300_000, (key) => `${key},3`));
});

test("a reduce with more aggregates than a block has columns is shuffled raw", (t) => {
  const sums = Array.from(
    { length: 300 },
    (_, index): IntExpression => ({
      ...{ kind: "aggregate", name: "sum", operand: binary("*", VALUE, integer(index)) },
    }),
  );
  const plan = planOf([
    scalar(
      "reduce",
      sums.reduce((left, right) => binary("+", left, right)),
    ),
  ]);
  const { text, tasks } = driven(plan, ["1,1\n1,2\n2,5\n"]);
  t.is(tasks[0].statistics.pairsOut, 3);
  t.is(text, `1,${3 * 44_850}\n2,${5 * 44_850}\n`);
});

test("keys that fail are left out of every batch of results, and reported in order", (t) => {
  const quotient = binary("/", { kind: "aggregate", name: "sum", operand: VALUE }, binary("%", KEY, integer(3)));
  const plan = planOf([scalar("reduce", quotient)], { onError: "reject", partitions: 1 });
  const { text, rejects } = driven(plan, [lines(60_000, (index) => `${index},12`)]);
  const failed = Array.from({ length: 20_000 }, (_, index) => `${3 * index}`);
  t.deepEqual(
    rejects.map((reject) => reject.kind === "arithmetic" && reject.key),
    failed,
  );
  t.deepEqual(rejects[0], { kind: "arithmetic", operation: 0, key: "0", value: null, reason: "division by zero" });
  const kept = (index: number) => Math.floor(index / 2) * 3 + (index % 2) + 1;
  t.true(text === lines(40_000, (index) => `${kept(index)},${index % 2 === 0 ? 12 : 6}`));
});

test("in fail mode the error names operation, pair and reason", (t) => {
  const plan = planOf([scalar("map", binary("/", integer(1), VALUE))]);
  const error = t.throws(() => driven(plan, ["3,1\n4,0\n"]), { instanceOf: DataError, code: "ARITHMETIC_ERROR" });
  t.is(error?.message, "operations[0] (as it stands) on <4, 0>: division by zero");
  t.deepEqual(error?.detail, {
    ...{ kind: "arithmetic", operation: 0, key: "4", value: "0", reason: "division by zero" },
  });
});

function everyByte(plan: Plan, splits: readonly string[], settings: Partial<Drive>): string {
  const { tasks, text, rejects } = driven(plan, splits, settings);
  const parts = tasks.flatMap(({ bundles, runs }) => [...bundles, ...runs].map(({ bytes }) => bytes));
  return JSON.stringify([parts.map((bytes) => Buffer.from(bytes).toString("base64")), text, rejects]);
}

for (const onError of ["fail", "reject"] satisfies ErrorMode[]) {
  test(`the same bytes come out however text is cut into windows (${onError})`, (t) => {
    const rarelyZero = binary("%", VALUE, integer(500));
    const operations = [
      scalar("filter", binary("%", VALUE, integer(7))),
      copies(3),
      scalar("map", binary("/", integer(1_000_000), onError === "fail" ? binary("+", VALUE, integer(1)) : rarelyZero)),
      reduce("sum"),
      scalar("changeKey", binary("%", VALUE, integer(11))),
      reduce("median"),
    ];
    const plan = planOf(operations, { onError });
    const bad = (index: number) => onError === "reject" && index % 1000 === 3;
    const text = lines(30_000, (index) => (bad(index) ? "x" : `${(index * 31) % 20_000},${index}`));
    const whole = everyByte(plan, [text], {});
    for (const windowBytes of [100, 4099, 100_000]) t.true(everyByte(plan, [text], { windowBytes }) === whole);
    t.true(everyByte(plan, [text], {}) === whole);
  });
}

test("a reduce gives the same bytes in whatever order its blocks come", (t) => {
  const plan = planOf([reduce("sum"), scalar("map", binary("*", VALUE, KEY))]);
  const splits = Array.from({ length: 9 }, (_, split) => lines(3000, (index) => `${(index * split) % 1700},${index}`));
  const runs = (shuffleBlocks: Drive["shuffleBlocks"]) =>
    driven(plan, splits, shuffleBlocks === undefined ? {} : { shuffleBlocks })
      .tasks.flatMap(({ runs }) => runs)
      .map(({ bytes }) => Buffer.from(bytes).toString("base64"));
  t.deepEqual(
    runs((blocks) => blocks.toReversed()),
    runs(undefined),
  );
});

test("NDJSON goes in and comes out", (t) => {
  const plan = planOf([reduce("max")]);
  const format: TextFormat = { format: "ndjson", keyMember: "k", valueMember: "v" };
  const { text } = driven(plan, ['{"k":1,"v":2}\n[1,9223372036854775807]\n{"v":-3,"k":2}'], {
    ...{ format, outputFormat: "ndjson", windowBytes: 5 },
  });
  t.is(text, '{"k":1,"v":9223372036854775807}\n{"k":2,"v":-3}\n');
});

test("hundreds of flatMaps and of stages run in bounded memory", (t) => {
  const twice: Operation = { ...copies(1), origin: ORIGIN };
  const repeat = (times: number, operations: readonly Operation[]): Operation => ({
    ...{ operator: "repeat", times, operations, origin: ORIGIN },
  });
  const plan = planOf([
    copies(100),
    repeat(300, [twice]),
    reduce("count"),
    repeat(200, [scalar("changeKey", KEY), reduce("sum")]),
    repeat(300, [reduce("min")]),
  ]);
  const { text } = driven(plan, [lines(50, (index) => `${index % 5},${index}`)]);
  t.is(
    text,
    lines(5, (key) => `${key},1000`),
  );
});

test("a program without pairs gives nothing", (t) => {
  const { text, tasks } = driven(planOf([scalar("filter", integer(0)), reduce("sum"), copies(2)]), ["1,1\n", "\n\n"]);
  t.is(text, "");
  t.deepEqual(
    tasks.map(({ bundles, runs }) => bundles.length + runs.length),
    [0, 0],
  );
});

test("two tasks under way at once on one kernel set do not disturb each other", (t) => {
  const plan = planOf([copies(2), reduce("sum")]);
  const texts = [lines(20_000, (index) => `${index % 300},${index}`), lines(40_000, (index) => `${index},${index}`)];
  const kernelSet = createInt64KernelSet(kernels, plan);
  const bundles = texts.map((): string[] => []);
  const tasks = texts.map((_, index) =>
    kernelSet.openStage(0).beginSplit(CSV, {
      bundle: (bytes) => bundles[index].push(Buffer.from(bytes).toString("base64")),
      run: () => t.fail(),
      reject: () => t.fail(),
    }),
  );
  for (let from = 0; from < texts[1].length; from += 10_000) {
    texts.forEach((text, index) => {
      const bytes = Buffer.from(text.slice(from, from + 10_000));
      tasks[index].window(bytes.length).set(bytes);
      tasks[index].push(bytes.length);
    });
  }
  for (const task of tasks) task.finish();
  const apart = driven(plan, texts).tasks.filter(({ stage }) => stage === 0);
  t.deepEqual(
    bundles,
    apart.map((task) => task.bundles.map(({ bytes }) => Buffer.from(bytes).toString("base64"))),
  );
});
