/**
 * Modules of functions: what is loaded is what was hashed, and what cannot be loaded is told in one sentence.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { functionsOf, loadFunctions } from "../../../actors/executor/load-functions.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const DOUBLE = "export const map = { DOUBLE: (v) => v * 2n, SCALE: (v, arg) => v * arg };\n";

test("functions: a module is known by names, operators, args, and by the hash of its bytes", async (t) => {
  const file = path.join(temporaryDirectory(t), "own.js");
  writeFileSync(file, DOUBLE);
  const registry = await loadFunctions(file);
  t.deepEqual(registry.signatures, [
    { operator: "map", name: "DOUBLE", takesArg: false },
    { operator: "map", name: "SCALE", takesArg: true },
  ]);
  t.is(registry.hash, createHash("sha256").update(DOUBLE).digest("hex"));
  t.is(registry.functions[1].apply(3n, 4n), 12n);
});

test("functions: what a thread loads is what was hashed, whatever has become of the file (L1)", async (t) => {
  const file = path.join(temporaryDirectory(t), "own.js");
  writeFileSync(file, DOUBLE);
  const { hash, module } = await loadFunctions(file);
  writeFileSync(file, DOUBLE.replace("2n", "3n"));
  const [double] = await functionsOf(hash, structuredClone(module));
  t.is(double.apply(1n, undefined), 2n);
  const changed = await loadFunctions(file);
  t.not(changed.hash, hash);
  t.is(changed.functions[0].apply(1n, undefined), 3n);
});

test("functions: a job of another module, or of one where there is none, is refused", async (t) => {
  const file = path.join(temporaryDirectory(t), "own.js");
  writeFileSync(file, DOUBLE);
  const { hash, module } = await loadFunctions(file);
  const other = await t.throwsAsync(functionsOf("0123", module), { instanceOf: RuntimeError, code: "FUNCTIONS_OTHER" });
  t.is(other.message, `the job calls functions of the module 0123, and "${file}", which is ${hash}, is here`);
  await t.throwsAsync(functionsOf("0123", undefined), { message: /module 0123, and no functions are here$/ });
});

test("functions: a module is complete in itself, but for what Node has (L2)", async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(path.join(directory, "other.js"), "export const two = 2n;\n");
  const file = path.join(directory, "own.js");
  for (const imported of ["./other.js", "xstate"]) {
    writeFileSync(file, `import * as other from "${imported}";\n${DOUBLE}`);
    await t.throwsAsync(loadFunctions(file), { code: "FUNCTIONS_UNUSABLE", message: /complete in itself/ });
  }
  writeFileSync(file, `import { createHash } from "node:crypto";\n${DOUBLE}`);
  await t.notThrowsAsync(loadFunctions(file));
});

/** Text of a module, and what is said of it. */
const WRONG: readonly (readonly [string | Uint8Array, RegExp])[] = [
  ["export const map = {\n  A: (v) => v +* 2n }", /: SyntaxError: Unexpected token '\*' \(node --check tells where\)$/],
  ["const a = 1;\nnull.x;\n", /: line 2: TypeError: Cannot read properties of null/],
  ["module.exports = {};\n", /: line 1: ReferenceError: .* \(it must be an ES module\)$/],
  ["throw 5;\n", /: it threw "5"$/],
  ["", /: it exports no functions; its exports are map, filter, flatMap or reduce$/],
  [
    "export const map = { SUM: (v) => v, B: 1 };",
    /: map "SUM" has a name of the language, SUM; map "B" is no function$/,
  ],
  [Uint8Array.of(0x2f, 0x2f, 0xff), /: it is not UTF-8 text$/],
];

for (const [text, message] of WRONG) {
  test(`functions: ${JSON.stringify(String(text))} cannot be used, and is told why`, async (t) => {
    const file = path.join(temporaryDirectory(t), "own.js");
    writeFileSync(file, text);
    await t.throwsAsync(loadFunctions(file), { instanceOf: RuntimeError, code: "FUNCTIONS_UNUSABLE", message });
  });
}

test("functions: a file that is none, or without end, is told", async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(path.join(directory, "own"));
  await t.throwsAsync(loadFunctions(path.join(directory, "own")), { message: /: it is a directory$/ });
  await t.throwsAsync(loadFunctions(path.join(directory, "none")), { message: /: there is no such file$/ });
  await t.throwsAsync(loadFunctions("/dev/zero"), { message: /: it is larger than 16777216 bytes$/ });
});
