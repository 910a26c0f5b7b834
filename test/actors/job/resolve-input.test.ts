/**
 * Input files as a job finds them: every path that cannot be read has an error with a name.
 */
import { symlinkSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import test from "ava";
import { resolveInput } from "../../../actors/job/resolve-input.ts";
import type { InputSpecification } from "../../../programs/program.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";

const PAIRS = "1,2\n3,4\n";

function specification(name: string): InputSpecification {
  return { paths: [name], format: undefined, header: false, delimiter: ",", key: undefined, value: undefined };
}

function flipped(bytes: Uint8Array, from: number): Uint8Array {
  return bytes.map((byte, index) => (index === from ? byte ^ 1 : byte));
}

const refused: readonly (readonly [name: string, code: string])[] = [
  ["absent.csv", "INPUT_MISSING"],
  ["*.absent", "INPUT_MISSING"],
  ["pairs.csv/below", "INPUT_MISSING"],
  ["x".repeat(300), "INPUT_UNREADABLE"],
  ["zero\0byte", "INPUT_UNREADABLE"],
  ["loop", "INPUT_UNREADABLE"],
  [".", "INPUT_NOT_A_FILE"],
  ["plain.csv.gz", "INPUT_UNREADABLE"],
  ["flipped.csv.gz", "INPUT_CORRUPT"],
  ["trailing.csv.gz", "INPUT_CORRUPT"],
];

for (const [name, code] of refused) {
  test(`input: ${JSON.stringify(name.slice(0, 20))} is refused with ${code}`, async (t) => {
    const directory = temporaryDirectory(t);
    const whole = gzipSync(PAIRS);
    writeFiles(directory, {
      "pairs.csv": PAIRS,
      "plain.csv.gz": PAIRS,
      "flipped.csv.gz": flipped(whole, whole.length - 6),
      "trailing.csv.gz": Buffer.concat([whole, Buffer.from("no gzip")]),
    });
    symlinkSync("loop", path.join(directory, "loop"));
    const error = await t.throwsAsync(() => resolveInput(specification(name), directory), {
      instanceOf: RuntimeError,
    });
    t.is(error.code, code);
  });
}

for (const [what, content] of [
  ["empty", ""],
  ["of a byte order mark alone", "\ufeff"],
  ["empty and compressed", gzipSync("")],
] as const) {
  test(`input: a file that is ${what} has no header, and lacks no column`, async (t) => {
    const directory = temporaryDirectory(t);
    const name = typeof content === "string" ? "a.csv" : "a.csv.gz";
    writeFiles(directory, { [name]: content });
    const columns = { ...specification(name), header: true, key: "user", value: "amount" };
    t.like((await resolveInput(columns, directory))[0], { headerLines: 0 });
    const error = await t.throwsAsync(() => resolveInput({ ...columns, header: false, paths: ["b.csv"] }, directory));
    t.like(error, { code: "INPUT_MISSING" });
  });
}

test("input: a file is called by the name that it is given, in errors too", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "0123-a.csv": "k,v\n1,2\n" });
  const columns = { ...specification("0123-a.csv"), header: true };
  t.is((await resolveInput(columns, directory, ["data/*.csv"]))[0].name, "data/*.csv");
  const error = await t.throwsAsync(() => resolveInput({ ...columns, key: "user" }, directory, ["a.csv"]));
  t.is(error?.message, 'input "a.csv" has no column "user"; its header names "k", "v"');
});

test("input: a file that is called as a pattern reads is that file", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "[a].csv": PAIRS, "a.csv": PAIRS });
  t.deepEqual(
    (await resolveInput(specification("[a].csv"), directory)).map(({ name }) => name),
    ["[a].csv"],
  );
});

test("input: in a pattern the star alone has a meaning", async (t) => {
  const directory = temporaryDirectory(t);
  const names = ["d[1]", "s(1)", "x{a,b}", "y?", "!z", "@(y)", "+(q)", "a|b", "one"];
  const others = ["d1", "s1", "xa", "xb", "yz", "z", "y", "q", "qq", "a", "b"];
  writeFiles(directory, Object.fromEntries([...names, ...others].map((name) => [`${name}/a.csv`, PAIRS])));
  for (const name of names) {
    for (const base of ["", `${directory}/`]) {
      const found = await resolveInput(specification(`${base}${name}/*.csv`), directory);
      t.deepEqual(
        found.map((file) => file.name),
        [`${base}${name}/a.csv`],
      );
    }
  }
  t.is((await resolveInput(specification("**/*.csv"), directory)).length, names.length + others.length);
  const error = await t.throwsAsync(() => resolveInput(specification("d[0-9]/a.csv"), directory));
  t.is(error.message, 'no input file "d[0-9]/a.csv"');
});
