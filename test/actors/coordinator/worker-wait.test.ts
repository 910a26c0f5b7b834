/**
 * How long jobs have waited for a worker.
 */
import test from "ava";
import { WorkerWait } from "../../../actors/coordinator/worker-wait.ts";

const WAITING = new Map([["a", "nobody is there"]]);
const NOBODY = new Map<string, string>();

test("waits: a job is told to wait once, and has waited too long when its time is up (W1)", (t) => {
  const wait = new WorkerWait(300);
  t.deepEqual(wait.look(WAITING, 1_000), { begun: WAITING, expired: NOBODY });
  t.deepEqual(wait.look(WAITING, 1_299), { begun: NOBODY, expired: NOBODY });
  t.deepEqual(wait.look(WAITING, 1_300), { begun: NOBODY, expired: WAITING });
  t.deepEqual(wait.look(WAITING, 1_400), { begun: NOBODY, expired: WAITING }, "until somebody has ended it");
});

test("waits: a job that had a worker meanwhile waits anew (W1)", (t) => {
  const wait = new WorkerWait(300);
  wait.look(WAITING, 0);
  wait.look(NOBODY, 200);
  t.deepEqual(wait.look(WAITING, 300), { begun: WAITING, expired: NOBODY });
  t.deepEqual(wait.look(WAITING, 599).expired, NOBODY);
  t.deepEqual(wait.look(WAITING, 600).expired, WAITING);
});

test("waits: without a limit a job waits for ever", (t) => {
  const wait = new WorkerWait(Number.POSITIVE_INFINITY);
  wait.look(WAITING, 0);
  t.deepEqual(wait.look(WAITING, Number.MAX_SAFE_INTEGER).expired, NOBODY);
});
