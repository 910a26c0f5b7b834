/**
 * The desk of a coordinator: what it promises is journaled, jobs run in turn, and end once.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { resultsDirectory } from "../../../actors/cluster/accept-submission.ts";
import { JobDesk, type JobLimits } from "../../../actors/cluster/job-desk.ts";
import { JobRecords } from "../../../actors/cluster/job-record.ts";
import { decodeJob, encodeJob } from "../../../actors/job-record.ts";
import { prepareJob } from "../../../actors/prepare-job.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { Journal } from "../../../runtime/journal/journal.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const LIMITS: JobLimits = { jobsRunningMax: 1, jobsQueuedMax: 2, historyMs: 1_000, resultsMs: 100 };
const TOTALS = { pairsWritten: 1, bytesWritten: 4, piecesDone: 1, pieceCount: 1 };
const FIGURES = {
  ...{ stage: 1, tasksDone: 1, tasksOfStage: 1, pairsIn: 7, pairsOut: 1, rejected: 0 },
  ...{ shuffledBytes: 0, tasksRepeated: 0, restarts: 0, outputBytes: 4 },
  ...{ tasksCommitted: 1, tasksTakenOver: 0, bytesRead: 4 },
};

interface Scene {
  readonly desk: JobDesk;
  readonly started: string[];
  readonly stopped: string[];
  readonly told: string[];
  readonly journal: Journal;
  /** Jobs that have no worker. */
  readonly waiting: Set<string>;
  /** Of every job that runs, as this coordinator counts them. */
  figures: typeof FIGURES;
  nowMs: number;
}

/** The same `disk` and `directory` again: a coordinator that was restarted. */
async function openDesk(
  t: ExecutionContext,
  {
    disk,
    directory,
    limits = LIMITS,
    opens = true,
  }: { disk: MemoryDisk; directory: string; limits?: JobLimits; opens?: boolean },
): Promise<Scene> {
  const journal = createMemoryJournal({ disk });
  await journal.open();
  const [started, stopped, told]: [string[], string[], string[]] = [[], [], []];
  let names = 0;
  const scene = { nowMs: 0, started, stopped, told, journal, waiting: new Set<string>(), figures: FIGURES };
  const desk = new JobDesk({
    records: new JobRecords(journal, { encode: encodeJob, decode: decodeJob }),
    ...{ places: { dataRoot: path.join(directory, "files"), dataDirectory: directory }, limits, prepare: prepareJob },
    wallClock: { nowMs: () => scene.nowMs, stamp: () => `${directory} ${String(scene.nowMs).padStart(9, "0")}` },
    newId: () => {
      names += 1;
      return `${started.length}${names}`.padStart(16, "0");
    },
    start: (job) => started.push(job.id),
    stop: (id) => stopped.push(id),
    figuresOf: () => scene.figures,
    placeOf: (worker) => `worker ${worker} on ${worker}-host`,
    isWaiting: (id) => scene.waiting.has(id),
    tell: ({ kind }) => told.push(kind),
    onBroken: (error) => t.fail(String(error)),
  });
  if (opens) await desk.open();
  return Object.assign(scene, { desk });
}

function placesOf(t: ExecutionContext): { disk: MemoryDisk; directory: string } {
  const directory = temporaryDirectory(t);
  mkdirSync(path.join(directory, "files"));
  mkdirSync(resultsDirectory(directory));
  writeFileSync(path.join(directory, "files", "pairs.csv"), "1,2\n");
  return { disk: new MemoryDisk("disk"), directory };
}

function request(extra: object = {}) {
  const program = { partitions: 1, input: "pairs.csv", operations: [{ operator: "reduce", function: "SUM" }] };
  return { program: JSON.stringify(program), fileName: "sums.json", ...extra };
}

/** What was begun meanwhile has been journaled. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}

test("desk: jobs run in the order of their submission, so many at a time, and the queue is bounded (D2)", async (t) => {
  const { desk, started } = await openDesk(t, placesOf(t));
  const [first, second, third] = [
    await desk.submit(request()),
    await desk.submit(request()),
    await desk.submit(request()),
  ];
  await t.throwsAsync(desk.submit(request()), { instanceOf: RuntimeError, message: /wait already/ });
  await settled();
  t.deepEqual(started, [first.id]);
  t.deepEqual(
    desk.statuses().map(({ state }) => state),
    ["running", "queued", "queued"],
  );
  await desk.cancel(second.id);
  desk.ended(first.id, { kind: "done", output: TOTALS });
  await settled();
  t.deepEqual(started, [first.id, third.id]);
  t.deepEqual(
    desk.statuses().map(({ state }) => state),
    ["done", "cancelled", "running"],
  );
});

test("desk: what is counted of a job goes on through restarts of the coordinator, and stays when it has ended (D4)", async (t) => {
  const places = placesOf(t);
  const first = await openDesk(t, places);
  const { id } = await first.desk.submit(request());
  await settled();
  first.figures = { ...FIGURES, tasksRepeated: 3, tasksTakenOver: 0, restarts: 1 };
  await first.desk.noteCounts();
  first.figures = { ...FIGURES, tasksRepeated: 99 };
  await first.journal.close();
  const countsOf = ({ desk }: Scene): unknown => {
    const { tasksRepeated, tasksTakenOver, restarts } = desk.status(id) ?? {};
    return { tasksRepeated, tasksTakenOver, restarts };
  };
  const second = await openDesk(t, places);
  t.deepEqual(countsOf(second), { tasksRepeated: 3, tasksTakenOver: 0, restarts: 1 });
  second.figures = { ...FIGURES, tasksRepeated: 1, tasksTakenOver: 20, restarts: 0 };
  for (let turn = 0; turn < 3; turn += 1) await second.desk.noteCounts();
  await second.journal.close();
  const third = await openDesk(t, places);
  third.figures = { ...FIGURES, tasksRepeated: 2, tasksTakenOver: 15, restarts: 2 };
  const counts = { tasksRepeated: 6, tasksTakenOver: 20, restarts: 3 };
  t.deepEqual(countsOf(third), counts);
  third.desk.ended(id, { kind: "done", output: TOTALS });
  await settled();
  await third.desk.noteCounts();
  await third.journal.close();
  t.deepEqual(countsOf(await openDesk(t, places)), counts);
});

test("desk: a job that has no worker is told to wait for one while it runs, and in no other state", async (t) => {
  const { desk, waiting } = await openDesk(t, placesOf(t));
  const { id } = await desk.submit(request());
  const { id: next } = await desk.submit(request());
  await settled();
  t.is(desk.status(id)?.waitsForWorker, undefined);
  for (const each of [id, next]) waiting.add(each);
  t.deepEqual([desk.status(id)?.waitsForWorker, desk.status(next)?.waitsForWorker], [true, undefined]);
  desk.ended(id, { kind: "failed", failure: { code: "NO_WORKERS", message: "nobody came" } });
  await settled();
  t.deepEqual([desk.status(id)?.waitsForWorker, desk.status(next)?.waitsForWorker], [undefined, true]);
});

test("desk: nobody is told of an end that is not journaled yet", async (t) => {
  const { desk } = await openDesk(t, placesOf(t));
  const { id } = await desk.submit(request());
  await settled();
  desk.ended(id, { kind: "failed", failure: { code: "BAD_RECORD", message: "it is bad" } });
  t.is(desk.status(id)?.state, "running");
  // Too late: it waits for the same record.
  const late = await desk.cancel(id);
  t.deepEqual([late.state, desk.status(id)?.state], ["failed", "failed"]);
});

test("desk: a job that failed on a worker names that worker", async (t) => {
  const { desk } = await openDesk(t, placesOf(t));
  const [full, bad] = [await desk.submit(request()), await desk.submit(request())];
  desk.ended(full.id, { kind: "failed", failure: { code: "DISK_FULL", message: "no space left" }, worker: "b" });
  desk.ended(bad.id, { kind: "failed", failure: { code: "BAD_RECORD", message: "it is bad" } });
  await settled();
  t.deepEqual(desk.status(full.id)?.failure, { code: "DISK_FULL", message: "worker b on b-host: no space left" });
  t.deepEqual(desk.status(bad.id)?.failure, { code: "BAD_RECORD", message: "it is bad" });
});

test("desk: a restarted coordinator goes on with what runs and what waits, and remembers what has ended (D1)", async (t) => {
  const places = placesOf(t);
  const before = await openDesk(t, places);
  const first = await before.desk.submit(request());
  await settled();
  before.desk.ended(first.id, { kind: "failed", failure: { code: "BAD_RECORD", message: "it is bad" } });
  await settled();
  const second = await before.desk.submit(request({ submissionId: "once-and-for-all" }));
  await settled();
  await before.journal.close();
  const after = await openDesk(t, places);
  t.deepEqual(after.started, [second.id]);
  t.deepEqual(after.desk.status(first.id)?.failure, { code: "BAD_RECORD", message: "it is bad" });
  t.is(after.desk.status(first.id)?.pairsIn, 7);
  t.is((await after.desk.submit(request({ submissionId: "once-and-for-all" }))).id, second.id);
  t.is(after.desk.statuses().length, 2);
});

test("desk: two submissions with one id at the same moment are one job", async (t) => {
  const { desk } = await openDesk(t, placesOf(t));
  const same = request({ submissionId: "the-very-same" });
  const [left, right] = await Promise.all([desk.submit(same), desk.submit(same)]);
  t.is(left.id, right.id);
  t.is(desk.statuses().length, 1);
});

test("desk: a job ends once, and what is told later is ignored (D3)", async (t) => {
  const { desk, stopped, told } = await openDesk(t, placesOf(t));
  const { id } = await desk.submit(request());
  await settled();
  await desk.cancel(id);
  desk.ended(id, { kind: "done", output: TOTALS });
  await settled();
  t.is(desk.status(id)?.state, "cancelled");
  t.deepEqual(stopped, [id]);
  t.deepEqual(told, ["job.submitted", "job.started", "job.cancelled"]);
  await t.throwsAsync(desk.cancel(id), { message: /cancelled already/ });
  t.throws(() => desk.result(id), { message: /is cancelled/ });
});

test("desk: a result is kept for its time, and a job is remembered for its own", async (t) => {
  const places = placesOf(t);
  const scene = await openDesk(t, places);
  const { id } = await scene.desk.submit(request());
  await settled();
  const file = path.join(resultsDirectory(places.directory), `${id}.csv`);
  writeFileSync(file, "1,2\n");
  scene.desk.ended(id, { kind: "done", output: TOTALS });
  await settled();
  t.deepEqual(scene.desk.result(id), { path: file, byteLength: 4, format: "csv" });
  scene.nowMs = 101;
  await scene.desk.sweep();
  t.false(existsSync(file));
  t.is(scene.desk.status(id)?.resultKept, false);
  t.throws(() => scene.desk.result(id), { message: /not kept any more/ });
  t.throws(() => scene.desk.result(id, "rejects"), { message: /rejects nothing/ });
  scene.nowMs = 1_001;
  await scene.desk.sweep();
  t.is(scene.desk.status(id), undefined);
  t.deepEqual(await scene.journal.actors("record/"), []);
});

test("desk: a result is kept for its time also where history is shorter", async (t) => {
  const scene = await openDesk(t, { ...placesOf(t), limits: { ...LIMITS, historyMs: 100, resultsMs: 1_000 } });
  const { id } = await scene.desk.submit(request());
  await settled();
  scene.desk.ended(id, { kind: "done", output: TOTALS });
  await settled();
  scene.nowMs = 101;
  await scene.desk.sweep();
  t.is(scene.desk.status(id)?.state, "done");
  scene.nowMs = 1_001;
  await scene.desk.sweep();
  t.is(scene.desk.status(id), undefined);
});

test("desk: of a job that was cancelled no result stays, whenever it appeared", async (t) => {
  const { disk, directory } = placesOf(t);
  const limits = { ...LIMITS, jobsRunningMax: 3 };
  const first = await openDesk(t, { disk, directory, limits });
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) ids.push((await first.desk.submit(request())).id);
  const [cancelled, done, running] = ids;
  await settled();
  const results = resultsDirectory(directory);
  const names = (id: string): string[] => [`${id}.csv`, `.${id}.csv.${id}.partial`];
  const others = ["notes.txt", ".hidden", "ffffffffffffffff.csv"];
  const appear = (): void => {
    for (const name of [...ids.flatMap(names), ...others]) writeFileSync(path.join(results, name), "1,2\n");
  };
  appear();
  await first.desk.cancel(cancelled);
  first.desk.ended(done, { kind: "done", output: TOTALS });
  await settled();
  for (const id of ids) first.desk.clearResult(id);
  t.false(readdirSync(results).includes(`${cancelled}.csv`));
  t.true(readdirSync(results).includes(`${done}.csv`));
  appear();
  await first.journal.close();
  await openDesk(t, { disk, directory, limits });
  t.deepEqual(readdirSync(results).sort(), [`${done}.csv`, ...names(running), ...others].sort());
});

test("desk: what a submitter names lies below the data root, and is not what the job reads", async (t) => {
  const places = placesOf(t);
  const { desk } = await openDesk(t, places);
  const files = path.join(places.directory, "files");
  writeFileSync(path.join(files, "sums.csv.rejects.ndjson"), '{"k":1,"v":2}\n');
  mkdirSync(path.join(files, "taken.csv.rejects.ndjson"));
  const rejecting = { program: request().program.replace("{", '{"onError":"reject",') };
  const refused: [object, string][] = [
    [{ inputs: ["../files/pairs.csv"] }, "PATH_OUTSIDE_DATA_ROOT"],
    [{ inputs: ["/etc/passwd"] }, "PATH_OUTSIDE_DATA_ROOT"],
    [{ inputs: ["missing.csv"] }, "INPUT_MISSING"],
    [{ output: "/tmp/sums.csv" }, "PATH_OUTSIDE_DATA_ROOT"],
    [{ output: "pairs.csv" }, "OUTPUT_UNUSABLE"],
    [{ ...rejecting, inputs: ["sums.csv.rejects.ndjson"], output: "sums.csv" }, "OUTPUT_UNUSABLE"],
    [{ ...rejecting, output: "taken.csv" }, "OUTPUT_UNUSABLE"],
    [{ uploads: ["../job.json"] }, "INPUT_MISSING"],
  ];
  for (const [extra, code] of refused) {
    const error = await t.throwsAsync(desk.submit(request(extra)), { instanceOf: RuntimeError });
    t.is((error as RuntimeError).code, code, JSON.stringify(extra));
  }
  t.deepEqual(desk.statuses(), []);
});

for (const damaged of [["description/"], ["description/", "job/"]]) {
  const end = damaged.length === 1 ? "goes on" : "is failed by name";
  test(`desk: a job of whose records ${damaged.join(" and ")} are damaged ${end}`, async (t) => {
    const { disk, directory } = placesOf(t);
    const first = await openDesk(t, { disk, directory });
    const { id } = await first.desk.submit(request());
    await settled();
    const [description] = await first.journal.read(`description/${id}`);
    await first.journal.commit([{ actor: `job/${id}`, payload: description.payload }]);
    await first.journal.commit(
      [],
      damaged.map((log) => `${log}${id}`),
    );
    await first.journal.close();
    const second = await openDesk(t, { disk, directory });
    t.deepEqual(second.started, damaged.length === 1 ? [id] : []);
    t.is(second.desk.status(id)?.state, damaged.length === 1 ? "running" : "failed");
    t.is(second.desk.status(id)?.failure?.code, damaged.length === 1 ? undefined : "JOB_LOST");
  });
}

test("desk: what an earlier coordinator journaled is known before anything starts", async (t) => {
  const places = placesOf(t);
  const first = await openDesk(t, places);
  const { id } = await first.desk.submit(request());
  await settled();
  const { resultFile } = first.desk.record(id)!;
  await first.journal.close();
  const { desk, started } = await openDesk(t, { ...places, opens: false });
  t.is(desk.record(id), undefined);
  await desk.read();
  t.is(desk.record(id)?.resultFile, resultFile);
  t.deepEqual(started, []);
  await desk.open();
  t.deepEqual(started, [id]);
});
