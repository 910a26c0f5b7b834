/**
 * Runs jobs in this process one after the other, through the package's own entry, and counts what stays behind.
 *
 * Owns: the mix of jobs: both kinds of integers, with a journal and without, rejects, failures, a thread that is killed.
 * Never: judges the counts.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  FileOutput,
  type JobOutcome,
  parseProgram,
  prepareJob,
  type RunningJob,
  runJob,
  systemClock,
  systemRandom,
} from "../../actors/index.ts";

/** Runs of the mix; what they leave is the same for each round of it. */
export const SOAK_ROUND = 5;

export interface SoakSample {
  /** From 1. */
  readonly run: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly residentBytes: number;
  /** Of JavaScript, behind a collection if the process has `--expose-gc`. */
  readonly heapBytes: number;
}

interface Ingredient {
  readonly program: object;
  readonly journaled: boolean;
  readonly outcome: JobOutcome["kind"];
  readonly disturb?: (running: RunningJob) => void;
}

const SUMS = [
  { operator: "map", expression: "(v * 31 + k) % 10007" },
  { operator: "changeKey", expression: "v % 997" },
  { operator: "reduce", function: "SUM" },
  { operator: "changeKey", expression: "v % 97" },
  { operator: "reduce", function: "MEDIAN" },
];

const MIX: readonly Ingredient[] = [
  { program: { partitions: 8, operations: SUMS }, journaled: true, outcome: "done" },
  { program: { partitions: 8, integers: "bigint", operations: SUMS }, journaled: false, outcome: "done" },
  {
    program: { partitions: 8, onError: "reject", operations: [{ operator: "map", expression: "1000 / (v % 10)" }] },
    journaled: true,
    outcome: "done",
  },
  {
    program: { partitions: 8, operations: [{ operator: "map", expression: "1 / (v - v)" }] },
    journaled: true,
    outcome: "failed",
  },
  {
    program: { partitions: 64, operations: SUMS },
    journaled: true,
    outcome: "done",
    disturb: ({ tree }) => tree.kill("executors/executor-0", "the soak"),
  },
];

/** `directory` exists; what is made there is the caller's to remove. `rows` of input a run. */
export async function* soakRuns(options: {
  readonly directory: string;
  readonly runs: number;
  readonly rows: number;
}): AsyncGenerator<SoakSample> {
  const { directory, runs, rows } = options;
  const lines = Array.from({ length: rows }, (_, row) => `${row},${(row * 7919) % 1_000_003}\n`);
  writeFileSync(path.join(directory, "rows.csv"), lines.join(""));
  for (let run = 1; run <= runs; run += 1) {
    await soakRun(directory, MIX[run % SOAK_ROUND]);
    globalThis.gc?.();
    yield {
      run,
      descriptors: readdirSync("/proc/self/fd").length,
      threads: readdirSync("/proc/self/task").length,
      residentBytes: process.memoryUsage.rss(),
      heapBytes: process.memoryUsage().heapUsed,
    };
  }
}

async function soakRun(directory: string, { program, journaled, outcome, disturb }: Ingredient): Promise<void> {
  const parsed = parseProgram(JSON.stringify({ ...program, input: "rows.csv" }), "soak");
  assert(parsed.input !== undefined);
  const job = await prepareJob(parsed, { input: parsed.input, baseDirectory: directory, outputFormat: "csv" });
  const port = new FileOutput(path.join(directory, "result.csv"), job.id, false);
  const dataDirectory = path.join(directory, "data");
  mkdirSync(dataDirectory, { recursive: true });
  const running = await runJob({
    ...{ job, dataDirectory, journaled, durability: "process", executorCount: 2, port, rejectsPort: undefined },
    ...{ clock: systemClock, random: systemRandom },
  });
  disturb?.(running);
  const { kind } = await running.outcome;
  await running.close({ free: true });
  assert.equal(kind, outcome);
}
