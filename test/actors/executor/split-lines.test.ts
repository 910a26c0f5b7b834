/**
 * The lines that belong to a split, as they are told of one that ends its threads.
 */
import { closeSync, openSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { linesOfSplit } from "../../../actors/executor/run-split.ts";
import { resolveInput } from "../../../actors/job/resolve-input.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";

const INPUT = { format: undefined, delimiter: ",", key: undefined, value: undefined };

for (const [what, end] of [
  ["with", "\n"],
  ["without", ""],
] as const) {
  test(`lines: of splits of a file ${what} a line end at its end, with a header or not`, async (t) => {
    const directory = temporaryDirectory(t);
    const text = `k,v\n1,2\n33,44\n5,6${end}`;
    writeFiles(directory, { "a.csv": text });
    const descriptor = openSync(path.join(directory, "a.csv"), "r");
    t.teardown(() => closeSync(descriptor));
    for (const header of [true, false]) {
      const [file] = await resolveInput({ ...INPUT, paths: ["a.csv"], header }, directory);
      const lines = (start: number, stop: number) =>
        linesOfSplit(descriptor, file, { file: 0, start, end: stop }, () => {});
      t.deepEqual(lines(0, text.length), { first: header ? 2 : 1, last: 4 });
      // "1,2\n" begins at byte 4, "33,44\n" at 8, "5,6" at 14; a split may begin in the middle of a line.
      t.deepEqual(lines(0, 9), { first: header ? 2 : 1, last: 3 });
      t.deepEqual(lines(0, 8), { first: header ? 2 : 1, last: 2 });
      t.deepEqual(lines(5, 12), { first: 3, last: 3 });
      t.deepEqual(lines(9, text.length), { first: 4, last: 4 });
    }
  });
}
