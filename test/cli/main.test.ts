/**
 * The command as a process: its exit code and its streams.
 */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";

const MAIN = fileURLToPath(new URL("../../cli/main.js", import.meta.url));

function run(commandArguments: readonly string[], standardOutput: "pipe" | number = "pipe") {
  return spawnSync(process.execPath, [MAIN, ...commandArguments], {
    encoding: "utf8",
    stdio: ["ignore", standardOutput, "pipe"],
  });
}

for (const asked of ["help", "help run", "--help", "run --help", "--version"]) {
  test(`command: ${asked} was asked for and succeeds, on standard output`, (t) => {
    const { status, stdout, stderr } = run(asked.split(" "));
    t.is(status, 0);
    t.not(stdout, "");
    t.is(stderr, "");
  });
}

for (const wrong of ["", "nope", "help nope", "run", "run --nope"]) {
  test(`command: "${wrong}" is wrong and says so on standard error`, (t) => {
    const { status, stdout, stderr } = run(wrong.split(" ").filter(Boolean));
    t.is(status, 2);
    t.is(stdout, "");
    t.not(stderr, "");
  });
}

test("command: a full disk behind standard output is one line, not a trace", (t) => {
  const full = openSync("/dev/full", "w");
  t.teardown(() => closeSync(full));
  for (const asked of [["functions"], ["generate", "input", "--rows", "10"]]) {
    const { status, stderr } = run(asked, full);
    t.is(status, 1);
    t.regex(stderr, /^cannot write the output: ENOSPC[^\n]*\n$/);
  }
});
