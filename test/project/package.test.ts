/**
 * What `npm pack` puts into the package, and that the package's own names lead to files in it.
 */
import { execFileSync } from "node:child_process";
import test from "ava";
import { projectRoot, sourceText } from "./source-files.ts";

interface Packed {
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

const packed = pack();
const paths = packed.files.map((file) => file.path);
const manifest = JSON.parse(sourceText("package.json")) as {
  readonly bin: Record<string, string>;
  readonly exports: Record<string, string | Record<string, string>>;
};

test("package: it has the command, the thread, the kernels, the types, the examples and the documents", (t) => {
  for (const file of [
    "dist/cli/main.js",
    "dist/actors/executor/thread.js",
    "dist/programs/kernels/int64/kernels.wasm",
    "dist/runtime/index.js",
    "dist/runtime/index.d.ts",
    "programs/examples/flights/flights.csv.gz",
    "programs/examples/flights/late-by-hour.json",
    "programs/examples/flights/NOTICE.md",
    "docs/errors.md",
    "LICENSE",
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
  ]) {
    t.true(paths.includes(file), file);
  }
});

test("package: it has no tests, no benchmarks and no sources but the examples", (t) => {
  t.true(paths.length > 100);
  t.deepEqual(
    paths.filter((file) => /(^|\/)(test|bench|assembly|node_modules)\//.test(file)),
    [],
  );
  t.deepEqual(
    paths.filter((file) => /\.ts$/.test(file) && !/\.d\.ts$/.test(file)),
    [],
  );
});

test("package: it is below 3 MB", (t) => {
  t.true(packed.unpackedSize < 3_000_000, `${packed.unpackedSize} bytes`);
});

test("package: every exported name and the command lead to files in it", (t) => {
  const targets = [
    ...Object.values(manifest.bin),
    ...Object.values(manifest.exports).flatMap((entry) => (typeof entry === "string" ? [entry] : Object.values(entry))),
  ];
  t.true(targets.length > 3);
  for (const target of targets) t.true(paths.includes(target.replace(/^\.\//, "")), target);
  const command = packed.files.find(({ path }) => path === "dist/cli/main.js");
  t.is((command?.mode ?? 0) & 0o111, 0o111, "the command is executable");
});

/** npm 12 answers with an object by package name, earlier versions with an array. */
function pack(): Packed {
  const options = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const text = execFileSync("npm", options, {
    cwd: projectRoot,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [first] = Object.values(JSON.parse(text) as Record<string, Packed>);
  if (first === undefined) throw new Error(`npm pack said ${text}`);
  return first;
}
