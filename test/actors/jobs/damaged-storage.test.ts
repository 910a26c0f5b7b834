/**
 * Stored bytes that are damaged, cut off or gone: whatever it is, the job computes it again and ends with the same bytes.
 *
 * A job is run to its end with its journal kept. Then the segments are damaged, some commits are dropped from the ends of
 * logs (so that what lies before them is needed again), and the same job is run over what is left.
 */
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { TASK_REPAIRS_MAX } from "../../../actors/options.ts";
import { decodeCommit } from "../../../actors/partition/commit-record.ts";
import { partitionLog, partitionLogPrefix, referencesOf, type TaskCommit } from "../../../actors/partition/messages.ts";
import { parseProgram } from "../../../programs/parse-program.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { listSegments, type SegmentReference } from "../../../runtime/journal/segment-files.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { prepare, runStaged, type StagedEnd } from "./job-stage.ts";

const OPERATIONS = [
  { operator: "map", expression: "v == 77 ? v / 0 : v * 3" },
  { operator: "changeKey", expression: "v % 50" },
  { operator: "reduce", expression: "sum(V)" },
  { operator: "changeKey", expression: "v % 7" },
  { operator: "reduce", expression: "median(V)" },
];
const ROWS = Array.from({ length: 600 }, (_, row) => (row % 97 === 5 ? "no pair" : `${row},${(row * 37) % 101}`));

interface Damage {
  readonly what: string;
  /** To what of each commit: bundles, runs and rejects, or one of them. */
  readonly of: (commit: TaskCommit) => readonly SegmentReference[];
  readonly change: (bytes: Uint8Array) => void;
}

const flipBitAt = (at: number) => (bytes: Uint8Array) => {
  bytes[at < 0 ? bytes.length + at : at] ^= 0x10;
};

const DAMAGES: readonly Damage[] = [
  { what: "a bit of an index or a header", of: referencesOf, change: flipBitAt(17) },
  { what: "the last byte", of: referencesOf, change: flipBitAt(-1) },
  {
    what: "zeros, as in a hole of a file",
    of: referencesOf,
    change: (bytes) => void bytes.fill(0, 0, Math.min(bytes.length, 128)),
  },
  { what: "a digit of a reject", of: ({ result }) => result.rejects, change: flipBitAt(26) },
];

interface Finished {
  readonly job: JobDescription;
  readonly directory: string;
  readonly disk: MemoryDisk;
  readonly end: StagedEnd;
}

interface Kind {
  readonly integers: "int64" | "bigint";
  readonly order: "key" | "none";
}

const KINDS: readonly Kind[] = [
  { integers: "int64", order: "key" },
  { integers: "int64", order: "none" },
  { integers: "bigint", order: "key" },
  { integers: "bigint", order: "none" },
];

async function finish(t: Pick<ExecutionContext, "teardown">, { integers, order }: Kind): Promise<Finished> {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": `${ROWS.join("\n")}\n` });
  const output = { format: "csv", order };
  const text = JSON.stringify({ partitions: 3, integers, onError: "reject", operations: OPERATIONS, output });
  const job = await prepare(parseProgram(text, "damaged"), { paths: ["a.csv"] }, { directory, splitBytes: 700 });
  const disk = new MemoryDisk("disk");
  const end = await runStaged(job, { directory, journal: createMemoryJournal({ disk }), rejects: true });
  return { job, directory, disk, end };
}

async function runAgain({ job, directory, disk }: Finished): Promise<StagedEnd> {
  return await runStaged(job, { directory, journal: createMemoryJournal({ disk }), rejects: true });
}

/** All commits, by partition. */
async function commitsOf({ job, disk }: Finished): Promise<TaskCommit[][]> {
  const journal = createMemoryJournal({ disk });
  await journal.open();
  const commits: TaskCommit[][] = [];
  for (const actor of await journal.actors(partitionLogPrefix(job.id))) {
    commits.push((await journal.read(actor)).map(({ payload }) => decodeCommit(payload)));
  }
  await journal.close();
  return commits;
}

/** Drops the last records of a partition's log, as a disk does that loses what it was given last. */
async function dropTail({ job, disk }: Finished, partition: number, count: number): Promise<void> {
  const journal = createMemoryJournal({ disk });
  await journal.open();
  const actor = partitionLog(job.id, partition);
  const kept = (await journal.read(actor)).slice(0, -count);
  await journal.commit(
    kept.map(({ payload }) => ({ actor, payload })),
    [actor],
  );
  await journal.close();
}

function segmentsOf({ directory }: Finished): string[] {
  const place = path.join(directory, "segments");
  return listSegments(place).map(({ segment }) => path.join(place, segment));
}

function same(t: ExecutionContext, again: StagedEnd, { end }: Finished, what: string): void {
  t.is(again.outcome.kind, "done", `${what}: ${JSON.stringify(again.outcome)}`);
  t.is(sorted(again.output), sorted(end.output), what);
  t.is(again.rejects, end.rejects, what);
}

/** Order "none" leaves it open. */
function sorted(text: string | undefined): string | undefined {
  return text?.split("\n").sort().join("\n");
}

for (const [index, kind] of KINDS.entries()) {
  const title = `${kind.integers}, order ${kind.order}`;

  test(`damage: each kind of stored bytes is made again where it is not what was written (${title})`, async (t) => {
    const finished = await finish(t, kind);
    t.is(finished.end.outcome.kind, "done");
    for (const partition of [0, 1, 2]) await dropTail(finished, partition, 1);
    for (const { what, of, change } of DAMAGES) {
      for (const at of (await commitsOf(finished)).flat().flatMap(of)) {
        const file = path.join(finished.directory, "segments", at.segment);
        // The blocks of a stage that was freed: nobody reads them.
        if (!existsSync(file)) continue;
        const bytes = readFileSync(file);
        change(bytes.subarray(at.offset, at.offset + at.byteLength));
        writeFileSync(file, bytes);
      }
      const again = await runAgain(finished);
      same(t, again, finished, what);
      t.true(again.commitCount > 3, `${what}: ${again.commitCount} commits`);
    }
  });

  // Of both kernels and of both orders; what lies between kernels and disk is the same for all four.
  if (index === 1 || index === 2) continue;

  test(`damage: any edits of segments and any lost tails give the same output (${title})`, async (t) => {
    const finished = await finish(t, kind);
    const edit = fc.record({ place: fc.double({ min: 0, max: 1, noNaN: true }), bit: fc.nat({ max: 7 }) });
    const damage = fc.record({
      edits: fc.array(edit, { maxLength: 12 }),
      cut: fc.option(fc.record({ file: fc.nat(), share: fc.double({ min: 0, max: 1, noNaN: true }) })),
      gone: fc.option(fc.nat()),
      tails: fc.array(fc.nat({ max: 8 }), { minLength: 3, maxLength: 3 }),
    });
    const property = fc.asyncProperty(damage, async ({ edits, cut, gone, tails }) => {
      for (const [partition, count] of tails.entries()) {
        if (count > 0) await dropTail(finished, partition, count);
      }
      for (const { place, bit } of edits) flipBit(segmentsOf(finished), place, bit);
      const files = segmentsOf(finished);
      if (cut !== null) {
        const file = files[cut.file % files.length];
        truncateSync(file, Math.floor(readFileSync(file).length * cut.share));
      }
      if (gone !== null) rmSync(files[gone % files.length]);
      same(t, await runAgain(finished), finished, JSON.stringify({ edits, cut, gone, tails }));
    });
    await fc.assert(property, { numRuns: 6, endOnFailure: true });
  });
}

test("damage: what is lost from a log is counted where later stages show that it was there", async (t) => {
  const finished = await finish(t, KINDS[0]);
  const [, commits] = await commitsOf(finished);
  // Everything of partition 1, of which partition 0 has used the bundles: it took all small partitions together.
  await dropTail(finished, 1, commits.length);
  const again = await runAgain(finished);
  same(t, again, finished, "lost log");
  t.deepEqual(again.repairs, { lost: commits.length, damaged: 0, orphaned: 0 });
});

test("damage: a disk that changes whatever is written ends the job by name", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": `${ROWS.join("\n")}\n` });
  const text = JSON.stringify({ partitions: 1, onError: "reject", operations: OPERATIONS });
  const job = await prepare(parseProgram(text, "damaged"), { paths: ["a.csv"] }, { directory, splitBytes: 1e6 });
  const place = path.join(directory, "segments");
  const breakLast = (): void => {
    for (const { segment, byteLength } of listSegments(place)) {
      const file = path.join(place, segment);
      const bytes = readFileSync(file);
      bytes[byteLength - 5] ^= 1;
      writeFileSync(file, bytes);
    }
  };
  const end = await runStaged(job, { directory, executorCount: 1, hooks: { afterCommit: breakLast } });
  t.is(end.outcome.kind, "failed");
  t.is(end.outcome.kind === "failed" ? end.outcome.failure.code : "", "SEGMENT_DAMAGED");
  t.true(end.commitCount > TASK_REPAIRS_MAX, `${end.commitCount}`);
});

function flipBit(files: readonly string[], place: number, bit: number): void {
  const lengths = files.map((file) => readFileSync(file).length);
  let at = Math.floor(place * Math.max(0, lengths.reduce((sum, length) => sum + length, 0) - 1));
  for (const [index, file] of files.entries()) {
    if (at < lengths[index]) {
      const bytes = readFileSync(file);
      bytes[at] ^= 1 << bit;
      writeFileSync(file, bytes);
      return;
    }
    at -= lengths[index];
  }
}
