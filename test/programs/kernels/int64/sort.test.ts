import test from "ava";
import fc from "fast-check";
import { gather64, sortKeysWithIndex, sortPairs } from "../../../../programs/kernels/int64/sort.ts";
import { hardInteger, INT64_MAX, INT64_MIN } from "./hard-integers.ts";
import { columnOf, putColumn, releaseAll, testKernels } from "./memory-columns.ts";

const kernels = testKernels();

type Pair = readonly [bigint, bigint];

function compare(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function sorted(pairs: readonly Pair[]): Pair[] {
  const keys = putColumn(
    kernels,
    pairs.map(([key]) => key),
  );
  const values = putColumn(
    kernels,
    pairs.map(([, value]) => value),
  );
  sortPairs(kernels, keys, values, pairs.length);
  const sortedValues = columnOf(kernels, values, pairs.length);
  const result = columnOf(kernels, keys, pairs.length).map((key, row) => [key, sortedValues[row]] as const);
  releaseAll(kernels, [keys, values]);
  return result;
}

function expected(pairs: readonly Pair[]): Pair[] {
  return [...pairs].sort((left, right) => compare(left[0], right[0]) || compare(left[1], right[1]));
}

/** Integers of a narrow or wide range, so that all ways of sorting are taken. */
const ranged = fc.oneof(
  fc.tuple(hardInteger, fc.integer({ min: 0, max: 63 })).map(([base, bits]) => {
    const span = 2n ** BigInt(bits);
    const low = base > INT64_MAX - span ? INT64_MAX - span : base;
    return fc.bigInt({ min: low, max: low + span });
  }),
  fc.constant(hardInteger),
);

test("sortPairs: any pairs of any ranges and counts", (t) => {
  const count = fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 60, max: 70 }), fc.constantFrom(500, 5000));
  const pairs = fc
    .tuple(ranged, ranged, count)
    .chain(([key, value, length]) =>
      fc.array(fc.tuple(key, value), { minLength: length, maxLength: length, size: "max" }),
    );
  fc.assert(
    fc.property(pairs, (unsorted) => {
      t.deepEqual(sorted(unsorted), expected(unsorted));
    }),
    { numRuns: 150 },
  );
});

function scramble(index: number): bigint {
  return (BigInt(index) * 0x9e3779b97f4a7c15n) & 0xffff_ffff_ffff_ffffn;
}

for (const [keyBits, valueBits] of [
  [1, 63],
  [20, 20],
  [20, 44],
  [32, 33],
  [64, 0],
  [0, 64],
  [64, 64],
  [11, 0],
]) {
  test(`sortPairs: keys of ${keyBits} bits and values of ${valueBits} bits`, (t) => {
    const pairs = Array.from({ length: 6000 }, (_, index) => {
      const key = BigInt.asIntN(64, scramble(index + 1) >> BigInt(64 - keyBits));
      return [key, BigInt.asIntN(64, scramble(index * 3 + 7) >> BigInt(64 - valueBits))] as const;
    });
    t.deepEqual(sorted(pairs), expected(pairs));
  });
}

test("sortPairs: sorted, reversed and equal pairs, and those with one pair out of order", (t) => {
  const ascending = Array.from({ length: 300 }, (_, index) => [BigInt(index >> 2), BigInt(index)] as const);
  const swapped = [...ascending.slice(0, 298), ascending[299], ascending[298]];
  for (const pairs of [ascending, [...ascending].reverse(), swapped, Array<Pair>(300).fill([INT64_MIN, INT64_MAX])]) {
    t.deepEqual(sorted(pairs), expected(pairs));
  }
});

test("sortPairs: one outlier among many equal pairs, at either end", (t) => {
  for (const outlier of [300n, 70_000n, 2n ** 40n, -(2n ** 62n), INT64_MAX]) {
    for (const at of [0, 4999]) {
      const pairs = Array.from({ length: 5000 }, (_, index) => [index === at ? outlier : 5n, 7n] as const);
      t.deepEqual(sorted(pairs), expected(pairs));
      const turned = pairs.map(([key, value]) => [value, key] as const);
      t.deepEqual(sorted(turned), expected(turned));
    }
  }
});

test("sortKeysWithIndex: any keys, equal ones in their order, and gather64 follows", (t) => {
  const count = fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 60, max: 70 }), fc.constantFrom(500, 5000));
  const columns = fc
    .tuple(ranged, count)
    .chain(([key, length]) => fc.array(key, { minLength: length, maxLength: length, size: "max" }));
  fc.assert(
    fc.property(columns, (keys) => {
      const order = keys.map((_, row) => row).sort((left, right) => compare(keys[left], keys[right]) || left - right);
      const sortedKeys = putColumn(kernels, keys);
      const source = putColumn(kernels, keys);
      const gathered = kernels.allocate(8 * keys.length);
      const indexes = kernels.allocate(4 * keys.length);
      kernels.uint32s(indexes, keys.length).set(keys.map((_, row) => row));
      sortKeysWithIndex(kernels, sortedKeys, indexes, keys.length);
      t.deepEqual(Array.from(kernels.uint32s(indexes, keys.length)), order);
      const expectedKeys = order.map((row) => keys[row]);
      t.deepEqual(columnOf(kernels, sortedKeys, keys.length), expectedKeys);
      gather64(kernels, source, indexes, keys.length, gathered);
      t.deepEqual(columnOf(kernels, gathered, keys.length), expectedKeys);
      releaseAll(kernels, [sortedKeys, source, gathered, indexes]);
    }),
    { numRuns: 150 },
  );
});

test("sortKeysWithIndex: indexes are carried, whatever they are", (t) => {
  const keys = putColumn(
    kernels,
    Array.from({ length: 100 }, (_, row) => BigInt(-row)),
  );
  const indexes = kernels.allocate(400);
  kernels.uint32s(indexes, 100).set(Array.from({ length: 100 }, (_, row) => 0xffffffff - row));
  sortKeysWithIndex(kernels, keys, indexes, 100);
  t.deepEqual(
    Array.from(kernels.uint32s(indexes, 100)),
    Array.from({ length: 100 }, (_, row) => 0xffffffff - 99 + row),
  );
  releaseAll(kernels, [keys, indexes]);
});
