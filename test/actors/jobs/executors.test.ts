/**
 * Executors that die of a task again and again, that hang, and supervisors that give up: each has its end.
 */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, renameSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { HEARTBEAT_INTERVAL_MS } from "../../../actors/options.ts";
import { HEARTBEAT_OPTIONS } from "../../../runtime/failure/heartbeat-decision.ts";
import { SupervisionError } from "../../../runtime/supervision/supervision-error.ts";
import { map, program } from "../../programs/build-program.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { openStage, prepare, runStaged } from "./job-stage.ts";

const COPY = program([map()]);

test("poison: a task that ends three executors fails the job, and the error tells how they died", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": "1,2\n" });
  const job = await prepare(COPY, { paths: ["a.csv"] }, { directory, splitBytes: 100 });
  // A thread dies of kernels that are none as soon as it is told of the job.
  const end = await runStaged(job, { directory, executorCount: 1, kernels: "no kernels" });
  t.is(end.outcome.kind, "failed");
  if (end.outcome.kind !== "failed") return;
  const { code, message } = end.outcome.failure;
  t.is(code, "TASK_POISONED");
  t.regex(message, /ended 3 executors/);
  t.regex(message, /WebAssembly/);
  t.is(end.notices.filter((notice) => notice.startsWith("executors: started executor-0")).length, 3);
});

test("restarts: where an executor dies more often than is allowed, the story is told", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": "1,2\n" });
  const job = await prepare(COPY, { paths: ["a.csv"] }, { directory, splitBytes: 100 });
  const end = await runStaged(job, { directory, executorCount: 1, kernels: "no kernels", restartsMax: 1 });
  t.is(end.outcome.kind, "broken");
  if (end.outcome.kind !== "broken") return;
  const { error } = end.outcome;
  t.true(error instanceof SupervisionError);
  t.regex((error as Error).message, /executor-0/);
});

test("a hung executor: busy without progress, it is replaced, and the job ends as if nothing had been", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": "1,2\n" });
  const file = path.join(directory, "a.csv");
  const aside = path.join(directory, "aside.csv");
  const job = await prepare(COPY, { paths: ["a.csv"] }, { directory, splitBytes: 100 });
  // A thread that opens a pipe waits for somebody to write to it.
  renameSync(file, aside);
  execFileSync("mkfifo", [file]);
  const pipe = path.join(directory, "pipe");

  const clock = new SimulatedClock();
  const stage = await openStage({
    directory,
    clock,
    executorCount: 1,
    onNotice: (line) => {
      if (line !== "executors: lost executor-01") return;
      renameSync(file, pipe);
      renameSync(aside, file);
    },
  });
  const running = stage.run(job);
  while (stage.tree.view.tasksStarted.get(job.id) === undefined) await nextTurn();
  clock.advance(HEARTBEAT_OPTIONS.hungAfterMs - HEARTBEAT_INTERVAL_MS);
  t.true(stage.tree.children().includes("executors/executor-0"), "not before its time");
  clock.advance(2 * HEARTBEAT_INTERVAL_MS);
  t.false(stage.tree.children().includes("executors/executor-0"));
  // The supervisor's backoff; and the beats go on, while the new thread works.
  clock.advance(HEARTBEAT_INTERVAL_MS);
  const end = await running;
  t.is(end.outcome.kind, "done");
  t.is(end.output, "1,2\n");
  t.is(end.tasksStarted, 4);
  t.true(end.notices.includes("executors: started executor-02"));

  // Lets the thread go that waits, so that it can end.
  const descriptor = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  await closeWith(stage.close(), clock);
  closeSync(descriptor);
});

async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** Supervisors wait for their children by the clock. */
async function closeWith(closing: Promise<void>, clock: SimulatedClock): Promise<void> {
  let isClosed = false;
  const closed = closing.then(() => {
    isClosed = true;
  });
  while (!isClosed) {
    clock.advance(HEARTBEAT_INTERVAL_MS);
    await nextTurn();
  }
  await closed;
}
