/**
 * `npm run reopen`: how long it takes until a job knows all that a large data directory holds.
 *
 *   npm run reopen -- --gigabytes 10
 *
 * The directory is made up: the journal of a job that has committed its first stage, and sparse segments as long as its
 * commits say. What is measured is what comes before the first task: opening, verifying all logs, looking at all segments,
 * starting the partitions, and telling the job; not the compilation of the kernels, which every run pays.
 */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { kernelModule } from "../../actors/executor/kernel-module.ts";
import { directoryPlaces, openDirectory } from "../../actors/open-directory.ts";
import { StreamOutput } from "../../actors/output/stream-output.ts";
import { encodeCommit } from "../../actors/partition/commit-record.ts";
import { partitionLog } from "../../actors/partition/messages.ts";
import { prepareJob } from "../../actors/prepare-job.ts";
import { runJob } from "../../actors/run-job.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";

const SEGMENT_BYTES = 1 << 30;
const PROGRAM = { partitions: 64, input: "rows.csv", operations: [{ operator: "reduce", function: "MEDIAN" }] };

const { values } = parseArgs({ options: { gigabytes: { type: "string", default: "10" } } });
const byteLength = Number(values.gigabytes) * SEGMENT_BYTES;
const directory = mkdtempSync(path.join(tmpdir(), "actor-dataflow-reopen-"));
try {
  await measure();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const input = path.join(directory, "rows.csv");
  writeFileSync(input, "");
  truncateSync(input, byteLength);
  const program = parseProgram(JSON.stringify(PROGRAM), "reopen");
  const specification = program.input;
  if (specification === undefined) throw new Error("the program has an input");
  const job = await prepareJob(program, { input: specification, baseDirectory: directory, outputFormat: "csv" });
  const options = {
    dataDirectory: path.join(directory, "state"),
    job,
    program: "reopen",
    durability: "process",
  } as const;
  await makeUp(options);
  const begunMs = systemClock.nowMs();
  const journal = await openDirectory(options);
  const openedMs = systemClock.nowMs();
  await journal.close();
  const port = new StreamOutput(process.stderr);
  // Every run compiles them, whatever its directory holds.
  kernelModule();
  const againMs = systemClock.nowMs();
  const running = await runJob({
    ...{ ...options, journaled: true, executorCount: 1, port, rejectsPort: undefined },
    ...{ clock: systemClock, random: systemRandom },
  });
  while ((running.tree.view.takenOver.get(job.id) ?? 0) < job.splits.length) await new Promise(setImmediate);
  const knownMs = systemClock.nowMs();
  running.outcome.catch(() => undefined);
  await running.close({ free: true });
  const what = `${values.gigabytes} GiB in segments, ${job.splits.length} commits in ${PROGRAM.partitions} logs`;
  console.log(`${what}: opened and verified in ${(openedMs - begunMs).toFixed(0)} ms`);
  console.log(`known to the job ${(knownMs - againMs).toFixed(0)} ms after the beginning`);
}

async function makeUp(options: Parameters<typeof openDirectory>[0]): Promise<void> {
  const { job, dataDirectory } = options;
  const { partitions } = job.plan;
  const journal = await openDirectory(options);
  const perTask = Math.floor(byteLength / job.splits.length);
  const perSegment = Math.floor(SEGMENT_BYTES / perTask);
  const targets = Array.from({ length: partitions }, (_, target) => target);
  const commits = job.splits.map((_, split) => {
    const segment = `made-up-${Math.floor(split / perSegment)}.segment`;
    const at = { segment, offset: (split % perSegment) * perTask, byteLength: perTask, crc: split };
    const counts = {
      pairsIn: 300_000,
      pairsOut: 300_000,
      lines: 300_000,
      bytesIn: perTask,
      bytesOut: perTask,
      rejectCount: 0,
    };
    const result = { ...counts, bundles: [{ at, pairCount: 300_000, targets }], runs: [], rejects: [] };
    const commit = { stage: 0, partition: split % partitions, sequence: Math.floor(split / partitions), result };
    return { actor: partitionLog(job.id, commit.partition), payload: encodeCommit(commit) };
  });
  await journal.commit(commits);
  await journal.close();
  for (let index = 0; index * perSegment < job.splits.length; index += 1) {
    const file = path.join(directoryPlaces(dataDirectory).segments, `made-up-${index}.segment`);
    writeFileSync(file, "");
    truncateSync(file, SEGMENT_BYTES);
  }
}
