/**
 * Expansions against the exact evaluator: every kind of list, cut wherever the batch ends.
 */
import test from "ava";
import fc from "fast-check";
import type { IntExpression, ListExpression } from "../../../../../programs/expression/tree.ts";
import { ChainCompiler, type ChainFailure } from "../../../../../programs/kernels/int64/chain/compile-chain.ts";
import { evaluateList, resultOf } from "./exact-evaluator.ts";
import { freshKernels, integers, lists } from "./generators.ts";

interface Pair {
  readonly key: bigint;
  readonly value: bigint;
}

const ROWS_MAX = 64;
/** Lists are compared up to this many items of a pair, as most are astronomically long. */
const ITEMS_MAX = 40;
const OPERATION = 12;
const instance = freshKernels();
const compiler = new ChainCompiler(instance);
const pairColumns = (rows: number) => ({ keys: instance.allocate(rows * 8), values: instance.allocate(rows * 8) });
const columns = pairColumns(ROWS_MAX);
const out = pairColumns(3000);

interface Cut {
  readonly outAt: number;
  readonly capacity: number;
}

/** The first `ITEMS_MAX` items of each pair, whose keys are all different; the rest of longer lists is skipped. */
function shortened(expanded: readonly Pair[]): Pair[] {
  const counts = new Map<bigint, number>();
  return expanded.filter(({ key }) => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= ITEMS_MAX;
  });
}

function shown({
  expanded,
  failures,
}: {
  readonly expanded: readonly Pair[];
  readonly failures: readonly ChainFailure[];
}) {
  return [...expanded, ...failures].map((item) => Object.values(item).join()).join("\n");
}

/** Runs until all rows are through, but leaves a pair once it has given more than `ITEMS_MAX` items. */
function runCompiled(list: ListExpression, pairs: readonly Pair[], { outAt, capacity }: Cut) {
  const expansion = compiler.expansion({ kind: "flatMap", operation: OPERATION, expression: list });
  instance.int64s(columns.keys, pairs.length).set(pairs.map(({ key }) => key));
  instance.int64s(columns.values, pairs.length).set(pairs.map(({ value }) => value));
  const failures: ChainFailure[] = [];
  const expanded: Pair[] = [];
  let [row, position] = [0, 0n];
  for (;;) {
    const outcome = expansion.run(columns, row, position, pairs.length, out, outAt, capacity, (failure) => {
      failures.push(failure);
    });
    if (outcome.produced > capacity - outAt) throw new Error("wrote past the batch");
    const values = instance.int64s(out.values + outAt * 8, outcome.produced);
    const keys = instance.int64s(out.keys + outAt * 8, outcome.produced);
    for (const [index, key] of keys.entries()) expanded.push({ key, value: values[index]! });
    if (outcome.done) return { expanded: shortened(expanded), failures };
    if (outcome.produced !== capacity - outAt) throw new Error("stopped before the batch was full");
    [row, position] = [outcome.row, outcome.position];
    if (position > ITEMS_MAX) [row, position] = [row + 1, 0n];
  }
}

function runExactly(list: ListExpression, pairs: readonly Pair[]) {
  const expanded: Pair[] = [];
  const failures: ChainFailure[] = [];
  for (const pair of pairs) {
    const items = resultOf(() => evaluateList(list, pair, ITEMS_MAX));
    if (typeof items === "string")
      failures.push({ operation: OPERATION, cause: items, key: pair.key, value: pair.value });
    else for (const value of items) expanded.push({ key: pair.key, value });
  }
  return { expanded, failures };
}

const pairs = fc.uniqueArray(fc.record({ key: integers, value: integers }), {
  maxLength: 12,
  selector: ({ key }) => key,
});

test("expansion: random lists over pairs near the limits give the exact items in order, whatever the room", (t) => {
  fc.assert(
    fc.property(
      lists,
      pairs,
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 9 }),
      (list, batch, outAt, room) => {
        const compiled = runCompiled(list, batch, { outAt, capacity: outAt + room });
        t.is(shown(compiled), shown(runExactly(list, batch)));
      },
    ),
    { numRuns: 800 },
  );
  t.pass();
});

const value: IntExpression = { kind: "value" };

function literal(integer: bigint): IntExpression {
  return { kind: "literal", value: integer };
}

test("expansion: a range of all 64-bit integers but one is begun, cut and gone on with at any position", (t) => {
  const list: ListExpression = { kind: "range", from: literal(-(2n ** 63n)), below: literal(2n ** 63n - 1n) };
  const expansion = compiler.expansion({ kind: "flatMap", operation: 0, expression: list });
  instance.int64s(columns.keys, 1)[0] = 4n;
  const last = 2n ** 64n - 1n;
  const run = (position: bigint) =>
    expansion.run(columns, 0, position, 1, out, 0, 3, () => t.fail("nothing can fail here"));
  t.deepEqual(run(0n), { produced: 3, row: 0, position: 3n, done: false });
  t.deepEqual([...instance.int64s(out.values, 3)], [-(2n ** 63n), 1n - 2n ** 63n, 2n - 2n ** 63n]);
  t.deepEqual(run(last - 4n), { produced: 3, row: 0, position: last - 1n, done: false });
  t.deepEqual(run(last - 1n), { produced: 1, row: 1, position: 0n, done: true });
  t.is(instance.int64s(out.values, 1)[0], 2n ** 63n - 2n);
});

test("expansion: the digits of the smallest integer are those of 2 ** 63", (t) => {
  const list: ListExpression = { kind: "digits", operand: value };
  const { expanded } = runCompiled(list, [{ key: 1n, value: -(2n ** 63n) }], { outAt: 0, capacity: 3000 });
  t.is(expanded.map((pair) => pair.value).join(""), "9223372036854775808");
});

test("expansion: two thousand items are cut where the batch ends, and a failing last one drops the pair", (t) => {
  const items = Array.from({ length: 1999 }, (_, index): IntExpression => literal(BigInt(index)));
  items.push({ kind: "binary", operator: "/", left: literal(100n), right: value });
  const expansion = compiler.expansion({ kind: "flatMap", operation: 9, expression: { kind: "list", items } });
  instance.int64s(columns.keys, 3).set([1n, 2n, 3n]);
  instance.int64s(columns.values, 3).set([5n, 0n, 10n]);
  const failures: ChainFailure[] = [];
  const onFailure = (failure: ChainFailure) => failures.push(failure);
  t.deepEqual(expansion.run(columns, 0, 0n, 3, out, 0, 3000, onFailure), {
    produced: 3000,
    row: 2,
    position: 1000n,
    done: false,
  });
  t.deepEqual(failures, [{ operation: 9, cause: "divisionByZero", key: 2n, value: 0n }]);
  t.is(instance.int64s(out.values, 2000)[1999], 20n);
  t.deepEqual(expansion.run(columns, 2, 1000n, 3, out, 0, 3000, onFailure), {
    produced: 1000,
    row: 3,
    position: 0n,
    done: true,
  });
  t.is(instance.int64s(out.values, 1000)[999], 10n);
});
