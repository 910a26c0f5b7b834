/**
 * Workers, health, metrics and version.
 */
import test from "ava";
import { jobStatus, workerStatus } from "../cluster/fake-control.ts";
import { openStage } from "./gateway-stage.ts";

test("GET /workers lists them, POST /workers/ID/drain drains one", async (t) => {
  const { ask, control } = await openStage(t);
  control.putWorker(workerStatus("w-1"));
  t.deepEqual((await ask("GET", "/workers")).json, [workerStatus("w-1")]);
  const { status, json } = await ask("POST", "/workers/w-1/drain");
  t.deepEqual([status, json], [200, workerStatus("w-1", { state: "draining" })]);
});

for (const id of ["w-2", "..", "%2fetc", "x".repeat(200), "__proto__"]) {
  test(`POST /workers/${id.slice(0, 10)}/drain: an unknown worker is not found`, async (t) => {
    const { ask } = await openStage(t);
    const { status, json } = await ask("POST", `/workers/${id}/drain`);
    t.deepEqual([status, (json as { code: string }).code], [404, "WORKER_UNKNOWN"]);
  });
}

test("health and readiness need no token, and tell no more than that", async (t) => {
  const { ask, control } = await openStage(t);
  t.deepEqual((await ask("GET", "/healthz", { token: null })).json, { status: "alive" });
  t.deepEqual((await ask("GET", "/readyz", { token: null })).json, { status: "ready" });
  control.isReady = false;
  t.is((await ask("GET", "/healthz", { token: null })).status, 200);
  t.is((await ask("GET", "/readyz", { token: null })).status, 503);
});

test("while journals are not open, jobs are told to try again, but version and metrics are told", async (t) => {
  const { ask, control } = await openStage(t);
  control.isReady = false;
  for (const path of ["/jobs", "/jobs/a", "/workers"]) {
    const { status, json, headers } = await ask("GET", path);
    t.deepEqual([status, (json as { code: string }).code], [503, "COORDINATOR_NOT_READY"], path);
    t.is(headers["retry-after"], "1");
  }
  t.deepEqual((await ask("GET", "/version")).json, { version: "0.1.0", api: "1", term: 1 });
  t.regex((await ask("GET", "/metrics")).text, /^actor_dataflow_coordinator_ready 0$/m);
});

test("GET /metrics tells jobs, workers, events, requests and refusals in the text format of Prometheus", async (t) => {
  const { ask, control } = await openStage(t);
  control.put(jobStatus("a", { state: "running", tasksDone: 3, restarts: 2 }));
  control.put(jobStatus("b"));
  control.putWorker(workerStatus("w-1", { tasksRunning: 1 }));
  control.putWorker(workerStatus("w-2", { state: "dead", slots: 7 }));
  control.tell({ kind: "worker.lost", message: "w-2", worker: "w-2" });
  await ask("GET", "/jobs", { token: "wrong" });
  await ask("GET", "/jobs/a");
  await ask("GET", "/jobs/nope");
  const { status, text, headers } = await ask("GET", "/metrics");
  t.is(status, 200);
  t.regex(headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'actor_dataflow_jobs{state="running"} 1',
    'actor_dataflow_jobs{state="done"} 0',
    'actor_dataflow_running_job_tasks_done{job="a"} 3',
    'actor_dataflow_running_job_restarts{job="a"} 2',
    'actor_dataflow_workers{state="dead"} 1',
    "actor_dataflow_slots 2",
    "actor_dataflow_tasks_running 1",
    "actor_dataflow_coordinator_term 1",
    'actor_dataflow_build{version="0.1.0"} 1',
    'actor_dataflow_events_total{kind="worker.lost"} 1',
    'actor_dataflow_http_refusals_total{code="TOKEN_REFUSED"} 1',
    'actor_dataflow_http_requests_total{method="GET",route="/jobs",status="401"} 1',
    'actor_dataflow_http_requests_total{method="GET",route="/jobs/*",status="200"} 1',
    'actor_dataflow_http_requests_total{method="GET",route="/jobs/*",status="404"} 1',
  ]) {
    t.true(text.split("\n").includes(line), line);
  }
  t.false(text.includes('job="b"'));
});

test("GET /metrics: a job that has ended is no longer told by name, and kinds of events are bounded", async (t) => {
  const { ask, control } = await openStage(t);
  control.put(jobStatus("a", { state: "running" }));
  t.true((await ask("GET", "/metrics")).text.includes('job="a"'));
  control.put(jobStatus("a", { state: "done" }));
  for (let index = 0; index < 200; index += 1) control.tell({ kind: `kind-${index}`, message: "m" });
  const { text } = await ask("GET", "/metrics");
  t.false(text.includes('job="a"'));
  const kinds = text.split("\n").filter((line) => line.startsWith("actor_dataflow_events_total{"));
  t.is(kinds.length, 101);
  t.true(kinds.includes('actor_dataflow_events_total{kind="other"} 101'));
});

test("GET /metrics tells of the process where that is wanted", async (t) => {
  const { ask } = await openStage(t, { processMetrics: true });
  const { text } = await ask("GET", "/metrics");
  t.regex(text, /^process_cpu_seconds_total /m);
  t.regex(text, /^nodejs_eventloop_lag_seconds /m);
});
