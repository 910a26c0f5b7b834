/**
 * `jobs`, `status`, `cancel`, `workers`, `drain`, `result` as processes, against a gateway.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { jobStatus, workerStatus } from "../../actors/cluster/fake-control.ts";
import { makeCertificates, NO_OPENSSL } from "../../actors/gateway/certificates.ts";
import { openStage, type Stage } from "../../actors/gateway/gateway-stage.ts";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";
import { runCommand } from "./run-command.ts";

const at = ({ port }: Stage): string[] => ["--coordinator", `127.0.0.1:${port}`];

test("jobs, status, workers, cancel and drain tell people in lines and tools in JSON", async (t) => {
  const stage = await openStage(t);
  const job = jobStatus("job-1", { state: "running", tasksDone: 1, pairsIn: 1234 });
  stage.control.put(job);
  stage.control.putWorker(workerStatus("w-1", { tasksRunning: 1 }));
  const [jobs, jobsJson, status, statusJson, workers] = await Promise.all([
    runCommand(["jobs", ...at(stage)]),
    runCommand(["jobs", "--json", ...at(stage)]),
    runCommand(["status", "job-1", ...at(stage)]),
    runCommand(["status", "job-1", "--json", ...at(stage)]),
    runCommand(["workers", ...at(stage)]),
  ]);
  t.is(jobs.status, 0, jobs.stderr);
  t.regex(jobs.stdout, /^JOB +NAME +STATE .*\njob-1 +sums +running .* 25 % +1\/2 +1,234 /);
  t.deepEqual(JSON.parse(jobsJson.stdout), [job]);
  t.regex(
    status.stdout,
    /^job-1 \(sums\): running\nsubmitted 2026.*\n.*1,234 rows.*\n.*job\.changed +job job-1 is running\n$/,
  );
  t.deepEqual(JSON.parse(statusJson.stdout), { ...job, story: stage.control.story("job-1") });
  t.regex(workers.stdout, /\nw-1 +127\.0\.0\.1 +alive +1\/2 /);
  const drain = await runCommand(["drain", "w-1", ...at(stage)]);
  t.deepEqual([drain.status, drain.stdout], [0, "worker w-1 is draining\n"]);
  const cancel = await runCommand(["cancel", "job-1", "--json", ...at(stage)]);
  t.is((JSON.parse(cancel.stdout) as { state: string }).state, "cancelled");
});

test("jobs and workers of an empty cluster say so", async (t) => {
  const stage = await openStage(t);
  t.is((await runCommand(["jobs", ...at(stage)])).stdout, "no jobs\n");
  t.is((await runCommand(["workers", ...at(stage)])).stdout, "no workers\n");
});

test("what others wrote cannot steer the terminal", async (t) => {
  const stage = await openStage(t);
  const evil = "a\u001b[2J\nb\u202e\u0007";
  const failure = { code: "BAD_RECORD", message: evil };
  stage.control.put(jobStatus("job-1", { name: evil, state: "failed", failure }));
  stage.control.tell({ kind: evil, message: evil, job: "job-1" });
  for (const command of [["jobs"], ["status", "job-1"]]) {
    const { stdout } = await runCommand([...command, ...at(stage)]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there.
    t.notRegex(stdout, /[\u0000-\u0009\u000b-\u001f\u202e]/);
    t.true(stdout.includes("a\\u001b[2J\\nb\\u202e\\u0007"));
  }
});

test("errors end with the exit codes of the contract, in one line", async (t) => {
  const stage = await openStage(t);
  stage.control.put(jobStatus("job-1"));
  stage.control.put(jobStatus("job-2", { state: "done" }));
  const ends: [string[], number, RegExp][] = [
    [["status", "nope", ...at(stage)], 2, /^no job "nope"\n$/],
    [["cancel", "job-2", ...at(stage)], 1, /^job job-2 is done\n$/],
    [["drain", "nope", ...at(stage)], 2, /^no worker "nope"\n$/],
    [["result", "job-1", ...at(stage)], 1, /^job job-1 is queued\n$/],
    [["result", "job-2", ...at(stage)], 1, /^the result of job job-2 is no longer kept\n$/],
    [["jobs", "--coordinator", "127.0.0.1:1"], 3, /^cannot reach the coordinator at 127\.0\.0\.1:1: .*ECONNREFUSED/],
    [["jobs", "--join", "127.0.0.1:1"], 3, /^cannot reach the coordinator at 127\.0\.0\.1:1: /],
    [["jobs", "--coordinator", "::"], 2, /^--coordinator: "::" is no HOST:PORT\n$/],
    [["jobs", "--token", "secret", ...at(stage)], 2, /^--token is refused: [^\n]*\n$/],
    [["jobs", "--coordinator", "10.0.0.1"], 2, /^the token would go to 10\.0\.0\.1:7411 in the clear/],
    [["jobs", "--cert", "x", ...at(stage)], 2, /^--cert and --key need each other\n$/],
    [["jobs", "--ca", "/nope", ...at(stage)], 2, /^cannot read "\/nope"/],
  ];
  const results = await Promise.all(ends.map(([given]) => runCommand(given)));
  for (const [index, [given, status, words]] of ends.entries()) {
    t.regex(results[index]?.stderr ?? "", words, given.join(" "));
    t.is(results[index]?.status, status, given.join(" "));
    t.is(results[index]?.stdout, "");
  }
  const environment = { ACTOR_DATAFLOW_TOKEN: "another-token-of-the-length" };
  const refused = await runCommand(["jobs", ...at(stage)], { environment });
  t.deepEqual([refused.status, refused.stderr], [3, "the token is missing or wrong\n"]);
});

test("errors with --json are a document as well, beside their lines, or where a result goes to standard output alone", async (t) => {
  const stage = await openStage(t);
  stage.control.put(jobStatus("job-1"));
  const failed = (code: string, message: string) => ({ status: "failed", error: { code, messages: [message] } });
  const unknown = await runCommand(["status", "nope", "--json", ...at(stage)]);
  t.deepEqual([unknown.status, unknown.stderr], [2, 'no job "nope"\n']);
  t.deepEqual(JSON.parse(unknown.stdout), failed("JOB_UNKNOWN", 'no job "nope"'));
  const result = await runCommand(["result", "job-1", "--json", ...at(stage)]);
  t.deepEqual([result.status, result.stdout], [1, ""]);
  t.deepEqual(JSON.parse(result.stderr), failed("JOB_NOT_DONE", "job job-1 is queued"));
});

test("result writes to standard output, or to a file that appears complete", async (t) => {
  const stage = await openStage(t);
  const directory = temporaryDirectory(t);
  const bytes = "1,2\n".repeat(300_000);
  const kept = path.join(stage.dataDirectory, "kept.csv");
  writeFileSync(kept, bytes);
  stage.control.put(jobStatus("job-1", { state: "running" }));
  stage.control.finish("job-1", { path: kept, byteLength: bytes.length, format: "csv" });
  const out = await runCommand(["result", "job-1", ...at(stage)]);
  t.deepEqual([out.status, out.stdout === bytes, out.stderr], [0, true, ""]);
  const file = await runCommand(["result", "job-1", "--output", "out.csv", "--json", ...at(stage)], { directory });
  t.is(file.status, 0, file.stderr);
  t.deepEqual(JSON.parse(file.stdout), { job: "job-1", output: "out.csv", bytes: bytes.length });
  t.is(readFileSync(path.join(directory, "out.csv"), "utf8"), bytes);
  t.deepEqual(readdirSync(directory), ["out.csv"]);
});

(NO_OPENSSL === undefined ? test : test.skip)(
  "a coordinator with TLS is asked over TLS, and only with its authority",
  async (t) => {
    const certificates = makeCertificates(temporaryDirectory(t));
    const { server, authority, client, stranger } = certificates;
    const stage = await openStage(t, {
      secure: { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    });
    const own = ["--cert", client.certFile, "--key", client.keyFile];
    const right = await runCommand(["jobs", "--ca", authority.certFile, ...own, ...at(stage)]);
    t.deepEqual([right.status, right.stdout], [0, "no jobs\n"], right.stderr);
    const wrong = await runCommand(["jobs", "--ca", stranger.certFile, ...own, ...at(stage)]);
    t.is(wrong.status, 3);
    t.regex(wrong.stderr, /^no TLS with the coordinator at 127\.0\.0\.1:\d+: [^\n]*\n$/);
    t.is((await runCommand(["jobs", "--ca", authority.certFile, ...at(stage)])).status, 3);
    t.is((await runCommand(["jobs", ...at(stage)])).status, 3);
  },
);
