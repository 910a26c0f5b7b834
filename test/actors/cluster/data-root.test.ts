/**
 * Paths of submitters stay below the data root, whatever they are called and wherever links lead.
 */
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { isEnded } from "../../../actors/cluster/control.ts";
import {
  inputBelow,
  isUploadName,
  outputBelow,
  relativePath,
  uploadedFile,
  uploadsDirectory,
} from "../../../actors/cluster/data-root.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";

/** A root with files and links, and a neighbour whose name begins like the root's. */
function place(t: ExecutionContext): { root: string; outside: string } {
  const directory = realpathSync(temporaryDirectory(t));
  const root = path.join(directory, "data");
  const outside = path.join(directory, "data-old");
  writeFiles(directory, { "data/in.csv": "1,2\n", "data/sub/in.csv": "3,4\n", "data-old/secret.csv": "5,6\n" });
  symlinkSync(path.join(outside, "secret.csv"), path.join(root, "link.csv"));
  symlinkSync(outside, path.join(root, "leads-out"));
  symlinkSync("sub", path.join(root, "leads-in"));
  return { root, outside };
}

const REFUSED = ["", "/etc/passwd", "..", "../data-old/secret.csv", "sub/../../data-old/secret.csv", "a/..", "a\0b"];
for (const written of [...REFUSED, "..\\x", "x".repeat(5000)]) {
  test(`data root: ${JSON.stringify(written.slice(0, 40))} is refused as input and as output`, (t) => {
    const { root } = place(t);
    t.throws(() => relativePath(written), { code: "PATH_OUTSIDE_DATA_ROOT" });
    t.throws(() => outputBelow(root, written), { code: "PATH_OUTSIDE_DATA_ROOT" });
  });
}

test("data root: what lies below is found, by its real path", (t) => {
  const { root } = place(t);
  t.is(relativePath("./sub//*.csv"), "sub/*.csv");
  t.is(inputBelow(root, "in.csv"), path.join(root, "in.csv"));
  t.is(inputBelow(root, path.join(root, "leads-in/in.csv")), path.join(root, "sub/in.csv"));
  t.is(outputBelow(root, "out.csv"), path.join(root, "out.csv"));
  t.is(outputBelow(root, "leads-in/out.csv"), path.join(root, "sub/out.csv"));
  t.is(outputBelow(root, "sub/in.csv"), path.join(root, "sub/in.csv"));
});

test("data root: a root that is itself a link is followed", (t) => {
  const { root } = place(t);
  const link = path.join(path.dirname(root), "link-to-data");
  symlinkSync(root, link);
  t.is(inputBelow(link, "in.csv"), path.join(root, "in.csv"));
  t.is(outputBelow(link, "out.csv"), path.join(root, "out.csv"));
});

test("data root: links that lead out are refused, also to a neighbour whose name begins alike", (t) => {
  const { root, outside } = place(t);
  for (const found of ["link.csv", "leads-out/secret.csv", path.join(outside, "secret.csv"), root]) {
    t.throws(() => inputBelow(root, found), { code: "PATH_OUTSIDE_DATA_ROOT" }, found);
  }
  t.throws(() => outputBelow(root, "leads-out/new.csv"), { code: "PATH_OUTSIDE_DATA_ROOT" });
});

test("data root: what is missing is told as input or output", (t) => {
  const { root } = place(t);
  t.throws(() => inputBelow(root, "nope.csv"), { code: "INPUT_MISSING" });
  t.throws(() => inputBelow(root, "in.csv/nope.csv"), { code: "INPUT_MISSING" });
  t.throws(() => outputBelow(root, "nope/out.csv"), { code: "OUTPUT_UNUSABLE" });
  for (const directory of ["sub", "sub/", ".", "leads-out"]) {
    t.throws(() => outputBelow(root, directory), { code: "OUTPUT_UNUSABLE" }, directory);
  }
});

test("data root: any text either is refused or stays below", (t) => {
  const { root } = place(t);
  const part = fc.constantFrom("..", ".", "", "sub", "leads-in", "leads-out", "a\\..", "in.csv", "~", "C:", "%2e%2e");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom("/", "\\", "//"), (parts, separator) => {
      try {
        const file = outputBelow(root, parts.join(separator));
        return realpathSync(path.dirname(file)) === path.dirname(file) && file.startsWith(root + path.sep);
      } catch (error) {
        return ["PATH_OUTSIDE_DATA_ROOT", "OUTPUT_UNUSABLE"].includes((error as { code: string }).code);
      }
    }),
  );
  t.pass();
});

test("uploads: names cannot lead anywhere", (t) => {
  for (const name of ["a", "a.csv", "0-b_c.csv.gz", "a..b", "x".repeat(200)]) t.true(isUploadName(name), name);
  for (const name of ["", ".", "..", ".a", "-a", "a/b", "a\\b", "a\n", "é", "a b", "x".repeat(201)]) {
    t.false(isUploadName(name), name);
  }
});

test("uploads: a complete one is found, anything else is a missing input", (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "uploads/a.csv": "1,2\n", "secret.csv": "3,4\n" });
  mkdirSync(path.join(uploadsDirectory(directory), "b"));
  t.is(uploadedFile(directory, "a.csv"), path.join(directory, "uploads/a.csv"));
  for (const name of ["b", "c.csv", "../secret.csv", "."]) {
    t.throws(() => uploadedFile(directory, name), { code: "INPUT_MISSING" }, name);
  }
});

test("job states: three of them are the end", (t) => {
  t.deepEqual((["queued", "running", "done", "failed", "cancelled"] as const).filter(isEnded), [
    "done",
    "failed",
    "cancelled",
  ]);
});
