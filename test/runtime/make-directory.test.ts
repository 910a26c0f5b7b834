import { statSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { makeDirectory } from "../../runtime/make-directory.ts";
import { temporaryDirectory } from "../actors/temporary-directory.ts";

test("make directory: it and all above it are made; one that is there is left alone", (t) => {
  const directory = path.join(temporaryDirectory(t), "a/b/c");
  makeDirectory(directory, 0o700);
  for (const made of [directory, path.dirname(directory)]) t.is(statSync(made).mode & 0o777, 0o700);
  t.notThrows(() => makeDirectory(directory));
});

test("make directory: a file in the way is an error", (t) => {
  const file = path.join(temporaryDirectory(t), "file");
  writeFileSync(file, "");
  t.throws(() => makeDirectory(file), { code: "EEXIST" });
  t.throws(() => makeDirectory(path.join(file, "below")), { message: /^E(EXIST|NOTDIR): / });
});

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("make directory: a directory of the kernel, which refuses with ENOENT, is an error and not a hang", (t) => {
  t.throws(() => makeDirectory("/proc/self/task/journal"), { code: "ENOENT" });
});
