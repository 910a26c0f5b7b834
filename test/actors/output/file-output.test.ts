/**
 * Output to a file: nothing appears before the end, and nothing else is left.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { FileOutput } from "../../../actors/output/file-output.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

async function writeWhole(destination: string, text: string): Promise<void> {
  const output = new FileOutput(destination, "0123456789abcdef-01234567", false);
  await output.open(0);
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
  for (const output of outputs) await output.open(0);
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
