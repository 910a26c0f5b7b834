import test from "ava";
import fc from "fast-check";
import { Scatter, targetOf } from "../../../../programs/kernels/int64/scatter.ts";
import { hardInteger } from "./hard-integers.ts";
import { columnOf, putColumn, releaseAll, testKernels } from "./memory-columns.ts";

const kernels = testKernels();

function scatter(targetCount: number, columns: readonly (readonly bigint[])[]): { offsets: number[]; out: bigint[][] } {
  const count = columns[0].length;
  const pointers = columns.map((column) => putColumn(kernels, column));
  const outputs = columns.map(() => kernels.allocate(8 * count));
  const kernel = new Scatter(kernels, targetCount);
  const offsets = Array.from(kernel.run(pointers, count, outputs));
  const out = outputs.map((pointer) => columnOf(kernels, pointer, count));
  kernel.dispose();
  releaseAll(kernels, [...pointers, ...outputs]);
  return { offsets, out };
}

/** Rows grouped by target, in their order. */
function expectedRows(targetCount: number, keys: readonly bigint[]): { offsets: number[]; rows: number[] } {
  const groups: number[][] = Array.from({ length: targetCount }, () => []);
  for (const [row, key] of keys.entries()) groups[targetOf(key, targetCount)].push(row);
  const offsets = [0];
  for (const group of groups) offsets.push(offsets[offsets.length - 1] + group.length);
  return { offsets, rows: groups.flat() };
}

test("scatter: any rows of any number of columns are grouped by target, each group in its order", (t) => {
  const targetCounts = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(256, 257, 1000, 4096));
  fc.assert(
    fc.property(
      fc.array(hardInteger, { maxLength: 300 }),
      fc.integer({ min: 1, max: 5 }),
      targetCounts,
      (keys, columnCount, targetCount) => {
        const columns = Array.from({ length: columnCount }, (_, column) =>
          keys.map((key, row) => (column === 0 ? key : BigInt(row * 10 + column))),
        );
        const { offsets, out } = scatter(targetCount, columns);
        const expected = expectedRows(targetCount, keys);
        t.deepEqual(offsets, expected.offsets);
        t.deepEqual(
          out,
          columns.map((column) => expected.rows.map((row) => column[row])),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test("scatter: many rows over many targets keep their order", (t) => {
  const keys = Array.from({ length: 50_000 }, (_, row) => BigInt((row * 7919) % 10_007));
  for (const targetCount of [2, 255, 300, 4096]) {
    const columns = [keys, keys.map((_, row) => BigInt(row)), keys.map((_, row) => BigInt(-row))];
    const { offsets, out } = scatter(targetCount, columns);
    const expected = expectedRows(targetCount, keys);
    t.deepEqual(offsets, expected.offsets);
    t.true(out[1].every((integer, place) => integer === BigInt(expected.rows[place])));
    t.true(out[2].every((integer, place) => integer === -BigInt(expected.rows[place])));
  }
});

/** Test keys for the hash; the number of standard deviations above chance is what docs/decisions/0001-key-hash.md lists. */
const patterns: [string, (index: number) => bigint][] = [
  ["sequential", (index) => BigInt(index)],
  ["negative", (index) => -BigInt(index) - 1n],
  ["multiples of 1000", (index) => BigInt(index) * 1000n],
  ["multiples of 4096", (index) => BigInt(index) * 4096n],
  ["multiples of 2^32", (index) => BigInt(index) << 32n],
  ["multiples of 2^46, both signs", (index) => (BigInt(index) - 65_536n) << 46n],
  ["squares", (index) => BigInt(index) ** 2n],
  ["one byte low, nine bits from bit 48", (index) => BigInt(index & 255) | (BigInt(index >> 8) << 48n)],
];

for (const [name, keyAt] of patterns) {
  test(`key hash: ${name} keys spread as evenly as chance over any number of targets`, (t) => {
    const count = 1 << 17;
    const keys = Array.from({ length: count }, (_, index) => BigInt.asIntN(64, keyAt(index)));
    let worst = Number.NEGATIVE_INFINITY;
    for (const targetCount of [2, 3, 10, 16, 64, 100, 256, 1000, 1024, 4096]) {
      const { offsets } = scatter(targetCount, [keys]);
      const mean = count / targetCount;
      let chiSquare = 0;
      for (let target = 0; target < targetCount; target += 1) {
        chiSquare += (offsets[target + 1] - offsets[target] - mean) ** 2 / mean;
      }
      const freedom = targetCount - 1;
      worst = Math.max(worst, (chiSquare - freedom) / Math.sqrt(2 * freedom));
    }
    t.log(`${worst.toFixed(1)} standard deviations above chance at most`);
    t.true(worst < 5);
  });
}
