/**
 * The routes of jobs: what they answer, and every error that they can meet.
 */
import test from "ava";
import { ProgramError } from "../../../programs/errors.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { jobStatus } from "../cluster/fake-control.ts";
import { openStage } from "./gateway-stage.ts";

const SUBMISSION = { program: '{"partitions":8}', fileName: "sums.json" };

function submission(more: object = {}): { body: string } {
  return { body: JSON.stringify({ ...SUBMISSION, ...more }) };
}

test("POST /jobs: hands the submission to the cluster, and answers with the job and its place", async (t) => {
  const { ask, control } = await openStage(t);
  const more = { inputs: ["in/*.csv"], partitions: 4, output: "out/sums.csv", outputFormat: "csv" };
  const { status, json, headers } = await ask("POST", "/jobs", submission({ ...more, submissionId: "abcdefgh" }));
  t.is(status, 201);
  t.deepEqual(json, JSON.parse(JSON.stringify(control.job("job-1"))));
  t.is(headers.location, "/jobs/job-1");
  t.deepEqual(control.submitted, [{ ...SUBMISSION, ...more, submissionId: "abcdefgh" }]);
});

test("POST /jobs: the same submission again is the same job", async (t) => {
  const { ask, control } = await openStage(t);
  const first = await ask("POST", "/jobs", submission({ submissionId: "abcdefgh" }));
  const second = await ask("POST", "/jobs", submission({ submissionId: "abcdefgh" }));
  t.deepEqual(first.json, second.json);
  t.is(control.submitted.length, 1);
});

const WRONG: [string, object, string][] = [
  ["an unknown member", { priority: 1 }, ""],
  ["no partitions", { partitions: 0 }, "partitions"],
  ["too many partitions", { partitions: 4097 }, "partitions"],
  ["half a partition", { partitions: 1.5 }, "partitions"],
  ["an input that is no text", { inputs: ["a", 7] }, "inputs.1"],
  ["no inputs", { inputs: [] }, "inputs"],
  ["inputs and uploads", { inputs: ["a"], uploads: ["b"] }, ""],
  ["a name for more uploads than there are", { uploads: ["a"], uploadNames: ["a", "b"] }, ""],
  ["an upload that leads elsewhere", { uploads: ["../a"] }, ""],
  ["a format that there is not", { outputFormat: "xml" }, "outputFormat"],
  ["a submission id with a line feed", { submissionId: "abcdefgh\n" }, "submissionId"],
  ["a program that is no text", { program: {} }, "program"],
  ["a name without end", { fileName: "x".repeat(5000) }, "fileName"],
];
for (const [what, more, place] of WRONG) {
  test(`POST /jobs: ${what} is refused with its place`, async (t) => {
    const { ask, control } = await openStage(t);
    const { status, json } = await ask("POST", "/jobs", submission(more));
    t.is(status, 400);
    const { code, diagnostics } = json as { code: string; diagnostics: { place: string }[] };
    t.is(code, "REQUEST_INVALID");
    t.deepEqual(
      diagnostics.map((diagnostic) => diagnostic.place),
      [place],
    );
    t.is(control.submitted.length, 0);
  });
}

for (const body of ["", "{", "[]", "null", "7", '"x"', '{"__proto__":{"program":"{}"}}', "\ufeff{}"]) {
  test(`POST /jobs: the body ${JSON.stringify(body)} is refused`, async (t) => {
    const { ask } = await openStage(t);
    const { status, json } = await ask("POST", "/jobs", { body, headers: { "content-type": "application/json" } });
    t.is(status, 400);
    t.is((json as { code: string }).code, "REQUEST_INVALID");
  });
}

test("POST /jobs: a member __proto__ is an unknown member, and changes no object", async (t) => {
  const { ask, control } = await openStage(t);
  const body = `{"program":"{}","fileName":"a","__proto__":{"partitions":7,"polluted":true}}`;
  const { status } = await ask("POST", "/jobs", { body });
  t.is(status, 400);
  t.is(control.submitted.length, 0);
  t.is(({} as { polluted?: boolean }).polluted, undefined);
});

for (const type of [undefined, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
  test(`POST /jobs: a body of type ${type} is refused, as a page of another site could send it`, async (t) => {
    const { ask, control } = await openStage(t);
    const { status, json } = await ask("POST", "/jobs", {
      body: Buffer.from(submission().body),
      headers: { "content-type": type ?? "" },
    });
    t.is(status, 415);
    t.is((json as { code: string }).code, "CONTENT_TYPE_REFUSED");
    t.is(control.submitted.length, 0);
  });
}

for (const written of ["/etc/passwd", "../secret.csv", "a/../../b", "a\0b"]) {
  test(`POST /jobs: the path ${JSON.stringify(written)} is refused as input and as output`, async (t) => {
    const { ask, control } = await openStage(t);
    for (const more of [{ inputs: [written] }, { output: written }]) {
      const { status, json } = await ask("POST", "/jobs", submission(more));
      t.is(status, 403);
      t.is((json as { code: string }).code, "PATH_OUTSIDE_DATA_ROOT");
    }
    t.is(control.submitted.length, 0);
  });
}

const CODES: [string, number][] = [
  ["PATH_OUTSIDE_DATA_ROOT", 403],
  ["QUEUE_FULL", 503],
  ["INPUT_MISSING", 422],
  ["OUTPUT_UNUSABLE", 422],
  ["DISK_FULL", 507],
  ["JOURNAL_FAILED", 500],
];
for (const [code, expected] of CODES) {
  test(`POST /jobs: ${code} of the cluster is told with status ${expected}`, async (t) => {
    const { ask, control } = await openStage(t);
    control.nextError = new RuntimeError(code, "because of\u001b[31m this");
    const { status, json } = await ask("POST", "/jobs", submission());
    t.is(status, expected);
    t.deepEqual(json, { code, message: "because of\\u001b[31m this" });
  });
}

test("POST /jobs: a wrong program is told with all its diagnostics", async (t) => {
  const { ask, control } = await openStage(t);
  const diagnostics = [
    { place: "operations[0]", message: "no \u202e function" },
    { place: "x", message: "y" },
  ];
  control.nextError = new ProgramError(diagnostics);
  const { status, json } = await ask("POST", "/jobs", submission());
  t.is(status, 422);
  const body = json as { code: string; diagnostics: unknown };
  t.is(body.code, "PROGRAM_INVALID");
  t.deepEqual(body.diagnostics, [{ place: "operations[0]", message: "no \\u202e function" }, diagnostics[1]]);
});

test("a bug of the cluster is logged, and not told to whoever asked", async (t) => {
  const { ask, control, records } = await openStage(t);
  control.nextError = new TypeError("secret of the inside");
  const { status, json, text } = await ask("GET", "/jobs");
  t.is(status, 500);
  t.is((json as { code: string }).code, "BUG");
  t.false(text.includes("secret"));
  t.is(records.filter(({ level }) => level === "error").length, 1);
});

test("GET /jobs, GET /jobs/ID and the story tell what the cluster knows", async (t) => {
  const { ask, control } = await openStage(t);
  control.put(jobStatus("a"));
  control.put(jobStatus("b", { state: "running" }));
  t.deepEqual((await ask("GET", "/jobs")).json, [jobStatus("a"), jobStatus("b", { state: "running" })]);
  t.deepEqual((await ask("GET", "/jobs/b")).json, jobStatus("b", { state: "running" }));
  const { json } = await ask("GET", "/jobs/b/story");
  t.deepEqual(json, control.story("b"));
});

test("DELETE /jobs/ID cancels a job once", async (t) => {
  const { ask, control } = await openStage(t);
  control.put(jobStatus("a"));
  t.is(((await ask("DELETE", "/jobs/a")).json as { state: string }).state, "cancelled");
  const { status, json } = await ask("DELETE", "/jobs/a");
  t.is(status, 409);
  t.is((json as { code: string }).code, "JOB_ENDED");
});

for (const [method, path] of [
  ["GET", ""],
  ["DELETE", ""],
  ["GET", "/result"],
  ["GET", "/story"],
  ["GET", "/wait"],
] as const) {
  for (const id of ["nope", "%2e%2e", "a%0ab", "x".repeat(500), "__proto__"]) {
    test(`${method} /jobs/${id.slice(0, 10)}${path}: an unknown job is not found`, async (t) => {
      const { ask } = await openStage(t);
      const { status, json } = await ask(method, `/jobs/${id}${path}`);
      t.is(status, 404);
      t.is((json as { code: string }).code, "JOB_UNKNOWN");
    });
  }
}

test("GET /jobs/ID/wait answers at once when the job has ended or is in another state", async (t) => {
  const { ask, control } = await openStage(t);
  control.put(jobStatus("a", { state: "done" }));
  control.put(jobStatus("b", { state: "running" }));
  t.is(((await ask("GET", "/jobs/a/wait")).json as { state: string }).state, "done");
  t.is(((await ask("GET", "/jobs/b/wait?state=queued&timeout=10")).json as { state: string }).state, "running");
  t.is(((await ask("GET", "/jobs/b/wait?timeout=0")).json as { state: string }).state, "running");
});

test("GET /jobs/ID/wait answers when the job changes, and not before", async (t) => {
  const { ask, control } = await openStage(t);
  control.put(jobStatus("a", { state: "running" }));
  control.put(jobStatus("b"));
  const answer = ask("GET", "/jobs/a/wait?state=running");
  await control.listened(2);
  control.put(jobStatus("b", { state: "done" }));
  control.tell({ kind: "worker.joined", message: "w", job: "a" });
  await control.listened(2);
  t.is(control.job("a")?.state, "running");
  control.put(jobStatus("a", { state: "failed" }));
  t.is(((await answer).json as { state: string }).state, "failed");
  t.is(control.listenerCount, 1);
});

test("GET /jobs/ID/wait sees a change that nothing told of, and its time's end", async (t) => {
  const { ask, control, clock } = await openStage(t);
  control.put(jobStatus("a"));
  const answer = ask("GET", "/jobs/a/wait?timeout=3");
  for (let second = 0; second < 3; second += 1) {
    await control.listened(2);
    clock.advance(1000);
  }
  t.is(((await answer).json as { state: string }).state, "queued");
});

for (const query of ["state=sleeping", "timeout=soon", "timeout=-1", "timeout=1e3", "patience=1"]) {
  test(`GET /jobs/ID/wait?${query} is refused`, async (t) => {
    const { ask, control } = await openStage(t);
    control.put(jobStatus("a"));
    const { status, json } = await ask("GET", `/jobs/a/wait?${query}`);
    t.is(status, 400);
    t.is((json as { code: string }).code, "REQUEST_INVALID");
  });
}

test("GET /jobs/ID/wait: more waiting requests than may be are told to try again", async (t) => {
  const { ask, control } = await openStage(t, { limits: { waitsMax: 1 } });
  control.put(jobStatus("a"));
  const first = ask("GET", "/jobs/a/wait");
  await control.listened(2);
  const { status, json, headers } = await ask("GET", "/jobs/a/wait");
  t.is(status, 503);
  t.is((json as { code: string }).code, "GATEWAY_BUSY");
  t.is(headers["retry-after"], "1");
  control.put(jobStatus("a", { state: "done" }));
  t.is((await first).status, 200);
  t.is((await ask("GET", "/jobs/a/wait")).status, 200);
});

test("GET /jobs/ID/wait ends when the gateway closes", async (t) => {
  const { ask, control, gateway, clock } = await openStage(t);
  control.put(jobStatus("a"));
  const answer = ask("GET", "/jobs/a/wait");
  await control.listened(2);
  gateway.close();
  t.is((await answer).status, 200);
  t.is(control.listenerCount, 0);
  t.is(clock.pending, 0);
});
