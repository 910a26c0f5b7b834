/**
 * A job whose process is killed after each commit goes on in the next one: the same bytes, and nothing committed is done
 * again.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { FileOutput } from "../../../actors/output/file-output.ts";
import { decodeCommit } from "../../../actors/partition/commit-record.ts";
import { partitionLogPrefix } from "../../../actors/partition/messages.ts";
import { runJob } from "../../../actors/run-job.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { Journal } from "../../../runtime/journal/journal.ts";
import { createLevelJournal } from "../../../runtime/journal/level-journal.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { map, program } from "../../programs/build-program.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { HASTY_CLOCK, openStage, prepare, runStaged } from "./job-stage.ts";
import { SAMPLE_PROGRAM, sampleLines } from "./sample-job.ts";

test("resume: a process killed after each batch of its journal, and before its last write", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": sampleLines(80) });
  const sample = await prepare(SAMPLE_PROGRAM, { paths: ["a.csv"] }, { directory, splitBytes: 256, partitions: 3 });
  const whole = await runStaged(sample, { directory, rejects: true });
  t.is(whole.outcome.kind, "done");
  for (let moment = 1; moment <= whole.batchCount + 1; moment += 1) {
    const job = { ...sample, id: `killed-${moment}` };
    // A real disk now and then; what is above the port is the same.
    const disk = new MemoryDisk("disk");
    const open = () =>
      moment % 5 === 2
        ? createLevelJournal({ directory: path.join(directory, job.id), durability: "process" })
        : createMemoryJournal({ disk });
    const first = await openStage({ directory, journal: open() });
    const die = (isNow: boolean): void => {
      if (isNow) first.abandon();
    };
    const killed = await first.run(job, {
      rejects: true,
      hooks: {
        afterCommit: (count) => die(count === moment),
        beforeWrite: () => die(moment > whole.batchCount),
      },
    });
    await first.close();
    t.is(killed.outcome.kind, "abandoned");
    // Batches that were on their way when it was killed may be among them.
    const committed = await tasksIn(open(), job);
    t.true(committed.length >= killed.commitCount);

    const second = await openStage({ directory, journal: open() });
    const resumed = await second.run(job, { rejects: true });
    await second.close();
    const at = `killed at ${moment}: ${JSON.stringify(resumed.outcome)}`;
    t.is(resumed.outcome.kind, "done", at);
    t.is(resumed.output, whole.output, at);
    t.is(resumed.rejects, whole.rejects, at);
    t.is(second.tree.view.takenOver.get(job.id) ?? 0, committed.length, at);
    const tasks = await tasksIn(open(), job);
    t.is(new Set(tasks).size, tasks.length, `${at}: ${tasks.join(" ")}`);
  }
});

/** The task of each record in the journal. */
async function tasksIn(journal: Journal, { id }: JobDescription): Promise<string[]> {
  await journal.open();
  const names: string[] = [];
  for (const actor of await journal.actors(partitionLogPrefix(id))) {
    for (const { payload } of await journal.read(actor)) {
      const { stage, partition, sequence } = decodeCommit(payload);
      names.push(`${stage}/${partition}/${sequence}`);
    }
  }
  await journal.close();
  return names;
}

test("resume: a run that was closed goes on where it was; its directory is nobody else's until it is done", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": sampleLines(300), "b.csv": sampleLines(20) });
  const dataDirectory = path.join(directory, "data");
  const jobOf = async (file: string, operations: typeof SAMPLE_PROGRAM) =>
    await prepare(operations, { paths: [file] }, { directory, splitBytes: 256 });
  const job = await jobOf("a.csv", SAMPLE_PROGRAM);
  const run = async (wanted: typeof job, output: string) => {
    const port = new FileOutput(path.join(directory, output), wanted.id, false);
    const ports = { port, rejectsPort: undefined, clock: HASTY_CLOCK, random: seededRandom(1) };
    const options = { journaled: true, durability: "process", executorCount: 1 } as const;
    return await runJob({ job: wanted, dataDirectory, ...options, ...ports });
  };
  const first = await run(job, "output");
  const committed = (tree: typeof first.tree): number => tree.view.progress.get(job.id)?.totals().tasksCommitted ?? 0;
  while (committed(first.tree) < 3) await new Promise<void>((resolve) => void setImmediate(resolve));
  await first.close();
  t.false(readdirSync(directory).includes("output"));

  for (const other of [await jobOf("b.csv", SAMPLE_PROGRAM), await jobOf("a.csv", program([map()]))]) {
    const error = await t.throwsAsync(() => run(other, "other"), { instanceOf: RuntimeError });
    t.is(error.code, "DATA_DIRECTORY_OF_ANOTHER_JOB");
  }

  const second = await run(job, "output");
  t.is((await second.outcome).kind, "done");
  t.true((second.tree.view.takenOver.get(job.id) ?? 0) >= 3);
  await second.close();
  t.deepEqual(readdirSync(dataDirectory), []);
  const alone = await runStaged(job, { directory });
  t.is(readFileSync(path.join(directory, "output"), "utf8"), alone.output ?? "");

  const other = await run(await jobOf("b.csv", SAMPLE_PROGRAM), "other");
  t.is((await other.outcome).kind, "done");
  await other.close();
});

test("restarts: a child that is killed without end ends the job with the story under one code", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": sampleLines(20) });
  const job = await prepare(SAMPLE_PROGRAM, { paths: ["a.csv"] }, { directory, splitBytes: 100, partitions: 1 });
  const port = new FileOutput(path.join(directory, "output"), job.id, false);
  let kill = (_child: string): void => {};
  const running = await runJob({
    ...{ job, dataDirectory: path.join(directory, "data"), journaled: false, durability: "process", executorCount: 1 },
    ...{ port, rejectsPort: undefined, clock: HASTY_CLOCK, random: seededRandom(1), restartsMax: 2 },
    onNotice: (supervisor, notice) => {
      if (supervisor === "partitions" && notice.type === "child.started") queueMicrotask(() => kill(notice.id));
    },
  });
  kill = (child) => running.tree.kill(`partitions/${child}`, "killed by the test");
  const error = await t.throwsAsync(() => running.outcome, { instanceOf: RuntimeError });
  await running.close();
  t.is(error.code, "RESTARTS_EXHAUSTED");
  t.regex(error.message, /killed by the test/);
});
