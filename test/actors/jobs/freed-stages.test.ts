/**
 * Blocks that nobody needs any more go while the job runs; what is left is enough to go on, and to begin anew.
 */
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { isSegmentBelow } from "../../../actors/executor/messages.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { decodeCommit } from "../../../actors/partition/commit-record.ts";
import { freedLog, partitionLogPrefix } from "../../../actors/partition/messages.ts";
import { parseProgram } from "../../../programs/parse-program.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { listSegments } from "../../../runtime/journal/segment-files.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { prepare, runStaged, type StagedEnd } from "./job-stage.ts";

/** Four shuffles of more pairs than one task takes: no stage goes on in memory. */
const KEYS = 200_003;
const OPERATIONS = Array.from({ length: 4 }, (_, round) => [
  { operator: "changeKey", expression: `(v * ${round + 3} + k) % ${KEYS}` },
  { operator: "reduce", expression: "min(V)" },
  { operator: "map", expression: `(v * 31 + k) % ${KEYS}` },
]).flat();
const STAGES = 5;

interface Stage {
  readonly job: JobDescription;
  readonly directory: string;
  readonly disk: MemoryDisk;
}

async function stageOf(t: ExecutionContext): Promise<Stage> {
  const directory = temporaryDirectory(t);
  const rows = Array.from({ length: 60_000 }, (_, row) =>
    row === 77 ? "no pair" : `${row},${(row * 7919) % 1_000_003}`,
  );
  writeFiles(directory, { "rows.csv": `${rows.join("\n")}\n` });
  const text = JSON.stringify({ partitions: 4, onError: "reject", operations: OPERATIONS });
  const job = await prepare(parseProgram(text, "freed"), { paths: ["rows.csv"] }, { directory, splitBytes: 300_000 });
  return { job, directory, disk: new MemoryDisk("disk") };
}

async function runOn({ job, directory, disk }: Stage, diskBytes?: number): Promise<StagedEnd> {
  return await runStaged(job, { directory, journal: createMemoryJournal({ disk }), rejects: true, diskBytes });
}

/** Commits in the journal. */
async function committedIn({ job, disk }: Stage): Promise<number> {
  const journal = createMemoryJournal({ disk });
  await journal.open();
  let count = 0;
  for (const actor of await journal.actors(partitionLogPrefix(job.id))) count += (await journal.read(actor)).length;
  await journal.close();
  return count;
}

/** Rewrites every partition's log with those of its commits that `keep` wants, and the log of what was freed. */
async function rewrite({ job, disk }: Stage, keep: (stage: number) => boolean): Promise<void> {
  const journal = createMemoryJournal({ disk });
  await journal.open();
  for (const actor of await journal.actors(partitionLogPrefix(job.id))) {
    const kept = (await journal.read(actor)).filter(({ payload }) => keep(decodeCommit(payload).stage));
    await journal.commit(
      kept.map(({ payload }) => ({ actor, payload })),
      [actor],
    );
  }
  await journal.commit([], [`output/${job.id}`]);
  await journal.close();
}

test("freed: the blocks of a stage go when the next one is complete, and its rejects stay", async (t) => {
  const stage = await stageOf(t);
  const end = await runOn(stage);
  t.is(end.outcome.kind, "done");
  const left = listSegments(path.join(stage.directory, "segments")).map(({ segment }) => segment);
  t.false(left.some((segment) => isSegmentBelow(segment, STAGES - 2)));
  t.true(left.some((segment) => isSegmentBelow(segment, STAGES - 1)));
  t.regex(end.rejects ?? "", /no pair/);
});

test("freed: what was committed and freed is not computed again", async (t) => {
  const stage = await stageOf(t);
  const first = await runOn(stage);
  await rewrite(stage, (kept) => kept < STAGES - 1);
  const second = await runOn(stage);
  t.deepEqual([second.outcome.kind, second.output, second.rejects], ["done", first.output, first.rejects]);
  t.true(second.commitCount > 0 && second.commitCount < first.commitCount / 2);
});

test("freed: with commits of a freed stage lost, what it was made from is made again, from the input on", async (t) => {
  const stage = await stageOf(t);
  const first = await runOn(stage);
  await rewrite(stage, (kept) => kept !== 2);
  const second = await runOn(stage);
  t.deepEqual([second.outcome.kind, second.output, second.rejects], ["done", first.output, first.rejects]);
});

test("freed: a log of what was freed that is lost costs work, not the result", async (t) => {
  const stage = await stageOf(t);
  const first = await runOn(stage);
  const journal = createMemoryJournal({ disk: stage.disk });
  await journal.open();
  await journal.commit([], [freedLog(stage.job.id)]);
  await journal.close();
  const second = await runOn(stage);
  t.deepEqual([second.outcome.kind, second.output, second.rejects], ["done", first.output, first.rejects]);
});

test("disk: a job that needs more than it may have fails by name, and goes on with more", async (t) => {
  const stage = await stageOf(t);
  const least = await runOn(stage, 1_000);
  t.like(least.outcome, { kind: "failed", failure: { code: "DISK_BUDGET_EXCEEDED" } });
  const fresh = await stageOf(t);
  const expected = await runOn(fresh);
  const half = await runOn(stage, 200_000);
  t.like(half.outcome, { kind: "failed", failure: { code: "DISK_BUDGET_EXCEEDED" } });
  const kept = await committedIn(stage);
  const whole = await runOn(stage);
  t.deepEqual([whole.outcome.kind, whole.output, whole.rejects], ["done", expected.output, expected.rejects]);
  t.true(whole.commitCount <= expected.commitCount - kept, `${whole.commitCount} besides ${kept}`);
});
