import test from "ava";
import fc from "fast-check";
import { isSinglePair, planRanges, rangeExtent } from "../../../../programs/kernels/int64/output-ranges.ts";
import { runHeaderBytes, writeRunHeader } from "../../../../programs/kernels/int64/run-header.ts";
import type { OutputRange } from "../../../../programs/kernels/kernel-set.ts";
import { type BoundPair, comparePairs } from "../../../../programs/kernels/range-splitters.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** Stands for the encoded size of a pair. */
const PAIR_BYTES = 3;

interface ModelRun {
  readonly pairs: readonly BoundPair[];
  readonly header: Uint8Array;
}

function modelRun(unsorted: readonly BoundPair[], blockPairs: number): ModelRun {
  const pairs = [...unsorted].sort(comparePairs);
  const blockCount = Math.ceil(pairs.length / blockPairs);
  const headerBytes = runHeaderBytes(blockCount);
  const run = new Uint8Array(headerBytes + pairs.length * PAIR_BYTES);
  const blocks = Array.from({ length: blockCount }, (_, index) => ({
    first: pairs[index * blockPairs],
    pairCount: Math.min(blockPairs, pairs.length - index * blockPairs),
    offset: headerBytes + index * blockPairs * PAIR_BYTES,
  }));
  writeRunHeader(run, blocks, pairs[pairs.length - 1]);
  return { pairs, header: run.subarray(0, headerBytes) };
}

function belongs(pair: BoundPair, { from, below }: OutputRange): boolean {
  return (
    (from === undefined || comparePairs(pair, from) >= 0) && (below === undefined || comparePairs(pair, below) < 0)
  );
}

/** The pairs that a range finds in the extents it is given. */
function pairsOf(range: OutputRange, runs: readonly ModelRun[]): BoundPair[] {
  return runs.flatMap(({ pairs, header }) => {
    const extent = rangeExtent(header, range);
    if (extent === undefined) return [];
    const start = (extent.offset - header.length) / PAIR_BYTES;
    return pairs.slice(start, start + extent.byteLength / PAIR_BYTES).filter((pair) => belongs(pair, range));
  });
}

const edges = fc.constantFrom(INT64_MIN, INT64_MIN + 1n, -1n, 0n, 1n, INT64_MAX - 1n, INT64_MAX);
const integer = fc.oneof(edges, fc.bigInt({ min: -4n, max: 4n }), fc.bigInt({ min: INT64_MIN, max: INT64_MAX }));
const pair = fc.tuple(integer, integer);
const runs = fc.array(fc.array(pair, { minLength: 1, maxLength: 40 }), { maxLength: 6 });

test("ranges: every pair of every run is found in exactly one range, in order", (t) => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }), (unsorted, block, perRange) => {
      const models = unsorted.map((pairs) => modelRun(pairs, block));
      const ranges = planRanges(
        models.map(({ header }) => header),
        perRange,
      );
      t.deepEqual(
        ranges.map(({ index }) => index),
        [...ranges.keys()],
      );
      const found = ranges.flatMap((range) => pairsOf(range, models).sort(comparePairs));
      t.deepEqual(found, unsorted.flat().sort(comparePairs));
    }),
  );
});

test("ranges: their sizes are bounded by pairs per range and a block of each run, unless they are one single pair", (t) => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 5, max: 60 }), (unsorted, block, perRange) => {
      const models = unsorted.map((pairs) => modelRun(pairs, block));
      const ranges = planRanges(
        models.map(({ header }) => header),
        perRange,
      );
      for (const range of ranges) {
        const pairs = pairsOf(range, models);
        if (isSinglePair(range)) t.true(pairs.every((found) => comparePairs(found, range.from ?? [0n, 0n]) === 0));
        else t.true(pairs.length <= perRange + block * (models.length + 1), `${pairs.length} pairs in a range`);
      }
    }),
  );
});

test("ranges: they do not depend on the order of the headers", (t) => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 60 }), (unsorted, perRange) => {
      const headers = unsorted.map((pairs) => modelRun(pairs, 3).header);
      t.deepEqual(planRanges(headers.toReversed(), perRange), planRanges(headers, perRange));
    }),
  );
});

test("ranges: without pairs there are none", (t) => {
  t.deepEqual(planRanges([], 10), []);
});

test("ranges: a pair that fills more than a range gets a range of its own, at the ends of the order too", (t) => {
  for (const heavy of [
    [INT64_MIN, INT64_MIN],
    [7n, INT64_MAX],
    [INT64_MAX, INT64_MAX],
  ] as const) {
    const others: BoundPair[] = [
      [6n, 1n],
      [8n, 1n],
    ];
    const copies = Array.from({ length: 100 }, () => heavy);
    const models = [modelRun([...others, ...copies], 4)];
    const ranges = planRanges([models[0].header], 10);
    const own = ranges.filter(isSinglePair);
    t.is(own.length, 1);
    t.deepEqual(own[0].from, heavy);
    t.true(pairsOf(own[0], models).length >= 96);
  }
});

test("ranges: a run that ends before a range gives it nothing", (t) => {
  const { header } = modelRun(
    [
      [1n, 1n],
      [2n, 2n],
    ],
    1,
  );
  t.is(rangeExtent(header, { index: 0, from: [2n, 3n], below: undefined }), undefined);
  t.is(rangeExtent(header, { index: 0, from: undefined, below: [1n, 1n] }), undefined);
  t.truthy(rangeExtent(header, { index: 0, from: [2n, 2n], below: undefined }));
});
