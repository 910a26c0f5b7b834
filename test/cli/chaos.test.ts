/**
 * `chaos` as a process: what it says, and that it notices a difference.
 */
import test, { type ExecutionContext } from "ava";
import type { ChaosReport } from "../../cli/chaos/chaos-report.ts";
import { CommandStage, repeatedPairs, SUMS } from "./command.ts";

function stageOf(t: ExecutionContext): CommandStage {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": SUMS, "pairs.csv": repeatedPairs(THREE_HUNDRED).text });
  return stage;
}

/** 1.5 MB: small enough for the reference interpreter. */
const THREE_HUNDRED = 300;

test.serial("chaos: a program that is disturbed gives the same output, exit code 0", (t) => {
  const stage = stageOf(t);
  const { status, stdout, stderr } = stage.run(["chaos", "sums.json", "--rate", "3", "--runs", "2", "--seed", "3"]);
  t.deepEqual([status, stderr], [0, ""]);
  const lines = stdout.split("\n");
  t.regex(
    lines[0] ?? "",
    /^undisturbed: 150,000 rows in, 500 rows out, [\d.]+ s, as the reference interpreter has it$/,
  );
  t.regex(lines[1] ?? "", /^seed 3: same output; \d+ strikes?/);
  t.regex(lines[2] ?? "", /^seed 4: same output; \d+ strikes?/);
  t.deepEqual(lines.slice(3), ["2 runs, always the same output", ""]);
  t.deepEqual(stage.files(), ["pairs.csv", "sums.json"]);
});

test.serial("chaos: a difference that is planted in disturbed runs is found, exit code 1", (t) => {
  const stage = stageOf(t);
  const options = ["chaos", "sums.json", "--kill", "executor", "--rate", "5", "--runs", "2", "--json"];
  const { status, stdout, stderr } = stage.run(options, { tamper: "falsify:data-1" });
  t.is(stderr, "");
  const report = JSON.parse(stdout) as ChaosReport;
  t.is(report.undisturbed.sameAsReference, true);
  t.is(status, 1);
  t.is(report.status, "different");
});

test.serial("chaos: a cluster of processes that is struck gives the same output, and the same rejects", (t) => {
  const stage = stageOf(t);
  const own = { operator: "map", function: "TWICE" };
  const operations = [{ operator: "filter", expression: "1000 / (v - 21) != 3" }, own, ...SUMS.operations];
  stage.write({ "own.js": "export const map = { TWICE: (v) => 2n * v };\n" });
  stage.write({ "rejecting.json": { ...SUMS, operations, onError: "reject" } });
  const kinds = ["--kill", "actor,executor,worker,coordinator", "--pause", "--lose-disk"];
  const words = ["chaos", "rejecting.json", ...kinds, "--rate", "2", "--runs", "1", "--seed", "5", "--json"];
  words.push("--functions", "own.js");
  const { status, stdout, stderr } = stage.run(words);
  t.is(stderr, "");
  const report = JSON.parse(stdout) as ChaosReport;
  t.deepEqual([status, report.status], [0, "same"], stdout);
  t.is(report.undisturbed.rejected, THREE_HUNDRED);
  t.is(report.undisturbed.sameAsReference, true);
  t.deepEqual(report.kill, ["actor", "executor", "worker", "coordinator", "pause", "lose-disk"]);
  t.deepEqual(stage.files(), ["own.js", "pairs.csv", "rejecting.json", "sums.json"]);
});

test.serial("chaos: what cannot be struck is refused", (t) => {
  const unknown = stageOf(t).run(["chaos", "sums.json", "--kill", "acter"]);
  t.is(unknown.status, 2);
  t.regex(unknown.stderr, /It takes "?actor"?,/);
});

test.serial("chaos: a program that fails undisturbed fails as it does in run", (t) => {
  const stage = stageOf(t);
  stage.write({ "bad.csv": "x,1\n" });
  const { status, stdout, stderr } = stage.run(["chaos", "sums.json", "--input", "bad.csv"]);
  t.deepEqual([status, stdout, stderr], [1, "", 'bad.csv:1: "x,1": "x" is not an integer\n']);
});
