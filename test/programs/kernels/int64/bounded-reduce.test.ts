import test from "ava";
import type { AggregateName } from "../../../../programs/expression/tree.ts";
import { BoundedReduce } from "../../../../programs/kernels/int64/bounded-reduce.ts";
import type { MemoryExports } from "../../../../programs/kernels/int64/instance.ts";
import { KernelResources } from "../../../../programs/kernels/int64/kernel-resources.ts";
import { aggregationLimits } from "../../../../programs/kernels/int64/memory-limits.ts";
import { BATCH_PAIRS } from "../../../../programs/limits.ts";
import { makePlan } from "../../../../programs/plan/make-plan.ts";
import type { ReduceStep } from "../../../../programs/plan/plan.ts";
import { aggregate, program, reduce } from "../../build-program.ts";
import { newInstance } from "./aggregation-driver.ts";

const MEBIBYTE = 2 ** 20;
const BATCHES = 16;

/** Distinct integers, as many as there are rows, scattered by an odd factor. */
const SCATTERED = BigInt64Array.from({ length: BATCHES * BATCH_PAIRS }, (_, row) =>
  BigInt.asIntN(64, BigInt(row) * 0x9e3779b97f4a7c15n),
);

/** `rowOf` gives key and value of a row for one of SCATTERED. */
function reduceIn(memoryBytes: number, name: AggregateName, rowOf: (row: bigint) => readonly [bigint, bigint]) {
  const instance = newInstance();
  const plan = makePlan(program([reduce(aggregate(name))]));
  const resources = new KernelResources(instance, plan, memoryBytes);
  const step = plan.stages[1].steps[0] as ReduceStep;
  const limits = aggregationLimits([step], memoryBytes);
  const bounded = new BoundedReduce(resources.kernels.reduce(step), resources, limits);
  const columns = { keys: instance.allocate(BATCH_PAIRS * 8), values: instance.allocate(BATCH_PAIRS * 8) };
  const keys = SCATTERED.map((row) => rowOf(row)[0]);
  const values = SCATTERED.map((row) => rowOf(row)[1]);
  let passes = 0;
  let keyCount = 0;
  let lastKey: bigint | undefined;
  let resultSum = 0n;
  let isAscending = true;
  do {
    passes += 1;
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const [from, to] = [batch * BATCH_PAIRS, (batch + 1) * BATCH_PAIRS];
      instance.int64s(columns.keys, BATCH_PAIRS).set(keys.subarray(from, to));
      instance.int64s(columns.values, BATCH_PAIRS).set(values.subarray(from, to));
      bounded.update(columns, BATCH_PAIRS);
    }
  } while (
    bounded.endPass(
      (results, count) => {
        keyCount += count;
        for (const key of instance.int64s(results.keys, count)) {
          isAscending &&= lastKey === undefined || key > lastKey;
          lastKey = key;
        }
        for (const value of instance.int64s(results.values, count)) resultSum += value;
      },
      () => undefined,
    )
  );
  const memory = (instance.exports as unknown as MemoryExports).memory.buffer.byteLength;
  return { passes, keyCount, resultSum, isAscending, memory };
}

test("bounded reduce: a quarter of a million keys in 8 MiB come in order, each once, and memory does not grow beyond", (t) => {
  const bounded = reduceIn(8 * MEBIBYTE, "count", (row) => [row, 1n]);
  t.true(bounded.isAscending);
  t.is(bounded.keyCount, SCATTERED.length);
  t.is(bounded.resultSum, BigInt(SCATTERED.length));
  t.true(bounded.passes > 4);
  // Memory grows by doubling.
  t.true(bounded.memory <= 16 * MEBIBYTE, `${bounded.memory / MEBIBYTE} MiB`);
});

test("bounded reduce: the median of as many distinct values of one key is exact, and memory does not grow beyond", (t) => {
  const median = SCATTERED.toSorted()[(SCATTERED.length - 1) >>> 1];
  const bounded = reduceIn(8 * MEBIBYTE, "median", (row) => [7n, row]);
  t.is(bounded.keyCount, 1);
  t.is(bounded.resultSum, median);
  t.true(bounded.memory <= 16 * MEBIBYTE, `${bounded.memory / MEBIBYTE} MiB`);
});

test("bounded reduce: distinct of a key with nearly all rows, among small ones, is exact, and memory does not grow beyond", (t) => {
  const bounded = reduceIn(8 * MEBIBYTE, "distinct", (row) => [row % 16n === 0n ? row : 5n, row >> 32n]);
  const small = SCATTERED.filter((row) => row % 16n === 0n).length;
  const ofHotKey = new Set(SCATTERED.filter((row) => row % 16n !== 0n).map((row) => row >> 32n));
  t.is(bounded.keyCount, small + 1);
  t.is(bounded.resultSum, BigInt(small + ofHotKey.size));
  t.true(bounded.isAscending);
  t.true(bounded.memory <= 16 * MEBIBYTE, `${bounded.memory / MEBIBYTE} MiB`);
});

test("bounded reduce: a large table gives its memory back when an aggregation of another shape needs it", (t) => {
  const instance = newInstance();
  const resources = new KernelResources(instance, makePlan(program([reduce()])), Number.POSITIVE_INFINITY);
  const keys = instance.allocate(BATCH_PAIRS * 8);
  const memoryBytes = (["count", "sum", "min", "max"] as const).map((name) => {
    const shape = { signature: name, specifications: [{ name, fallible: false }] };
    const aggregation = resources.acquireAggregation(shape);
    for (let from = 0; from < SCATTERED.length; from += BATCH_PAIRS) {
      instance.int64s(keys, BATCH_PAIRS).set(SCATTERED.subarray(from, from + BATCH_PAIRS));
      aggregation.update(keys, [{ values: keys, causes: 0 }], BATCH_PAIRS);
    }
    resources.releaseAggregation(shape, aggregation);
    return (instance.exports as unknown as MemoryExports).memory.buffer.byteLength;
  });
  t.is(Math.max(...memoryBytes), memoryBytes[1], "the largest of them, and nothing beside it");
});
