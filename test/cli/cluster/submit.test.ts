/**
 * `submit` as a process, against a gateway whose cluster does what a test says.
 */
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { openGateway } from "../../../actors/gateway/gateway.ts";
import { ProgramError } from "../../../programs/errors.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { silentLog } from "../../../runtime/log.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { openStage, type Stage, TOKEN } from "../../actors/gateway/gateway-stage.ts";
import { temporaryDirectory, writeFiles } from "../../actors/temporary-directory.ts";
import { type RunningCommand, startCommand } from "./run-command.ts";

const PROGRAM = JSON.stringify({
  ...{ partitions: 2, input: "in.csv", output: "said.ndjson" },
  operations: [{ operator: "map", function: "OF_A_WORKER_ALONE" }],
});
const BYTES = '{"k":1,"v":2}\n';

interface Submitting extends Stage {
  readonly directory: string;
  submit(...options: string[]): RunningCommand;
}

/** A stage with real time, and a directory with a program and an input. */
async function prepared(t: ExecutionContext): Promise<Submitting> {
  const stage = await openStage(t, { clock: systemClock });
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "sums.json": PROGRAM, "in.csv": "1,2\n3,4\n" });
  const at = ["--coordinator", `127.0.0.1:${stage.port}`];
  const submit = (...options: string[]) => startCommand(["submit", "sums.json", ...at, ...options], { directory });
  return { ...stage, directory, submit };
}

/** The job is done, with `BYTES` as its result. */
function finish(stage: Stage, id = "job-1"): void {
  const kept = path.join(stage.dataDirectory, "kept");
  writeFileSync(kept, BYTES);
  stage.control.finish(id, { path: kept, byteLength: BYTES.length, format: "ndjson" });
}

test("submit waits for the job, and writes its result where the program says", async (t) => {
  const stage = await prepared(t);
  const running = stage.submit("--partitions", "3");
  await running.told("submitted job job-1");
  t.false(existsSync(path.join(stage.directory, "said.ndjson")));
  finish(stage);
  const { status, stdout, stderr } = await running.ended;
  t.deepEqual([status, stdout], [0, ""], stderr);
  t.regex(stderr, /\n0 rows in, 0 out to "said\.ndjson" in .* s\njob job-1, 2 stages, 3 partitions, shuffled 0 B\n$/);
  t.is(readFileSync(path.join(stage.directory, "said.ndjson"), "utf8"), BYTES);
  t.deepEqual(readdirSync(stage.directory).sort(), ["in.csv", "said.ndjson", "sums.json"]);
  const [{ submissionId = "", ...request }] = stage.control.submitted as [(typeof stage.control.submitted)[number]];
  t.deepEqual(request, { program: PROGRAM, fileName: "sums.json", partitions: 3, outputFormat: "ndjson" });
  t.regex(submissionId, /^[0-9a-f]{32}$/);
});

test("submit: the result goes to standard output, and the report to the other stream", async (t) => {
  const stage = await prepared(t);
  const running = stage.submit("--output", "-", "--json", "--input", "a/*.csv", "b.csv");
  await stage.control.listened(2);
  finish(stage);
  const { status, stdout, stderr } = await running.ended;
  t.deepEqual([status, stdout], [0, BYTES]);
  const report = JSON.parse(stderr) as { status: string; output: string; job: { id: string } };
  t.deepEqual([report.status, report.output, report.job.id], ["done", "-", "job-1"]);
  t.deepEqual(stage.control.submitted[0]?.inputs, ["a/*.csv", "b.csv"]);
  t.is(stage.control.submitted[0]?.outputFormat, "csv");
});

test("submit --detach prints the job's id, and leaves the result with the coordinator", async (t) => {
  const stage = await prepared(t);
  const { status, stdout, stderr } = await stage.submit("--detach", "--remote-output", "out/sums.csv").ended;
  t.deepEqual([status, stdout, stderr], [0, "job-1\n", ""]);
  t.is(stage.control.submitted[0]?.output, "out/sums.csv");
  t.is(stage.control.submitted[0]?.outputFormat, "csv");
});

test("submit --upload sends the inputs, and takes them away when the job has ended", async (t) => {
  const stage = await prepared(t);
  writeFiles(stage.directory, { "empty.csv": "" });
  const running = stage.submit("--upload", "--input", "*.csv");
  await running.told("submitted job");
  const uploads = path.join(stage.dataDirectory, "uploads");
  const names = readdirSync(uploads).filter((name) => name.endsWith(".csv"));
  t.deepEqual([...(stage.control.submitted[0]?.uploads ?? [])].sort(), names.sort());
  const contents = stage.control.submitted[0]?.uploads?.map((name) => readFileSync(path.join(uploads, name), "utf8"));
  t.deepEqual(contents, ["", "1,2\n3,4\n"]);
  t.deepEqual(stage.control.submitted[0]?.uploadNames, ["empty.csv", "in.csv"]);
  t.is(stage.control.submitted[0]?.inputs, undefined);
  finish(stage);
  t.is((await running.ended).status, 0);
  t.deepEqual(readdirSync(uploads), [".partial"]);
});

test("submit goes on waiting when the coordinator is started again", async (t) => {
  const stage = await prepared(t);
  const running = stage.submit();
  await stage.control.listened(2);
  stage.gateway.close();
  const closed = once(stage.server, "close");
  stage.server.close();
  stage.server.closeAllConnections();
  await closed;
  await running.told("is away; waiting for it");
  finish(stage);
  const server = http.createServer();
  const gateway = await openGateway(server, {
    ...{ control: stage.control, clock: systemClock, log: silentLog, version: "0.1.0", security: { token: TOKEN } },
    ...{ uploadsDirectory: path.join(stage.dataDirectory, "uploads"), processMetrics: false },
  });
  await new Promise<void>((resolve) => server.listen(stage.port, "127.0.0.1", resolve));
  t.teardown(() => {
    gateway.close();
    server.close();
    server.closeAllConnections();
  });
  const { status, stderr } = await running.ended;
  t.is(status, 0, stderr);
  t.true(stderr.includes("the coordinator is back\n"));
  t.is(readFileSync(path.join(stage.directory, "said.ndjson"), "utf8"), BYTES);
});

test("submit: an interrupt says that the job goes on, and how to get it", async (t) => {
  const stage = await prepared(t);
  const running = stage.submit();
  await stage.control.listened(2);
  running.child.kill("SIGINT");
  const { status, stderr } = await running.ended;
  t.is(status, 130);
  t.regex(
    stderr,
    /interrupted; job job-1 goes on: actor-dataflow result job-1 gives its result, cancel job-1 stops it\n$/,
  );
  t.is(stage.control.job("job-1")?.state, "queued");
  t.false(existsSync(path.join(stage.directory, "said.ndjson")));
});

test("submit: how a job ends is how the command ends", async (t) => {
  const ends: [string, string, number][] = [
    ["BAD_RECORD", 'in.csv:1: "x": not a number', 1],
    ["TASK_POISONED", "a task ended three executors", 4],
    ["INPUT_MISSING", "no input file", 2],
  ];
  for (const [code, message, expected] of ends) {
    const stage = await prepared(t);
    const running = stage.submit("--quiet");
    await stage.control.listened(2);
    stage.control.put({ ...stage.control.jobs()[0]!, state: "failed", failure: { code, message } });
    const { status, stdout, stderr } = await running.ended;
    t.deepEqual([status, stdout, stderr], [expected, "", `${message}\n`]);
    t.false(existsSync(path.join(stage.directory, "said.ndjson")));
  }
  const stage = await prepared(t);
  const running = stage.submit("--json");
  await stage.control.listened(2);
  await stage.control.cancel("job-1");
  const { status, stdout } = await running.ended;
  const report = JSON.parse(stdout) as { status: string; error: { code: string } };
  t.deepEqual([status, report.status, report.error.code], [1, "failed", "JOB_CANCELLED"]);
});

test("submit: what the coordinator refuses ends with its words and its exit code", async (t) => {
  const refusals: [Error, number, string][] = [
    [
      new ProgramError([
        { place: "a[0]", message: "no" },
        { place: "b", message: "neither" },
      ]),
      2,
      "sums.json: a[0]: no\nsums.json: b: neither\n",
    ],
    [new RuntimeError("PATH_OUTSIDE_DATA_ROOT", "not there"), 2, "not there\n"],
    [new RuntimeError("QUEUE_FULL", "full"), 3, "full\n"],
    [
      new RuntimeError("INPUT_MISSING", "none"),
      2,
      "none\nwithout --upload, input files are paths below the data root of the coordinator's host\n",
    ],
  ];
  for (const [error, expected, words] of refusals) {
    const stage = await prepared(t);
    const submit = stage.control.submit.bind(stage.control);
    stage.control.submit = async (request) => {
      stage.control.nextError = error;
      return await submit(request);
    };
    const { status, stderr } = await stage.submit("--quiet").ended;
    t.deepEqual([status, stderr], [expected, words]);
  }
});

test("submit: a job that its coordinator does not know any more has to be submitted again", async (t) => {
  const stage = await prepared(t);
  const running = stage.submit("--quiet");
  await stage.control.listened(2);
  const [job] = stage.control.jobs();
  stage.control.nextError = new RuntimeError("JOB_UNKNOWN", 'no job "job-1"');
  stage.control.put({ ...job!, state: "running" });
  const { status, stderr } = await running.ended;
  t.is(status, 2);
  t.is(stderr, 'no job "job-1"\nthe coordinator does not know job job-1 any more: submit the program again\n');
});

test("submit: what is wrong here is told before anything is sent", async (t) => {
  const stage = await prepared(t);
  const wrong: [string[], RegExp][] = [
    [["--output", "/nope/out.csv"], /^cannot write output "\/nope\/out\.csv"/],
    [["--output", "sums.json"], /^cannot write output "sums\.json": it would take the place of what this run reads/],
    [["--output", "in.csv", "--upload"], /^cannot write output "in\.csv"/],
    [["--upload", "--input", "nope.csv"], /^no input file "nope\.csv"\n$/],
    [["--output", "a", "--detach"], /^--output and --detach/],
    [["--output", "a", "--remote-output", "b"], /^--output and --remote-output/],
  ];
  const results = await Promise.all(wrong.map(([options]) => stage.submit(...options).ended));
  for (const [index, [options, words]] of wrong.entries()) {
    t.is(results[index]?.status, 2, options.join(" "));
    t.regex(results[index]?.stderr ?? "", words);
  }
  t.is(stage.control.submitted.length, 0);
});

test("submit: a coordinator that nobody has started is not waited for longer than is wished", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "sums.json": PROGRAM });
  const { status, stderr } = await startCommand(
    ["submit", "sums.json", "--coordinator", "127.0.0.1:1", "--patience", "1"],
    { directory },
  ).ended;
  t.is(status, 3);
  t.regex(stderr, /is away; waiting for it\ncannot reach the coordinator at 127\.0\.0\.1:1: /);
});
