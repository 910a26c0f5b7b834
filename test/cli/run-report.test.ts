/**
 * `run --json`: one document whatever happens, whose members scripts can rely on.
 */
import test, { type ExecutionContext } from "ava";
import type { RunReport } from "../../cli/run/run-report.ts";
import { type CommandEnd, CommandStage, HELD, SUMS } from "./command.ts";

function stageOf(t: ExecutionContext, program: Record<string, unknown> = {}): CommandStage {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": { ...SUMS, ...program }, "pairs.csv": "2,30\n1,10\n2,5\n", "bad.csv": "x,1\n" });
  return stage;
}

/** The one document of a stream, without what differs between machines and runs; that is checked by its type. */
function documentOf(t: ExecutionContext, text: string): Partial<RunReport> {
  const { job, elapsedMs, shuffledBytes, journaledBytes, diskPeakBytes, workers, ...rest } = JSON.parse(
    text,
  ) as RunReport;
  t.is(text, `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
  t.true(job === null || /^[0-9a-f]{16}$/.test(job));
  for (const count of [elapsedMs, shuffledBytes, journaledBytes, workers]) t.true(Number.isSafeInteger(count));
  t.true(elapsedMs > 0);
  return rest;
}

const DONE = {
  ...{ status: "done", program: "sums", output: "result.csv", rejectsFile: null },
  ...{ rowsIn: 3, rowsOut: 2, rejected: 0, bytesRead: 14, bytesWritten: 10, partitions: 2, stages: 2 },
  ...{ tasks: 2, tasksTakenOver: 0, tasksRepeated: 0, restarts: { executors: 0, actors: 0 } },
  repaired: { records: 0, journals: 0, tasksLost: 0, resultsDamaged: 0 },
} as const;

/** Of a run that was refused before it began. */
const NOTHING = {
  ...{ output: null, rejectsFile: null, rowsIn: 0, rowsOut: 0, rejected: 0, bytesRead: 0, bytesWritten: 0 },
  ...{ partitions: 0, stages: 0, tasks: 0, tasksTakenOver: 0, tasksRepeated: 0, restarts: { executors: 0, actors: 0 } },
  repaired: { records: 0, journals: 0, tasksLost: 0, resultsDamaged: 0 },
} as const;

test("report: of a run that is done, on standard output where that is free", (t) => {
  const { status, stdout, stderr } = stageOf(t).run(["run", "sums.json", "--output", "result.csv", "--json"]);
  t.deepEqual([status, stderr], [0, ""]);
  t.deepEqual(documentOf(t, stdout), DONE);
});

test("report: on standard error where the result goes to standard output", (t) => {
  const { status, stdout, stderr } = stageOf(t).run(["run", "sums.json", "--json"]);
  t.deepEqual([status, stdout], [0, "1,10\n2,35\n"]);
  t.deepEqual(documentOf(t, stderr), { ...DONE, output: "-" });
});

test("report: on standard error where the rejects go to standard output", (t) => {
  const stage = stageOf(t, { onError: "reject" });
  const options = ["run", "sums.json", "-o", "result.csv", "--rejects", "-", "--json", "-i", "bad.csv", "pairs.csv"];
  const { status, stdout, stderr } = stage.run(options);
  t.is(status, 0);
  t.is(stdout, '{"file":"bad.csv","line":1,"text":"x,1","reason":"\\"x\\" is not an integer"}\n');
  t.deepEqual(documentOf(t, stderr), { ...DONE, rejectsFile: "-", rejected: 1, bytesRead: 18, tasks: 3 });
});

const FAILURES: readonly (readonly [string, readonly string[], number, string, RegExp])[] = [
  ["bad data", ["-i", "bad.csv"], 1, "BAD_RECORD", /^bad\.csv:1: "x,1": "x" is not an integer$/],
  ["a missing input", ["-i", "nope.csv"], 2, "INPUT_MISSING", /^no input file "nope\.csv"$/],
  ["an output in no directory", ["-o", "no/x"], 2, "OUTPUT_UNUSABLE", /^cannot write output "no\/x": /],
];

for (const [circumstance, options, exitCode, code, told] of FAILURES) {
  test(`report: of ${circumstance}, with the error's code; a person is told in the same words`, (t) => {
    const stage = stageOf(t);
    const run = ["run", "sums.json", "--output", "result.csv", ...options];
    const { status, stdout, stderr } = stage.run([...run, "--json"]);
    t.is(status, exitCode);
    const { error, ...report } = documentOf(t, stdout);
    t.is(report.status, "failed");
    t.is(error?.code, code);
    t.regex(error?.messages.join("\n") ?? "", told);
    t.is(stderr, `${error?.messages.join("\n")}\n`);
    t.is(stage.run(run).stderr, stderr);
  });
}

test("report: of a program that is wrong, every error a message", (t) => {
  const stage = stageOf(t, { partitions: 0, operations: [{ operator: "map", functon: "ABS" }] });
  const { status, stdout } = stage.run(["run", "sums.json", "--json"]);
  t.is(status, 2);
  const { error, ...report } = documentOf(t, stdout);
  t.deepEqual(report, { ...NOTHING, status: "failed", program: "sums.json" });
  t.is(error?.code, "PROGRAM_INVALID");
  t.is(error?.messages.length, 2);
});

test("report: of a run that was interrupted, and of the one that goes on", async (t) => {
  const stage = stageOf(t);
  const options = ["run", "sums.json", "--output", "result.csv", "--json"];
  const held = stage.start(options, { tamper: "hold:reduce" });
  await held.said(HELD);
  held.process.kill("SIGINT");
  const end: CommandEnd = await held.end;
  t.is(end.status, 130);
  const { error, ...report } = documentOf(t, end.stdout);
  t.deepEqual(report, { ...DONE, status: "interrupted", rowsOut: 0, bytesWritten: 0, tasks: 1 });
  t.is(error?.code, "INTERRUPTED");
  t.deepEqual(documentOf(t, stage.run(options).stdout), { ...DONE, tasksTakenOver: 1 });
});

test("report: of a run whose executors were restarted", (t) => {
  const { status, stdout } = stageOf(t).run(["run", "sums.json", "--output", "result.csv", "--json"], {
    tamper: "die:reduce",
  });
  t.is(status, 4);
  const { error, ...report } = documentOf(t, stdout);
  t.is(error?.code, "TASK_POISONED");
  t.like(report, { status: "failed", tasks: 1 });
  t.true((report.restarts?.executors ?? 0) >= 2);
});
