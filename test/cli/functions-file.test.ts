/**
 * `--functions FILE`: functions of the operator's own, through the commands that know of them.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { CommandStage } from "./command.ts";

const OWN = `export const map = {
  DOUBLE: (v) => v * 2n,
  EXIT: (v) => {
    if (v === 77n) process.exit(3);
    return v;
  },
  LOUD: (v) => {
    console.log("hello");
    return v;
  },
  FUSSY: (v) => {
    if (v % 2n === 0n) throw new Error("even");
    return v;
  },
};
export const reduce = {
  SPAN: (values) => values.at(-1) - values[0],
  EXIT_ALL: () => process.exit(0),
};
`;

const INPUT = Array.from({ length: 100 }, (_, index) => `${index % 3},${index}\n`).join("");

function stageOf(t: ExecutionContext, operations: readonly object[], members: object = {}): CommandStage {
  const stage = new CommandStage(t);
  const program = { partitions: 2, input: "pairs.csv", operations, ...members };
  stage.write({ "own.js": OWN, "pairs.csv": INPUT, "program.json": program });
  return stage;
}

const SPAN_OF_DOUBLES = [
  { operator: "map", function: "DOUBLE" },
  { operator: "reduce", function: "SPAN" },
];
const WITH = ["--functions", "own.js"];

test("functions: they are listed, programs that name them are valid, explained and run", (t) => {
  const stage = stageOf(t, SPAN_OF_DOUBLES);
  const listed = stage.run(["functions", ...WITH]);
  t.regex(listed.stdout, /\n {4}DOUBLE +DOUBLE\(v\) +a function of your own\n/);
  t.deepEqual(stage.run(["validate", "program.json", ...WITH]).stdout.split(":")[0], "ok");
  t.regex(stage.run(["explain", "program.json", ...WITH]).stdout, /map DOUBLE .*\n(?:.*\n)*.*reduce SPAN/);
  for (const integers of ["int64", "bigint"]) {
    const { status, stdout, stderr } = stage.run(["run", "program.json", "-q", ...WITH]);
    t.deepEqual(
      { status, stdout, stderr, integers },
      { status: 0, stdout: "0,198\n1,192\n2,192\n", stderr: "", integers },
    );
    stage.write({
      "program.json": { partitions: 2, input: "pairs.csv", integers: "bigint", operations: SPAN_OF_DOUBLES },
    });
  }
});

test("functions: without the module its names are unknown, and a module that cannot be used is told", (t) => {
  const stage = stageOf(t, SPAN_OF_DOUBLES);
  const without = stage.run(["run", "program.json"]);
  t.is(without.status, 2);
  t.regex(without.stderr, /^program\.json: operations\[0\]\.function: unknown function "DOUBLE"; functions of map/);
  stage.write({ "broken.js": "export const map = {" });
  for (const command of [["run", "program.json"], ["validate", "program.json"], ["functions"]]) {
    const broken = stage.run([...command, "--functions", "broken.js"]);
    t.deepEqual([broken.status, broken.stdout], [2, ""], command[0]);
    t.regex(broken.stderr, /^cannot use functions "broken\.js": SyntaxError: [^\n]*\n$/);
  }
});

test("functions: what one throws is an error of the pair, or a reject", (t) => {
  const failing = stageOf(t, [{ operator: "map", function: "FUSSY" }]);
  const { status, stderr } = failing.run(["run", "program.json", ...WITH]);
  t.is(status, 1);
  t.regex(stderr, /^operations\[0\] \(map FUSSY\) on <\d+, \d+>: FUSSY threw Error: even\n$/);
  const rejecting = stageOf(t, [{ operator: "map", function: "FUSSY" }], { onError: "reject", output: "odd.csv" });
  t.is(rejecting.run(["run", "program.json", ...WITH]).status, 0);
  t.is(rejecting.read("odd.csv").split("\n").length, 51);
  const rejects = rejecting.read("odd.csv.rejects.ndjson").trimEnd().split("\n");
  t.is(rejects.length, 50);
  t.deepEqual(JSON.parse(rejects[0]), {
    ...{ place: "operations[0]", operation: "map FUSSY", k: 0, v: 0, reason: "FUSSY threw Error: even" },
  });
});

for (const integers of ["int64", "bigint"]) {
  test(`functions: one that ends its thread ends the job after three attempts, and function and record are named (${integers})`, (t) => {
    const stage = stageOf(t, [{ operator: "map", function: "DOUBLE" }, ...EXIT_AT_77], { integers, output: "out.csv" });
    // Doubled, no value is odd: 77 comes of a step before.
    const { status, stdout, stderr } = stage.run(["run", "program.json", "-q", ...WITH]);
    t.deepEqual([status, stdout], [4, ""]);
    t.is(
      stderr,
      'the function of operations[2] (map EXIT) on <1, 77> ended 3 executors, reading "pairs.csv", lines 1 to 100, ' +
        "bytes 0 to 490; the last one by: crashed: executor 0 died: the thread ended with code 3\n",
    );
    t.false(existsSync(path.join(stage.directory, "out.csv")));
  });
}

const EXIT_AT_77 = [
  { operator: "map", expression: "v == 80 ? 77 : v" },
  { operator: "map", function: "EXIT" },
];

test("functions: a reduce that ends its thread is named with its key and the partitions of its task", (t) => {
  const stage = stageOf(t, [{ operator: "reduce", function: "EXIT_ALL" }]);
  const { status, stderr } = stage.run(["run", "program.json", "-q", "--workers", "1", ...WITH]);
  t.is(status, 4);
  t.regex(
    stderr,
    /^the function of operations\[0\] \(reduce EXIT_ALL\) on the values of key \d ended 3 executors, reading partitions 0 to 1 of stage 1; /,
  );
});

test("functions: what one prints goes to standard error, not among the results", (t) => {
  const stage = stageOf(t, [{ operator: "map", function: "LOUD" }]);
  const { status, stdout, stderr } = stage.run(["run", "program.json", "-q", ...WITH]);
  t.is(status, 0);
  t.is(stdout.split("\n").length, 101);
  t.notRegex(stdout, /hello/);
  t.regex(stderr, /hello/);
});

test("functions: another module is another job; one that the program does not need is not", (t) => {
  const stage = stageOf(t, SPAN_OF_DOUBLES);
  const jobOf = (...more: string[]): string => {
    const { stdout } = stage.run(["run", "program.json", "--json", "-o", "out.csv", ...more]);
    return (JSON.parse(stdout) as { job: string }).job;
  };
  const first = jobOf(...WITH);
  t.is(jobOf(...WITH), first);
  stage.write({ "own.js": `${OWN}// the same in other words\n` });
  const second = jobOf(...WITH);
  t.not(second, first);
  stage.write({
    "program.json": { partitions: 2, input: "pairs.csv", operations: [{ operator: "map", function: "ABS" }] },
  });
  t.is(jobOf(...WITH), jobOf());
});

test("functions: a journal of the same program with another module is refused by name", (t) => {
  const stage = stageOf(t, [{ operator: "map", function: "EXIT" }]);
  const wish = ["--data-dir", "state", "-q", ...WITH];
  t.is(stage.run(["run", "program.json", ...wish]).status, 4);
  stage.write({ "own.js": OWN.replace("77n", "1000n") });
  const other = stage.run(["run", "program.json", ...wish]);
  t.is(other.status, 2);
  t.regex(other.stderr, /holds an unfinished job with functions of another module; /);
});

test("functions: a result never takes the place of the module", (t) => {
  const stage = stageOf(t, SPAN_OF_DOUBLES);
  const { status, stderr } = stage.run(["run", "program.json", "-o", "own.js", ...WITH]);
  t.is(status, 2);
  t.regex(stderr, /it would take the place of what this run reads/);
  t.is(readFileSync(path.join(stage.directory, "own.js"), "utf8"), OWN);
});

test("functions: chaos holds them against the reference interpreter", (t) => {
  const stage = stageOf(t, SPAN_OF_DOUBLES);
  const { status, stdout } = stage.run(["chaos", "program.json", "--rate", "0.01", "--runs", "1", "--json", ...WITH]);
  t.is(status, 0);
  t.like(JSON.parse(stdout), { status: "same", undisturbed: { sameAsReference: true } });
});
