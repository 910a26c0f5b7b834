/**
 * The worker's machine: a job that is closed while it is being opened leaves nothing running.
 */
import test from "ava";
import { createActor } from "xstate";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { partitionLog } from "../../../actors/partition/messages.ts";
import { workerMachine } from "../../../actors/worker/machine.ts";
import type { WorkerFact } from "../../../actors/worker/messages.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";

const JOB = { id: "job", plan: { partitions: 4 } } as JobDescription;

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
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
    const nothing = (): void => undefined;
    const actor = createActor(workerMachine, {
      input: {
        ...{ listen: nothing, introduce: nothing, beat: nothing, leave: nothing, noteDirectory: nothing, journal },
        ...{ refused: nothing, released: nothing, pool: { send: nothing }, stopPartitions: nothing, freeJob: nothing },
        ...{ sendToPartition: nothing, runningPartitions: () => [], freeSegments: nothing, freeText: nothing },
        startPartition: (_job, partition) => started.push(partition) > 0,
        tell: ({ type }) => void told.push(type),
      },
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
