/**
 * Output to a file: nothing appears before the end, and nothing else is left.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import test from "ava";
import { FileOutput } from "../../../actors/output/file-output.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

async function writeWhole(destination: string, text: string): Promise<void> {
  const output = new FileOutput(destination, "0123456789abcdef-01234567", false);
  await output.open(0, 0);
  await output.write(Buffer.from(text));
  await output.commit();
}

for (const length of [1, 200, 240, 255]) {
  test(`file output: a name of ${length} bytes can be written, although the temporary name is longer`, async (t) => {
    const directory = temporaryDirectory(t);
    const name = "x".repeat(length);
    await writeWhole(path.join(directory, name), "1,2\n");
    t.deepEqual(readdirSync(directory), [name]);
    t.is(readFileSync(path.join(directory, name), "utf8"), "1,2\n");
  });
}

test("file output: two long names in one directory have two temporary files", async (t) => {
  const directory = temporaryDirectory(t);
  const names = ["a", "b"].map((last) => `${"x".repeat(254)}${last}`);
  const outputs = names.map((name) => new FileOutput(path.join(directory, name), "job", false));
  for (const output of outputs) await output.open(0, 0);
  t.is(readdirSync(directory).length, 2);
  for (const output of outputs) await output.discard();
  t.deepEqual(readdirSync(directory), []);
});

test("file output: a file that is replaced hands its permissions on", async (t) => {
  const file = path.join(temporaryDirectory(t), "result.csv");
  writeFileSync(file, "old", { mode: 0o600 });
  await writeWhole(file, "new");
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(readFileSync(file, "utf8"), "new");
});

test("file output: what an earlier attempt wrote is kept if it is what was written, and else begun anew", async (t) => {
  const written = "1,2\n3,4\n";
  const crc = crc32(written);
  const edits: readonly [string, (text: string) => string, number][] = [
    ["as it was", (text) => text, written.length],
    ["with more behind it", (text) => `${text}5,6\n`, written.length],
    ["shorter", (text) => text.slice(0, -1), 0],
    ["with another byte", (text) => text.replace("3", "7"), 0],
    ["empty", () => "", 0],
  ];
  for (const [what, edit, kept] of edits) {
    const directory = temporaryDirectory(t);
    const file = path.join(directory, "result.csv");
    const first = new FileOutput(file, "job", false);
    await first.open(0, 0);
    await first.write(Buffer.from(written));
    await first.close();
    const [partial] = readdirSync(directory);
    writeFileSync(path.join(directory, partial), edit(written));
    const second = new FileOutput(file, "job", false);
    t.is(await second.open(written.length, crc), kept, what);
    await second.write(Buffer.from("9,9\n"));
    await second.commit();
    t.is(readFileSync(file, "utf8"), kept === 0 ? "9,9\n" : `${written}9,9\n`, what);
  }
});
