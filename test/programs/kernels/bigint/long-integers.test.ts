import test, { type ExecutionContext } from "ava";
import type { AggregateName, IntExpression } from "../../../../programs/expression/tree.ts";
import { createBigintKernelSet } from "../../../../programs/kernels/bigint/bigint-kernel-set.ts";
import { BATCH_PAIRS, BIGINT_BITS_MAX, BIGINT_GATHERED_BYTES_MAX } from "../../../../programs/limits.ts";
import { makePlan } from "../../../../programs/plan/make-plan.ts";
import type { Program } from "../../../../programs/program.ts";
import {
  aggregate,
  binary,
  changeKey,
  type Draft,
  flatMap,
  k,
  literal,
  map,
  program,
  reduce,
  v,
} from "../../build-program.ts";
import { CSV, compareWithOracle, driveLines } from "../compare-with-oracle.ts";
import { runSplit } from "../drive-plan.ts";

const createKernels = createBigintKernelSet;

function bigintProgram(drafts: readonly Draft[], options: Partial<Program> = {}): Program {
  return program(drafts, { integers: "bigint", onError: "reject", ...options });
}

function holdsFor(t: ExecutionContext, drafts: readonly Draft[], lines: readonly string[]): void {
  compareWithOracle(t, bigintProgram(drafts), lines, { createKernels, linesPerSplit: 3, windowBytes: 5000 });
}

/** Thousands of digits, of both signs, some of them equal. */
const LONG = Array.from(
  { length: 12 },
  (_, index) => (-1n) ** BigInt(index) * (7n ** (3000n + BigInt(index % 5)) + 1n),
);
const LONG_LINES = LONG.map((value, index) => `${index % 2 === 0 ? value / 10n : index},${value}\n`);

for (const name of ["sum", "count", "min", "max", "product", "mean", "median", "distinct"] as const) {
  test(`long integers: ${name} of thousands of digits is exact`, (t) => {
    holdsFor(t, [changeKey(binary(v, "%", literal(3))), reduce(aggregate(name))], LONG_LINES);
  });
}

test("long integers: keys of thousands of digits are told apart and put in order", (t) => {
  holdsFor(t, [changeKey(binary(v, "*", literal(2n ** 64n))), map(k), reduce(aggregate("count"))], LONG_LINES);
  holdsFor(t, [map(k)], LONG_LINES);
});

const TOP = BigInt(BIGINT_BITS_MAX);

/** The remainder alone is written: the digits of the whole would take seconds. */
function remainderOf(name: AggregateName): IntExpression {
  return binary(aggregate(name), "%", literal(1_000_003));
}

test("too large: a product is judged by its own value, so that a factor 0 anywhere mends it", (t) => {
  const half = map(binary(v, "*", binary(literal(2), "**", literal(TOP / 2n))));
  const product = [half, reduce(remainderOf("product"))];
  holdsFor(t, product, ["1,3\n", "1,5\n", "1,7\n", "2,9\n", "2,11\n", "2,13\n", "2,0\n", "3,1\n"]);
  holdsFor(t, product, ["1,0\n", "1,5\n", "1,7\n", "1,9\n", "1,-1\n", "1,2\n", "2,-1\n"]);
});

test("too large: a sum and a mean are judged by their own values, not by their running totals", (t) => {
  const nearLimit = map(binary(v, "*", binary(binary(literal(2), "**", literal(TOP - 1n)), "+", literal(1))));
  for (const name of ["sum", "mean"] as const) {
    holdsFor(
      t,
      [nearLimit, reduce(aggregate(name))],
      ["1,1\n", "1,1\n", "1,1\n", "1,-1\n", "1,-1\n", "2,1\n", "2,1\n", "2,1\n"],
    );
  }
});

test("too large: a pair whose power, shift or product is too large is rejected", (t) => {
  holdsFor(t, [map(binary(literal(10), "**", v))], ["1,5\n", "1,1204200\n", "1,99999999999999999999\n", "1,-1\n"]);
  holdsFor(t, [map(binary(binary(v, "**", literal(90_000)), "<<", v))], ["1,2\n", "1,100001\n", "1,-1\n", "1,1\n"]);
});

test("failed operands: an aggregate fails with the first cause of its operands, and only where it is needed", (t) => {
  const quotient = aggregate("sum", binary(literal(1), "/", v));
  const powerOf = aggregate("max", binary(literal(2), "**", v));
  const chosen = {
    kind: "conditional",
    test: binary(k, "==", literal(1)),
    consequent: quotient,
    alternate: powerOf,
  } as const;
  holdsFor(
    t,
    [reduce(chosen)],
    ["1,2\n", "1,-1\n", "2,0\n", "2,3\n", "3,-1\n", "3,4\n", "1,1\n", "4,5\n", "4,99999999\n"],
  );
  holdsFor(
    t,
    [reduce(aggregate("min", binary(literal(2), "**", binary(literal(1), "/", v))))],
    ["1,0\n", "1,-1\n", "2,-1\n", "2,0\n", "1,7\n", "3,-1\n", "4,-1\n", "4,5\n", "4,0\n"],
  );
});

test("lists: a list may be longer than memory, as long as nobody keeps it", (t) => {
  const plan = makePlan(
    bigintProgram([
      flatMap({ kind: "range", from: literal(2n ** 53n - 150_000n), below: binary(v, "+", literal(2n ** 53n)) }),
      changeKey(binary(v, "%", literal(2))),
      reduce(aggregate("sum")),
    ]),
  );
  const { text } = driveLines(plan, ["1,150000\n"], { createKernels, linesPerSplit: 1 });
  // 150,000 even and as many odd ones; they are symmetric about 2 ** 53 but for 2 ** 53 - 150,000.
  t.is(text, `0,${150_000n * 2n ** 53n - 150_000n}\n1,${150_000n * 2n ** 53n}\n`);
});

/** One line gives `pairs` pairs of values of 100,000 bytes and more. */
function manyLong(pairs: number): readonly Draft[] {
  const value = binary(v, "+", binary(literal(2), "**", literal(800_000)));
  return [flatMap({ kind: "range", from: literal(0), below: literal(pairs) }), map(value)];
}

test("memory: bundles, runs and ranges are cut where long integers fill them, not only by counts", (t) => {
  const split = (drafts: readonly Draft[]) => {
    const plan = makePlan(bigintProgram(drafts));
    const kernels = createKernels(plan);
    const settings = { plan, openKernels: () => kernels, splits: [], format: CSV, outputFormat: "csv" as const };
    return { output: kernels.output, outcome: runSplit(settings, Buffer.from("1,0\n")) };
  };
  const { bundles } = split([...manyLong(400), reduce(aggregate("median"))]).outcome;
  t.is(bundles.length, 3);
  for (const { bytes } of bundles) t.true(bytes.length < BIGINT_GATHERED_BYTES_MAX + 200_000);
  const { output, outcome } = split(manyLong(400));
  t.is(outcome.runs.length, 3);
  const headers = outcome.runs.map(({ bytes, headerBytes }) => bytes.subarray(0, headerBytes));
  const ranges = output.planRanges(headers, 100_000);
  t.true(ranges.length >= 6);
  for (const range of ranges) {
    const extents = headers.map((header) => output.extent(header, range)?.byteLength ?? 0);
    t.true(extents.reduce((sum, byteLength) => sum + byteLength, 0) < 8_000_000);
  }
});

test("memory: a combiner is emptied where long integers fill it", (t) => {
  const plan = makePlan(bigintProgram([...manyLong(400), reduce(aggregate("max"))]));
  const { tasks, text } = driveLines(plan, ["1,0\n"], { createKernels, linesPerSplit: 1 });
  t.is(tasks[0].bundles.length, 3);
  t.is(text, `1,${2n ** 800_000n + 399n}\n`);
});

test("combiner: keys that repeat are combined, keys that do not are sent as they are", (t) => {
  const settings = { createKernels, linesPerSplit: 3 * BATCH_PAIRS };
  const plan = makePlan(bigintProgram([reduce(aggregate("sum"))]));
  const lines = (keys: number) => Array.from({ length: 3 * BATCH_PAIRS }, (_, index) => `${index % keys},1\n`);
  const few = driveLines(plan, lines(100), settings);
  t.is(few.tasks[0].statistics.pairsOut, 100);
  const many = driveLines(plan, lines(2 * BATCH_PAIRS), settings);
  t.is(many.tasks[0].statistics.pairsOut, 3 * BATCH_PAIRS);
  t.is(many.tasks[0].bundles.length, 2);
  t.is(many.text.split("\n").length - 1, 2 * BATCH_PAIRS);
});

test("ranges: a pair with more copies than a range may have is counted", (t) => {
  const plan = makePlan(bigintProgram([flatMap({ kind: "copies", item: literal(2n ** 70n), count: v })]));
  const { text, pairCount } = driveLines(plan, ["5,20000\n", "4,1\n", "6,1\n"], {
    createKernels,
    linesPerSplit: 1,
    pairsPerRange: 100,
  });
  t.is(pairCount, 20_002);
  const each = (key: number) => `${key},${2n ** 70n}\n`;
  t.is(text, each(4) + each(5).repeat(20_000) + each(6));
});

test("steps: a program of very many flatMaps needs no stack", (t) => {
  const one = flatMap({ kind: "list", items: [binary(v, "+", literal(1))] });
  const plan = makePlan(bigintProgram([{ operator: "repeat", times: 100_000, operations: [one] }]));
  t.is(driveLines(plan, ["1,2\n", "3,4\n"], { createKernels, linesPerSplit: 2 }).text, "1,100002\n3,100004\n");
});
