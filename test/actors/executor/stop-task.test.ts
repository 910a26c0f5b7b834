/**
 * A thread gives up a task that nobody needs any more, goes on with the next one, and is none the worse for it.
 */
import path from "node:path";
import type { Worker } from "node:worker_threads";
import test, { type ExecutionContext } from "ava";
import { kernelModule } from "../../../actors/executor/kernel-module.ts";
import type { ThreadCommand, ThreadEvent, ThreadNotes } from "../../../actors/executor/messages.ts";
import { readNotes, THREAD_NOTES_BYTES } from "../../../actors/executor/thread-notes.ts";
import { createThreadSource } from "../../../actors/executor/thread-source.ts";
import { openDiskAccount } from "../../../runtime/journal/disk-meter.ts";
import { filter, flatMap, literal, program, v } from "../../programs/build-program.ts";
import { prepare } from "../jobs/job-stage.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";

/** Of the first line a thread makes pairs for hours, none of which is left; the second one is done at once. */
const PATIENT = program([flatMap({ kind: "range", from: literal(0), below: v }), filter(literal(0))]);
const LINES = "1,9000000000000000\n2,3\n";

interface Staged {
  readonly thread: Worker;
  readonly notes: ThreadNotes;
  readonly next: () => Promise<ThreadEvent>;
}

async function staged(t: ExecutionContext, order: (command: ThreadCommand) => void = () => {}): Promise<Staged> {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": LINES });
  const job = await prepare(PATIENT, { paths: ["a.csv"] }, { directory, splitBytes: LINES.indexOf("\n") + 1 });
  const memory = new SharedArrayBuffer(THREAD_NOTES_BYTES);
  const thread = createThreadSource().take();
  t.teardown(() => thread.terminate());
  const told: ThreadEvent[] = [];
  let wake = (): void => {};
  thread.on("message", (event: ThreadEvent) => {
    told.push(event);
    wake();
  });
  const send = (command: ThreadCommand): void => {
    order(command);
    thread.postMessage(command);
  };
  send({
    kind: "begin",
    input: {
      ...{ kernels: kernelModule(), segmentDirectory: path.join(directory), disk: openDiskAccount(0, undefined) },
      ...{ segmentName: "s", durable: false, storesText: true, kernelMemoryBytes: Number.POSITIVE_INFINITY },
      notes: memory,
    },
  });
  send({ kind: "open", job });
  for (const split of [0, 1]) {
    send({ kind: "run", ticket: 2 ** 40 + split, job: job.id, task: { kind: "split", split }, isRetry: false });
  }
  const next = async (): Promise<ThreadEvent> => {
    while (told.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return told.shift() as ThreadEvent;
  };
  return { thread, notes: readNotes(memory), next };
}

async function hasBegun(notes: ThreadNotes): Promise<void> {
  const before = notes.progress();
  while (notes.progress() < before + 2) await new Promise<void>((resolve) => void setImmediate(resolve));
}

test("stop: a task that runs ends without result or failure, and the next one is run", async (t) => {
  const { notes, next } = await staged(t);
  t.is((await next()).kind, "ready");
  await hasBegun(notes);
  notes.stop([2 ** 40]);
  t.deepEqual(await next(), { kind: "stopped", ticket: 2 ** 40 });
  const second = await next();
  t.is(second.kind, "done");
  t.is(second.kind === "done" ? second.result.lines : 0, 1);
});

test("stop: a task that waits in the thread's queue ends as soon as it begins", async (t) => {
  const { notes, next } = await staged(t);
  t.is((await next()).kind, "ready");
  await hasBegun(notes);
  notes.stop([2 ** 40 + 1, 2 ** 40]);
  t.deepEqual(await next(), { kind: "stopped", ticket: 2 ** 40 });
  t.deepEqual(await next(), { kind: "stopped", ticket: 2 ** 40 + 1 });
});
