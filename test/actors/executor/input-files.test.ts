/**
 * The input files that a thread has open, of globs of many.
 */
import { readSync, statSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { countLines, InputFiles, nextLineStart } from "../../../actors/executor/input-files.ts";
import type { InputFile } from "../../../actors/job/messages.ts";
import { INPUTS_OPEN_MAX } from "../../../actors/options.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";

function inputIn(directory: string, name: string): InputFile {
  const absolutePath = path.join(directory, name);
  const { size: byteLength, mtimeMs: modifiedMs } = statSync(absolutePath);
  return { name, absolutePath, byteLength, modifiedMs } as InputFile;
}

test("inputs: of many files only so many are open at once, and each is read again when it is its turn", (t) => {
  const directory = temporaryDirectory(t);
  const names = Array.from({ length: 3 * INPUTS_OPEN_MAX }, (_, index) => `${index}.csv`);
  writeFiles(directory, Object.fromEntries(names.map((name) => [name, name])));
  const files = new InputFiles(
    names.map((name) => inputIn(directory, name)),
    directory,
  );
  const descriptors = new Set<number>();
  for (const index of [...names.keys(), ...names.keys()]) {
    const { descriptor } = files.open(index);
    descriptors.add(descriptor);
    const bytes = Buffer.alloc(64);
    t.is(bytes.toString("utf8", 0, readSync(descriptor, bytes, 0, 64, 0)), names[index]);
  }
  files.close();
  t.true(descriptors.size <= INPUTS_OPEN_MAX + 1);
});

test("inputs: whoever looks for lines far into a file tells that it gets on", (t) => {
  const directory = temporaryDirectory(t);
  const lineCount = 400_000;
  writeFiles(directory, { "a.csv": `${"1,2345\n".repeat(lineCount)}${"x".repeat(300_000)}\n` });
  const files = new InputFiles([inputIn(directory, "a.csv")], directory);
  const { descriptor, file } = files.open(0);
  let progress = 0;
  const progressed = (): void => {
    progress += 1;
  };
  t.is(countLines(descriptor, { from: 0, to: file.byteLength, progressed }), lineCount + 1);
  t.true(progress >= 2);
  progress = 0;
  t.is(nextLineStart(descriptor, { from: lineCount * 7, to: file.byteLength, progressed }), file.byteLength);
  t.true(progress >= 2);
  files.close();
});
