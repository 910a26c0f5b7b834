/**
 * When what is left of a closed job may be deleted: as executors that may have been writing it let go of it.
 */
import test from "ava";
import { createActor } from "xstate";
import type { ThreadNotes } from "../../../actors/executor/messages.ts";
import { type PoolInput, poolMachine } from "../../../actors/executor-pool/machine.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import type { HeartbeatMonitor } from "../../../runtime/failure/heartbeat-monitor.ts";

const JOB = { id: "job" } as JobDescription;
const IDENTITY = { index: 0, incarnation: 1 };
const NOTES: ThreadNotes = { progress: () => 0, call: () => undefined, lines: () => undefined, stop: () => undefined };

function poolWithJob(closed: string[]) {
  const input: PoolInput = {
    executorCount: 1,
    monitor: { watch: () => undefined, forget: () => undefined, beat: () => undefined } as unknown as HeartbeatMonitor,
    startExecutor: () => undefined,
    announceExecutors: () => 1,
    firstTicket: 1,
    reportProgress: () => undefined,
    noteClosed: (job) => closed.push(job),
  };
  const pool = createActor(poolMachine, { input }).start();
  pool.send({ type: "executor.ready", ...IDENTITY, executor: { send: () => undefined }, notes: NOTES });
  pool.send({ type: "pool.open", job: JOB });
  return pool;
}

test("closed job: it is told when an executor has let go of it, and not where it was opened again", (t) => {
  const closed: string[] = [];
  const pool = poolWithJob(closed);
  pool.send({ type: "pool.close", job: JOB.id });
  t.deepEqual(closed, []);
  pool.send({ type: "executor.closed", ...IDENTITY, job: JOB.id });
  t.deepEqual(closed, [JOB.id]);
  pool.send({ type: "pool.open", job: JOB });
  pool.send({ type: "executor.closed", ...IDENTITY, job: JOB.id });
  t.deepEqual(closed, [JOB.id]);
  pool.stop();
});

test("closed job: it is told when the executor that ran a task of it has died", (t) => {
  const closed: string[] = [];
  const pool = poolWithJob(closed);
  const owner = { send: () => undefined };
  pool.send({ type: "pool.submit", job: JOB.id, tag: "0/0", task: { kind: "split", split: 0 }, owner });
  pool.send({ type: "pool.close", job: JOB.id });
  pool.send({ type: "executor.lost", ...IDENTITY, reason: "a planted fault" });
  t.deepEqual(closed, [JOB.id]);
  pool.stop();
});
