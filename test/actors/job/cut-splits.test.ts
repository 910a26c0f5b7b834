/**
 * How input files are cut into splits.
 */
import test from "ava";
import fc from "fast-check";
import { cutSplits, splitBytesOf } from "../../../actors/job/cut-splits.ts";
import type { InputFile } from "../../../actors/job/messages.ts";
import { SPLIT_BYTES_MAX, SPLIT_BYTES_MIN, SPLITS_WANTED } from "../../../actors/options.ts";

function file(byteLength: number, { dataStart = 0, compressed = false } = {}): InputFile {
  const text = { format: "csv", delimiter: 44, keyColumn: 0, valueColumn: 1, exactlyTwoFields: true } as const;
  const known = { name: "rows.csv", absolutePath: "/rows.csv", modifiedMs: 0, endsHash: "", headerLines: 0 };
  return { ...known, byteLength, compressed, dataStart, text };
}

test("splits: they cover each file from its data to its end, in order, and a compressed file is one", (t) => {
  const files = fc.array(
    fc.record({
      byteLength: fc.integer({ min: 0, max: 5000 }),
      dataStart: fc.integer({ min: 0, max: 100 }),
      compressed: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(files, fc.integer({ min: 1, max: 1000 }), (drafts, splitBytes) => {
      const all = drafts.map(({ byteLength, ...options }) => file(byteLength, options));
      const splits = cutSplits(all, splitBytes);
      for (const [index, { byteLength, dataStart, compressed }] of all.entries()) {
        const own = splits.filter((split) => split.file === index);
        if (compressed) {
          t.deepEqual(own, [{ file: index, start: 0, end: byteLength }]);
          continue;
        }
        let end = dataStart;
        for (const split of own) {
          t.is(split.start, end);
          t.true(split.end > split.start && split.end - split.start <= splitBytes);
          end = split.end;
        }
        t.is(end, Math.max(dataStart, byteLength));
      }
    }),
  );
});

test("splits: an input is cut into as many as are wanted, of a size between the least and the most", (t) => {
  t.is(splitBytesOf([]), SPLIT_BYTES_MIN);
  t.is(splitBytesOf([file(1)]), SPLIT_BYTES_MIN);
  t.is(splitBytesOf([file(SPLITS_WANTED * SPLIT_BYTES_MIN), file(SPLITS_WANTED)]), SPLIT_BYTES_MIN + 1);
  t.is(splitBytesOf([file(2 ** 40)]), SPLIT_BYTES_MAX);
});
