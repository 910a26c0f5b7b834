/**
 * Input that workers do not see: they get it from the coordinator, and the output is that of one process.
 */
import { appendFileSync, renameSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { COORDINATOR_PEER } from "../../../actors/exchange/messages.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { map, program } from "../../programs/build-program.ts";
import { openStage, prepare } from "../jobs/job-stage.ts";
import { SAMPLE_PROGRAM, sampleLines } from "../jobs/sample-job.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import type { ClusterStage } from "./cluster-stage.ts";
import { compare, type Sample, sampleOf, stageOf } from "./sample.ts";

/** The job as if its files were nowhere to be seen but by the coordinator. */
function unseen(job: JobDescription): JobDescription {
  return { ...job, files: job.files.map((file) => ({ ...file, absolutePath: `/nowhere/${file.name}` })) };
}

async function stageUnseen(
  t: ExecutionContext,
  job: JobDescription,
  workers: readonly string[],
): Promise<ClusterStage> {
  const stage = await stageOf(t, unseen(job), workers);
  stage.inputs = job.files;
  return stage;
}

function copiesOf(stage: ClusterStage, workers: readonly string[]): string[] {
  return workers.flatMap((worker) => stage.filesOf(worker).filter((name) => name.includes("-input-")));
}

test("unseen input: output and rejects are the same, and no copy is left", async (t) => {
  const sample = await sampleOf(t);
  const stage = await stageUnseen(t, sample.job, ["a", "b"]);
  let fetched = 0;
  stage.beforeFetch = async (peer) => {
    if (peer === COORDINATOR_PEER) fetched += 1;
  };
  compare(t, await stage.run(), sample, "unseen");
  t.true(fetched >= sample.job.splits.length);
  t.deepEqual(copiesOf(stage, ["a", "b"]), []);
});

test("unseen input: several files, one of them compressed, one with a header", async (t) => {
  const directory = temporaryDirectory(t);
  const withHeader = (text: string): string => `key,value\n${text}`;
  writeFiles(directory, {
    "a.csv": withHeader(sampleLines(200)),
    "b.csv.gz": gzipSync(withHeader(sampleLines(150))),
    "c.csv": withHeader(""),
  });
  const input = { paths: ["a.csv", "b.csv.gz", "c.csv"], header: true };
  const job = await prepare(SAMPLE_PROGRAM, input, { directory, splitBytes: 300, partitions: 3 });
  const alone = await openStage({ directory });
  t.teardown(() => alone.close());
  const { output, rejects } = await alone.run(job, { rejects: true });
  const sample: Sample = { job, output, rejects };
  t.truthy(output);
  const stage = await stageUnseen(t, job, ["a", "b"]);
  compare(t, await stage.run(), sample, "several");
});

test("unseen input: a file that vanishes from a worker's sight in the middle of the job", async (t) => {
  const sample = await sampleOf(t);
  const stage = await stageOf(t, sample.job, ["a", "b"]);
  const [file] = sample.job.files;
  const elsewhere = path.join(temporaryDirectory(t), "moved.csv");
  let moved = false;
  const end = await stage.run(async () => {
    while (stage.committed < 1) await new Promise<void>((resolve) => void setImmediate(resolve));
    stage.inputs = sample.job.files.map((one) => ({ ...one, absolutePath: elsewhere }));
    renameSync(file!.absolutePath, elsewhere);
    moved = true;
    await stage.startWorker("c");
  });
  t.true(moved);
  compare(t, end, sample, "vanished");
});

test("unseen input: a coordinator that does not answer is waited for, and a worker that is killed leaves the job whole", async (t) => {
  const sample = await sampleOf(t);
  const stage = await stageUnseen(t, sample.job, ["a", "b"]);
  let refused = 0;
  stage.beforeFetch = async (peer) => {
    refused += 1;
    if (peer === COORDINATOR_PEER && refused < 20) throw new RuntimeError("PEER_UNREACHABLE", "not now");
  };
  const end = await stage.run(async () => {
    while (stage.committed < 5) await new Promise<void>((resolve) => void setImmediate(resolve));
    await stage.killWorker("b", { loseDisk: true });
  });
  compare(t, end, sample, "waited");
});

test("unseen input: one that has changed ends the job with INPUT_CHANGED", async (t) => {
  const sample = await sampleOf(t);
  const stage = await stageUnseen(t, sample.job, ["a"]);
  let fetched = 0;
  stage.beforeFetch = async () => {
    fetched += 1;
    if (fetched === 5) appendFileSync(sample.job.files[0]!.absolutePath, "1,2\n");
  };
  const { outcome } = await stage.run();
  t.like(outcome, { kind: "failed", failure: { code: "INPUT_CHANGED" } });
});

test("unseen input: a bad record is named by file and line as if the file were seen", async (t) => {
  const directory = temporaryDirectory(t);
  const lines = Array.from({ length: 400 }, (_, row) => (row === 250 ? "x\n" : `${row},${row * 7}\n`)).join("");
  writeFiles(directory, { "a.csv": lines });
  const job = await prepare(program([map()]), { paths: ["a.csv"] }, { directory, splitBytes: 256, partitions: 2 });
  const stage = await stageUnseen(t, job, ["a"]);
  const { outcome } = await stage.run();
  t.is(outcome.kind, "failed");
  if (outcome.kind !== "failed") return;
  t.like(outcome.failure, { file: "a.csv", line: 251 });
  t.regex(outcome.failure.message, /^a\.csv:251: /);
});
