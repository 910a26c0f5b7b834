/**
 * The worker's machine: a job that is closed while it is being opened leaves nothing running; what is left of
 * jobs that are over; and the pace of its beats.
 */
import test from "ava";
import { createActor } from "xstate";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { HEARTBEAT_INTERVAL_MS, PARTITION_DEAD_AFTER_MS, PARTITION_TURNS_MIN } from "../../../actors/options.ts";
import { partitionLog } from "../../../actors/partition/messages.ts";
import { type WorkerInput, workerMachine } from "../../../actors/worker/machine.ts";
import type { WorkerFact } from "../../../actors/worker/messages.ts";
import { HEARTBEAT_OPTIONS } from "../../../runtime/failure/heartbeat-decision.ts";
import type { Journal } from "../../../runtime/journal/journal.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";

const JOB = { id: "job", plan: { partitions: 4 } } as JobDescription;

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}

function inputOf(journal: Journal, more: Partial<WorkerInput>): WorkerInput {
  const nothing = (): void => undefined;
  return {
    ...{ listen: nothing, introduce: nothing, beat: nothing, leave: nothing, noteDirectory: nothing, journal },
    ...{ refused: nothing, released: nothing, pool: { send: nothing }, stopPartitions: nothing, tell: nothing },
    ...{ freeJob: nothing, freeSegments: nothing, freeText: nothing, sendToPartition: nothing },
    ...{ storedJobs: () => [], runningPartitions: () => [], startPartition: () => true, ...more },
  };
}

for (const isClosed of [true, false]) {
  const result = isClosed ? "is closed meanwhile, none of them is started" : "is not closed, they are started";
  test(`worker: a job is opened that has partitions in the journal; where it ${result}`, async (t) => {
    const journal = createMemoryJournal({ disk: new MemoryDisk("here") });
    await journal.open();
    for (const partition of [0, 3])
      await journal.commit([{ actor: partitionLog(JOB.id, partition), payload: Uint8Array.of(1) }]);
    const started: number[] = [];
    const told: WorkerFact["type"][] = [];
    const actor = createActor(workerMachine, {
      input: inputOf(journal, {
        startPartition: (_job, partition) => started.push(partition) > 0,
        tell: ({ type }) => void told.push(type),
      }),
    });
    actor.start();
    actor.send({ type: "worker.open", job: JOB });
    if (isClosed) actor.send({ type: "worker.close", job: JOB.id });
    await turns();
    actor.stop();
    t.deepEqual(started, isClosed ? [] : [0, 3]);
    t.deepEqual(told, isClosed ? [] : ["worker.opened"]);
  });
}

test("worker: it beats as its coordinator says, and asks its partitions at its own pace (W5)", async (t) => {
  t.is(HEARTBEAT_INTERVAL_MS, HEARTBEAT_OPTIONS.heartbeatIntervalMs, "what both count on before one says otherwise");
  const journal = createMemoryJournal({ disk: new MemoryDisk("here") });
  await journal.open();
  const clock = new SimulatedClock();
  const beats: number[] = [];
  let asked = 0;
  const actor = createActor(workerMachine, {
    clock,
    input: inputOf(journal, {
      runningPartitions: () => [{ job: "job", partition: 1 }],
      sendToPartition: (_job, _partition, { type }) => {
        if (type === "partition.beat") asked += 1;
      },
      beat: (intervalMs) => beats.push(intervalMs),
    }),
  });
  t.teardown(() => actor.stop());
  actor.start();
  clock.advance(1_000);
  t.deepEqual([beats, asked], [[500, 500], 2]);
  actor.send({ type: "membership.admitted", heartbeatIntervalMs: 2_000 });
  clock.advance(500);
  t.deepEqual([beats.length, asked], [3, 3], "the one that was due");
  clock.advance(2_000);
  t.deepEqual([beats, asked], [[500, 500, 2_000, 2_000], 7]);
  actor.send({ type: "membership.admitted", heartbeatIntervalMs: 100 });
  clock.advance(2_100);
  t.deepEqual([beats.length, asked], [6, 11]);
});

test("worker: told which jobs there are, it frees all others that are open, or of which it has a log or a file", async (t) => {
  const journal = createMemoryJournal({ disk: new MemoryDisk("here") });
  await journal.open();
  for (const job of ["logged", "kept"])
    await journal.commit([{ actor: partitionLog(job, 0), payload: Uint8Array.of(1) }]);
  const freed: string[] = [];
  const actor = createActor(workerMachine, {
    input: inputOf(journal, { storedJobs: () => ["kept", "stored", "logged"], freeJob: (job) => freed.push(job) }),
  });
  t.teardown(() => actor.stop());
  actor.start();
  actor.send({ type: "worker.open", job: JOB });
  actor.send({ type: "worker.keep", jobs: ["kept"] });
  await turns();
  t.deepEqual(freed.sort(), ["job", "logged", "stored"]);
});

test("worker: however many partitions it has, each is asked several times before its silence would be death", async (t) => {
  const journal = createMemoryJournal({ disk: new MemoryDisk("here") });
  await journal.open();
  for (const partitionCount of [1, 5_000, 40_000]) {
    const clock = new SimulatedClock();
    const running = Array.from({ length: partitionCount }, (_, partition) => ({ job: "job", partition }));
    const asked = new Uint32Array(partitionCount);
    const actor = createActor(workerMachine, {
      clock,
      input: inputOf(journal, {
        runningPartitions: () => running,
        sendToPartition: (_job, partition, { type }) => {
          if (type === "partition.beat") asked[partition] += 1;
        },
      }),
    });
    actor.start();
    clock.advance(PARTITION_DEAD_AFTER_MS);
    actor.stop();
    t.true(Math.min(...new Set(asked)) >= PARTITION_TURNS_MIN - 1, `${partitionCount} partitions`);
  }
});
