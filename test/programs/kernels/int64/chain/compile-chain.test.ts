/**
 * Chains against the exact evaluator: survivors in order, failures with the pair they happened to, long chains.
 */
import test from "ava";
import fc from "fast-check";
import type { IntExpression } from "../../../../../programs/expression/tree.ts";
import { ChainCompiler, type ChainFailure } from "../../../../../programs/kernels/int64/chain/compile-chain.ts";
import type { ChainStep } from "../../../../../programs/kernels/int64/chain/emit-chain.ts";
import { splitChain } from "../../../../../programs/kernels/int64/chain/split-chain.ts";
import { BATCH_PAIRS } from "../../../../../programs/limits.ts";
import { evaluate, resultOf } from "./exact-evaluator.ts";
import { binaryExpressions, criticalIntegers, expressions, freshKernels, integers } from "./generators.ts";

interface Pair {
  readonly key: bigint;
  readonly value: bigint;
}

interface Outcome {
  readonly pairs: readonly Pair[];
  readonly failures: readonly ChainFailure[];
}

const instance = freshKernels();
const compiler = new ChainCompiler(instance);
const columns = { keys: instance.allocate(BATCH_PAIRS * 8), values: instance.allocate(BATCH_PAIRS * 8) };

function runCompiled(steps: readonly ChainStep[], pairs: readonly Pair[]): Outcome {
  const chain = compiler.chain(steps);
  instance.int64s(columns.keys, pairs.length).set(pairs.map(({ key }) => key));
  instance.int64s(columns.values, pairs.length).set(pairs.map(({ value }) => value));
  const failures: ChainFailure[] = [];
  const written = chain.run(columns, pairs.length, (failure) => failures.push(failure));
  const values = instance.int64s(columns.values, written);
  const survivors = Array.from(instance.int64s(columns.keys, written), (key, row) => ({ key, value: values[row]! }));
  return { pairs: survivors, failures };
}

/** One pair through all steps: the pair, nothing, or a failure. */
function follow(steps: readonly ChainStep[], start: Pair): Pair | undefined | ChainFailure {
  let pair = start;
  for (const { kind, operation, expression } of steps) {
    const result = resultOf(() => evaluate(expression, pair));
    if (typeof result === "string") return { operation, cause: result, ...pair };
    if (kind === "filter" && result === 0n) return undefined;
    if (kind === "map") pair = { ...pair, value: result };
    if (kind === "changeKey") pair = { ...pair, key: result };
  }
  return pair;
}

function runExactly(steps: readonly ChainStep[], pairs: readonly Pair[]): Outcome {
  const ends = pairs.map((pair) => follow(steps, pair)).filter((end) => end !== undefined);
  return {
    pairs: ends.filter((end): end is Pair => !("cause" in end)),
    failures: ends.filter((end): end is ChainFailure => "cause" in end),
  };
}

/** One line a pair and a failure: much faster to compare than the objects. */
function shown({ pairs, failures }: Outcome): string {
  const survivors = pairs.map(({ key, value }) => `${key},${value}`);
  return [...survivors, ...failures.map((failure) => Object.values(failure).join())].join("\n");
}

function sorted(failures: readonly ChainFailure[]): string[] {
  return failures.map((failure) => Object.values(failure).join()).sort();
}

const value: IntExpression = { kind: "value" };
const key: IntExpression = { kind: "key" };

function literal(integer: number | bigint): IntExpression {
  return { kind: "literal", value: BigInt(integer) };
}

function binary(
  operator: "+" | "-" | "*" | "/" | "%" | ">" | "!=",
  left: IntExpression,
  right: IntExpression,
): IntExpression {
  return { kind: "binary", operator, left, right };
}

function step(kind: ChainStep["kind"], operation: number, expression: IntExpression): ChainStep {
  return { kind, operation, expression };
}

const pairs = fc.array(fc.record({ key: integers, value: integers }), { maxLength: 100 });
const stepExpressions = fc.oneof(binaryExpressions, expressions({ columnCount: 0 }));
const chains = fc
  .array(fc.tuple(fc.constantFrom<ChainStep["kind"]>("map", "changeKey", "filter"), stepExpressions), { maxLength: 8 })
  .map((parts) => parts.map(([kind, expression], index) => step(kind, index * 1000 + 7, expression)));

test("chain: random steps over pairs near the limits keep the survivors in order and report each failing pair", (t) => {
  fc.assert(
    fc.property(chains, pairs, (steps, some) => {
      const critical = criticalIntegers(steps[0]?.expression ?? value);
      const batch = [...some, ...critical.map((integer) => ({ key: 3n, value: integer }))];
      t.is(shown(runCompiled(steps, batch)), shown(runExactly(steps, batch)));
    }),
    { numRuns: 800 },
  );
  t.pass();
});

test("chain: the last filter keeps and drops whole batches", (t) => {
  const batch = Array.from({ length: BATCH_PAIRS }, (_, row) => ({ key: BigInt(row), value: BigInt(row % 3) }));
  const steps = [step("map", 0, binary("*", value, literal(3))), step("filter", 1, binary("!=", value, literal(3)))];
  t.is(shown(runCompiled(steps, batch)), shown(runExactly(steps, batch)));
  t.is(runCompiled([step("filter", 0, literal(0))], batch).pairs.length, 0);
  t.is(runCompiled([step("filter", 0, literal(-1))], batch).pairs.length, BATCH_PAIRS);
});

test("chain: without steps every pair stays", (t) => {
  const batch = [{ key: 1n, value: 2n }];
  t.deepEqual(runCompiled([], batch), { pairs: batch, failures: [] });
});

test("chain: an empty batch gives nothing", (t) => {
  t.deepEqual(runCompiled([step("map", 0, binary("/", value, literal(0)))], []), { pairs: [], failures: [] });
});

test("chain: a callback that throws ends the run with its error", (t) => {
  const chain = compiler.chain([step("map", 3, binary("/", literal(1), value))]);
  instance.int64s(columns.values, 2).set([1n, 0n]);
  const refuse = ({ operation }: ChainFailure) => {
    throw new Error(`operation ${operation}`);
  };
  t.throws(() => chain.run(columns, 2, refuse), { message: "operation 3" });
});

test("chain: a long one in several parts gives what its steps give one by one", (t) => {
  const body = [
    step("map", 0, binary("+", value, binary("%", key, literal(7)))),
    step("changeKey", 1, binary("-", value, literal(3))),
    step("filter", 2, binary("!=", binary("%", value, literal(1009)), literal(5))),
    step(
      "map",
      3,
      binary("/", binary("*", value, literal(3)), binary("-", binary("%", key, literal(911)), literal(5))),
    ),
    step("map", 4, binary("+", value, literal(1_000_003))),
  ];
  const batch = Array.from({ length: 300 }, (_, row) => ({ key: BigInt(row * 31), value: BigInt(row * row * 77) }));
  const steps = Array.from({ length: 150 }, () => body).flat();
  const compiled = runCompiled(steps, batch);
  const exact = runExactly(steps, batch);
  t.true(exact.failures.length > 10);
  t.true(exact.pairs.length > 10);
  t.deepEqual(compiled.pairs, exact.pairs);
  t.deepEqual(sorted(compiled.failures), sorted(exact.failures));
});

test("chain: a million steps of a repeat are compiled as a few functions", (t) => {
  const increment = step("map", 0, binary("+", value, literal(1)));
  const steps = Array.from({ length: 1_000_000 }, () => increment);
  t.is(splitChain(steps).distinct.length, 1);
  t.deepEqual(runCompiled(steps, [{ key: 5n, value: -3n }]).pairs, [{ key: 5n, value: 999_997n }]);
});

for (const { inner, outer, head } of [
  { inner: 3, outer: 1, head: 0 },
  { inner: 7, outer: 1, head: 3 },
  { inner: 199, outer: 1, head: 1 },
  { inner: 201, outer: 1, head: 0 },
  { inner: 950, outer: 1, head: 13 },
  { inner: 5, outer: 100, head: 2 },
]) {
  test(`split: repeats are cut where they repeat (body of ${inner}, ${outer} times inside another, ${head} before)`, (t) => {
    const fresh = (count: number) => Array.from({ length: count }, (_, index) => step("map", index, value));
    const [body, frame] = [fresh(inner), fresh(outer > 1 ? 2 : 0)];
    const repeated = [...frame, ...Array.from({ length: outer }, () => body).flat()];
    const steps = [
      ...fresh(head),
      ...Array.from({ length: Math.ceil(30_000 / repeated.length) }, () => repeated).flat(),
    ];
    const { distinct, sequence } = splitChain(steps);
    t.deepEqual(
      sequence.flatMap((index) => distinct[index]!),
      steps,
    );
    t.true(distinct.length <= 12, `${distinct.length} distinct parts`);
    t.true(sequence.length <= steps.length / 60, `${sequence.length} parts`);
  });
}
