/**
 * Inputs and outputs that go wrong while a job runs: each ends it with one named error, quickly, and nothing appears.
 */
import {
  createWriteStream,
  existsSync,
  openSync,
  readdirSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import type { Writable } from "node:stream";
import { gzipSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { FileOutput } from "../../../actors/output/file-output.ts";
import { StreamOutput } from "../../../actors/output/stream-output.ts";
import type { ErrorMode } from "../../../programs/program.ts";
import { map, program } from "../../programs/build-program.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { type JobOptions, prepare, runStaged, type StagedEnd } from "./job-stage.ts";
import { sampleLines } from "./sample-job.ts";

const LINES = Array.from({ length: 400 }, (_, row) => (row === 399 ? "x\n" : `${row},${row * 7}\n`)).join("");
const COPY = program([map()], { partitions: 2, onError: "reject" });
/** Far above what all of a test's process needs. */
const LONG_LINE_BYTES = 400 << 20;

interface Case {
  readonly directory: string;
  readonly name?: string;
  readonly splitBytes?: number;
  readonly onError?: ErrorMode;
  readonly options?: (directory: string) => JobOptions;
  /** Done to the input when the first split is committed. */
  readonly change?: (file: string) => void;
}

async function run(what: Case): Promise<StagedEnd> {
  const { directory, name = "a.csv", splitBytes = 256, onError = "reject", options, change } = what;
  const job = await prepare({ ...COPY, onError }, { paths: [name] }, { directory, splitBytes });
  const afterCommit = (count: number): void => {
    if (count === 2) change?.(path.join(directory, name));
  };
  return await runStaged(job, { directory, executorCount: 1, hooks: { afterCommit }, ...options?.(directory) });
}

function failsWith(t: ExecutionContext, end: StagedEnd, code: string, words: RegExp): void {
  t.is(end.outcome.kind, "failed", JSON.stringify(end.outcome));
  if (end.outcome.kind !== "failed") return;
  t.is(end.outcome.failure.code, code);
  t.regex(end.outcome.failure.message, words);
}

const CHANGES: Readonly<Record<string, (file: string) => void>> = {
  "is written to": (file) => writeSync(openSync(file, "r+"), "9,9\n", 0),
  grows: (file) => writeSync(openSync(file, "a"), "9,9\n"),
  shrinks: (file) => truncateSync(file, 1000),
  "is emptied": (file) => truncateSync(file, 0),
  "is touched": (file) => utimesSync(file, 1, 1),
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`input: a file that ${what} while it is read ends the job with INPUT_CHANGED`, async (t) => {
    const directory = temporaryDirectory(t);
    writeFiles(directory, { "a.csv": LINES });
    failsWith(t, await run({ directory, change }), "INPUT_CHANGED", /input "a\.csv"/);
  });
}

test("input: a gzip file that ends too early is INPUT_CORRUPT, and named", async (t) => {
  const directory = temporaryDirectory(t);
  // More than what is looked at before the job begins, so that only the run can tell.
  const whole = gzipSync(sampleLines(60_000).replaceAll("oops", "1"));
  t.true(whole.length > 200_000);
  writeFiles(directory, { "a.csv.gz": whole.subarray(0, whole.length - 9) });
  const end = await run({ directory, name: "a.csv.gz" });
  failsWith(t, end, "INPUT_CORRUPT", /input "a\.csv\.gz" is not whole gzip data/);
});

test.serial("input: a line of hundreds of MB is one bad record, and never held", async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, "a.csv");
  writeFileSync(file, "1,2\n3,");
  // A hole of the file: zeros that take no room.
  truncateSync(file, LONG_LINE_BYTES);
  const before = process.memoryUsage.rss();
  const end = await run({ directory, splitBytes: 4 << 20, onError: "fail" });
  failsWith(t, end, "LINE_TOO_LONG", /a\.csv:2: /);
  t.true(process.memoryUsage.rss() - before < LONG_LINE_BYTES / 2);
  if (end.outcome.kind === "failed") t.true(end.outcome.failure.message.length < 400);
});

const REFUSING: Readonly<Record<string, readonly [options: (directory: string) => JobOptions, code: string]>> = {
  "a directory that is not there": [
    (directory) => ({ port: new FileOutput(path.join(directory, "none", "output"), "job", false) }),
    "OUTPUT_FAILED",
  ],
  "a file below a file": [
    (directory) => ({ port: new FileOutput(path.join(directory, "a.csv", "output"), "job", false) }),
    "OUTPUT_FAILED",
  ],
  "a directory in its place": [
    (directory) => ({ port: new FileOutput(path.join(directory, "segments"), "job", false) }),
    "OUTPUT_FAILED",
  ],
  "a full device": [() => ({ port: new StreamOutput(fullDevice()) }), "DISK_FULL"],
  "rejects in a directory that is not there": [
    (directory) => ({ rejectsPort: new FileOutput(path.join(directory, "none", "rejects"), "job", false) }),
    "OUTPUT_FAILED",
  ],
  "rejects on a full device": [() => ({ rejectsPort: new StreamOutput(fullDevice()) }), "DISK_FULL"],
};

function fullDevice(): Writable {
  const stream = createWriteStream("/dev/full");
  // The write is told of it, which is who must know.
  stream.on("error", () => undefined);
  return stream;
}

for (const [what, [options, code]] of Object.entries(REFUSING)) {
  test(`output: ${what}: ${code}`, async (t) => {
    const directory = temporaryDirectory(t);
    writeFiles(directory, { "a.csv": LINES });
    const end = await run({ directory, options });
    failsWith(t, end, code, /cannot write/);
    t.false(readdirSync(directory).some((name) => name.startsWith("output-")));
    t.false(existsSync(path.join(directory, "none")));
  });
}
