/**
 * `run` as a process: each option, each stream, each exit code that data can cause.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { CommandStage, SUMS } from "./command.ts";

const PAIRS = "2,30\n1,10\n2,5\n";
const RESULT = "1,10\n2,35\n";

function stageOf(t: ExecutionContext, program: Record<string, unknown> = {}): CommandStage {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": { ...SUMS, ...program }, "pairs.csv": PAIRS });
  return stage;
}

test("run: the result goes to standard output, the summary to standard error, and nothing is left", (t) => {
  const stage = stageOf(t);
  const { status, stdout, stderr } = stage.run(["run", "sums.json"]);
  t.is(status, 0);
  t.is(stdout, RESULT);
  t.regex(
    stderr,
    /^3 rows in, 2 out to standard output in [\d.]+ s\n2 stages, 2 partitions, \d+ workers?, \d+ tasks, shuffled [\d.]+ k?B, at most [\d.]+ k?B on disk\n$/,
  );
  t.deepEqual(stage.files(), ["pairs.csv", "sums.json"]);
  t.deepEqual(stage.journals(), []);
});

test("run: --output names a file, whose extension is its format; --quiet says nothing", (t) => {
  const stage = stageOf(t);
  const { status, stdout, stderr } = stage.run(["run", "sums.json", "--output", "result.ndjson", "--quiet"]);
  t.deepEqual([status, stdout, stderr], [0, "", ""]);
  t.is(stage.read("result.ndjson"), '{"k":1,"v":10}\n{"k":2,"v":35}\n');
  t.deepEqual(stage.files(), ["pairs.csv", "result.ndjson", "sums.json"]);
});

test("run: --output - wins against the program's output", (t) => {
  const stage = stageOf(t, { output: "result.csv" });
  const { status, stdout } = stage.run(["run", "sums.json", "-o", "-", "-q"]);
  t.deepEqual([status, stdout], [0, RESULT]);
  t.false(stage.files().includes("result.csv"));
});

test("run: an output that is there is replaced by the whole result, and kept by a run that fails", (t) => {
  const stage = stageOf(t);
  stage.write({ "result.csv": "before\n", "bad.csv": "1,2\nx,3\n" });
  const failed = stage.run(["run", "sums.json", "-i", "bad.csv", "-o", "result.csv"]);
  t.is(failed.status, 1);
  t.is(failed.stderr, 'bad.csv:2: "x,3": "x" is not an integer\n');
  t.is(stage.read("result.csv"), "before\n");
  t.is(stage.run(["run", "sums.json", "-o", "result.csv"]).status, 0);
  t.is(stage.read("result.csv"), RESULT);
  t.deepEqual(stage.files(), ["bad.csv", "pairs.csv", "result.csv", "sums.json"]);
  t.deepEqual(stage.journals(), []);
});

test("run: --input takes several files and globs, relative to the working directory, before or behind the program", (t) => {
  const stage = stageOf(t);
  stage.write({ "programs/sums.json": SUMS, "months/a.csv": "1,1\n", "months/b.csv": "1,2\n", "last.csv": "2,7\n" });
  const behind = stage.run(["run", "programs/sums.json", "--quiet", "--input", "months/*.csv", "last.csv"]);
  t.deepEqual([behind.status, behind.stdout], [0, "1,3\n2,7\n"]);
  const before = stage.run(["run", "--quiet", "--input", "months/*.csv", "last.csv", "programs/sums.json"]);
  t.is(before.stdout, behind.stdout);
});

test("run: the program comes from standard input as -", (t) => {
  const stage = stageOf(t);
  const { status, stdout } = stage.run(["run", "-", "--quiet"], { input: JSON.stringify(SUMS) });
  t.deepEqual([status, stdout], [0, RESULT]);
});

test("run: --workers, --partitions and --no-journal change what is reported, not the result", (t) => {
  const stage = stageOf(t);
  const report = JSON.parse(
    stage.run([
      ...["run", "sums.json", "--output", "result.csv", "--json"],
      ...["--workers", "3", "--partitions", "5", "--no-journal"],
    ]).stdout,
  );
  t.like(report, { status: "done", workers: 3, partitions: 5, rowsIn: 3, rowsOut: 2 });
  t.is(stage.read("result.csv"), RESULT);
  t.deepEqual(stage.journals(), []);
});

test("run: --data-dir is used, emptied and kept", (t) => {
  const stage = stageOf(t);
  mkdirSync(path.join(stage.directory, "state"));
  const { status, stdout } = stage.run(["run", "sums.json", "--quiet", "--data-dir", "state"]);
  t.deepEqual([status, stdout], [0, RESULT]);
  t.deepEqual(stage.files(), ["pairs.csv", "state", "sums.json"]);
  t.throws(() => stage.journals(), { code: "ENOENT" });
});

test("run: rejects are counted and written beside the output, or where --rejects says", (t) => {
  const stage = stageOf(t, { onError: "reject" });
  stage.write({ "some-bad.csv": "1,2\nx,3\n1,5\n" });
  const reject = '{"file":"some-bad.csv","line":2,"text":"x,3","reason":"\\"x\\" is not an integer"}\n';
  const options = ["run", "sums.json", "--input", "some-bad.csv"];
  const beside = stage.run([...options, "--output", "result.csv"]);
  t.is(beside.status, 0);
  t.regex(beside.stderr, /\n1 rejected: see "result\.csv\.rejects\.ndjson"\n$/);
  t.is(stage.read("result.csv"), "1,7\n");
  t.is(stage.read("result.csv.rejects.ndjson"), reject);
  const named = stage.run([...options, "--rejects", "bad.ndjson"]);
  t.is(named.stdout, "1,7\n");
  t.is(stage.read("bad.ndjson"), reject);
  const counted = stage.run(options);
  t.regex(counted.stderr, /\n1 rejected: only counted; name a file with --rejects\n$/);
});

test("run: --rejects and --output at the same place are wrong", (t) => {
  const stage = stageOf(t, { onError: "reject" });
  const { status, stderr } = stage.run(["run", "sums.json", "--output", "result.csv", "--rejects", "./result.csv"]);
  t.is(status, 2);
  t.is(stderr, '--rejects and --output name the same place, "./result.csv"\n');
});

test("run: --rejects without onError reject says that it has no effect", (t) => {
  const stage = stageOf(t);
  const { status, stderr } = stage.run(["run", "sums.json", "--rejects", "bad.ndjson"]);
  t.is(status, 0);
  t.regex(stderr, /^--rejects has no effect: "onError" of the program is "fail"/);
  t.false(stage.files().includes("bad.ndjson"));
});

const USAGE: readonly (readonly [circumstance: string, options: readonly string[], told: RegExp])[] = [
  ["a missing program", ["nope.json"], /^cannot read program "nope\.json": there is no such file\n$/],
  ["a directory as program", ["."], /^cannot read program "\.": it is a directory\n$/],
  ["a missing input", ["sums.json", "-i", "nope.csv"], /^no input file "nope\.csv"\n$/],
  ["a glob without a match", ["sums.json", "-i", "nope-*.csv"], /^no input file matches "nope-\*\.csv"\n$/],
  ["a directory as input", ["sums.json", "-i", "."], /^input "\." is a directory\n$/],
  ["an output that is a directory", ["sums.json", "-o", "."], /^cannot write output "\.": it is a directory\n$/],
  ["an output in no directory", ["sums.json", "-o", "no/x"], /^cannot write output "no\/x": there is no directory "/],
  ["an output that is the input", ["sums.json", "-o", "pairs.csv"], /it would take the place of what this run reads/],
  ["no worker", ["sums.json", "-w", "0"], /'0' is invalid\. It must be an integer from 1 to 256\./],
  ["too many partitions", ["sums.json", "-p", "4097"], /'4097' is invalid\. It must be an integer from 1 to 4096\./],
  ["an empty data directory", ["sums.json", "--data-dir", ""], /is invalid\. It must not be empty\./],
  ["an unknown option", ["sums.json", "--wrokers", "2"], /unknown option '--wrokers'\n\(Did you mean --workers\?\)/],
];

for (const [circumstance, options, told] of USAGE) {
  test(`run: ${circumstance} is a mistake of the command line, told in one place`, (t) => {
    const stage = stageOf(t);
    const { status, stdout, stderr } = stage.run(["run", ...options]);
    t.is(status, 2);
    t.is(stdout, "");
    t.regex(stderr, told);
    t.deepEqual(stage.files(), ["pairs.csv", "sums.json"]);
  });
}

test("run: a program without any input says how to name one", (t) => {
  const stage = stageOf(t, { input: undefined });
  const { status, stderr } = stage.run(["run", "sums.json"]);
  t.is(status, 2);
  t.is(stderr, 'there is no input: give --input PATH, or "input" in the program\n');
});

test("run: everything wrong with a program is told at once, a line each", (t) => {
  const stage = stageOf(t, { partitions: 0, operations: [{ operator: "map", functon: "ABS" }, { operator: "mpa" }] });
  const { status, stderr } = stage.run(["run", "sums.json"]);
  t.is(status, 2);
  t.deepEqual(
    stderr.split("\n").map((line) => line.split(": ").slice(0, 2)),
    [
      ["sums.json", "partitions"],
      ["sums.json", "operations[0].functon"],
      ["sums.json", "operations[1].operator"],
      [""],
    ],
  );
});

test("run: an arithmetic error names operation, pair and reason", (t) => {
  const stage = stageOf(t, { operations: [{ operator: "map", expression: "100 / (v - 5)" }] });
  const { status, stderr } = stage.run(["run", "sums.json"]);
  t.is(status, 1);
  t.is(stderr, "operations[0] (map 100 / (v - 5)) on <2, 5>: division by zero\n");
});

test("run: an arithmetic error of very large integers is told with its reason", (t) => {
  const operations = ["(v + 7) ** 4000", "v / (v - v)"].map((expression) => ({ operator: "map", expression }));
  const stage = stageOf(t, { integers: "bigint", operations });
  const { status, stderr } = stage.run(["run", "sums.json"]);
  t.is(status, 1);
  t.regex(stderr, /division by zero\n$/);
});

test("run: 4,096 partitions of three rows work", (t) => {
  const stage = stageOf(t);
  const { status, stdout } = stage.run(["run", "sums.json", "--partitions", "4096", "--quiet"]);
  t.deepEqual([status, stdout], [0, RESULT]);
});

test("run: a task that ends three threads is poison, exit code 4", (t) => {
  const stage = stageOf(t);
  const { status, stderr } = stage.run(["run", "sums.json"], { tamper: "die:reduce" });
  t.is(status, 4);
  t.regex(stderr, /^task .* ended 3 executors, reading partitions 0 to 1 of stage 1; the last one by: .*\n$/);
  const { stdout } = stage.run(["run", "sums.json", "--output", "result.csv", "--json"]);
  t.like(JSON.parse(stdout), { status: "done", tasksTakenOver: 1 }, "what was done before is taken over");
});
