/**
 * Standard streams that fail: readers that go away, full disks.
 */
import { closeSync, openSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { generateInput } from "../../programs/generate/generate-input.ts";
import { type CommandEnd, CommandStage, SUMS } from "./command.ts";

/** Reads one piece of standard output, then closes it, as `head` does. */
async function runUntilRead(stage: CommandStage, options: readonly string[]): Promise<CommandEnd> {
  const run = stage.start(options);
  run.process.stdout?.once("data", () => run.process.stdout?.destroy());
  return await run.end;
}

function fullDevice(t: ExecutionContext): number {
  const full = openSync("/dev/full", "w");
  t.teardown(() => closeSync(full));
  return full;
}

test.serial("streams: a reader that has seen enough of a result is no failure, and nothing is left", async (t) => {
  const stage = new CommandStage(t);
  const pairs = [...generateInput({ rows: 300_000, max: 1_000_000, seed: 5 })].join("");
  stage.write({ "sums.json": SUMS, "pairs.csv": pairs });
  const { status, signal, stderr } = await runUntilRead(stage, ["run", "sums.json"]);
  t.deepEqual([status, signal, stderr], [0, null, ""]);
  t.deepEqual(stage.files(), ["pairs.csv", "sums.json"]);
  t.deepEqual(stage.journals(), []);
});

test.serial("streams: a reader that has seen enough of a generated input ends the command", async (t) => {
  const { status, signal, stderr } = await runUntilRead(new CommandStage(t), [
    ...["generate", "input", "--rows", "1000000000"],
  ]);
  t.deepEqual([status, signal, stderr], [0, null, ""]);
});

const LOOKS = [["functions"], ["generate", "input", "--rows", "10"], ["explain", "sums.json"], ["schema"]];

for (const options of LOOKS) {
  test.serial(`streams: a full disk behind the output of "${options.join(" ")}" is one line, not a trace`, (t) => {
    const stage = new CommandStage(t);
    stage.write({ "sums.json": SUMS });
    const { status, stderr } = stage.run(options, { stdout: fullDevice(t) });
    t.is(status, 1);
    t.regex(stderr, /^cannot write the output: ENOSPC[^\n]*\n$/);
  });
}

test.serial("streams: a full disk behind a result fails the run in one line; with room, it goes on", (t) => {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": SUMS, "pairs.csv": "1,2\n" });
  const full = stage.run(["run", "sums.json"], { stdout: fullDevice(t) });
  t.is(full.status, 1);
  t.regex(full.stderr, /^cannot write the output: ENOSPC[^\n]*\n$/);
  t.is(stage.journals().length, 1);
  const { status, stdout, stderr } = stage.run(["run", "sums.json"]);
  t.deepEqual([status, stdout], [0, "1,2\n"]);
  t.regex(stderr, /\(2 from an earlier run\)/);
  t.deepEqual(stage.journals(), []);
});

test.serial("streams: a device is written to as --output, and stays a device", (t) => {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": SUMS, "pairs.csv": "1,2\n" });
  t.is(stage.run(["run", "sums.json", "--output", "/dev/null", "--quiet"]).status, 0);
  const { status, stderr } = stage.run(["run", "sums.json", "--output", "/dev/full"]);
  t.is(status, 1);
  t.regex(stderr, /^cannot write the output: ENOSPC[^\n]*\n$/);
});
