/**
 * A task that goes on with the stages behind its own: whether it does decides nothing but what is stored in between.
 */
import test from "ava";
import fc from "fast-check";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { GO_ON_MS_MAX } from "../../../actors/options.ts";
import type { Operation } from "../../../programs/program.ts";
import { programOf, randomOperations } from "../../programs/kernels/random-program.ts";
import { prepare } from "../jobs/job-stage.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { driveJob } from "./drive-job.ts";

const REDUCE: Operation = {
  operator: "reduce",
  expression: { kind: "aggregate", name: "max", operand: { kind: "value" } },
  origin: { place: "operations", text: "reduce" },
};
const CHANGE_KEY: Operation = {
  operator: "changeKey",
  expression: { kind: "binary", operator: "%", left: { kind: "value" }, right: { kind: "literal", value: 101n } },
  origin: { place: "operations", text: "changeKey" },
};

const pairs = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -1000, max: 1000 })), {
  maxLength: 60,
});
const operations = fc
  .array(randomOperations(4), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.flatMap((part) => [...part, CHANGE_KEY, REDUCE]));

/** A clock on which no task has time to go on. */
function impatientClock(): () => number {
  let now = 0;
  return () => {
    now += GO_ON_MS_MAX;
    return now;
  };
}

for (const integers of ["int64", "bigint"] as const) {
  test(`stages: one task for many of them stores the bytes that a task for each stores, and its rejects (${integers})`, async (t) => {
    const directory = temporaryDirectory(t);
    let trial = 0;
    let wentOn = 0;
    await fc.assert(
      fc.asyncProperty(operations, pairs, async (list, rows) => {
        trial += 1;
        const input = `${trial}.csv`;
        writeFiles(directory, { [input]: rows.map((row) => `${row.join(",")}\n`).join("") });
        const program = programOf(list, { partitions: 5, onError: "reject", order: "key", integers });
        const job = await prepare(program, { paths: [input] }, { directory, splitBytes: 100 });
        const drive = (name: string, nowMs: () => number) =>
          driveJob(job, { segmentDirectory: directory, segmentName: `${trial}-${name}`, nowMs });
        const patient = await drive("patient", () => 0);
        const impatient = await drive("impatient", impatientClock());
        t.deepEqual(patient.runs, impatient.runs);
        t.deepEqual(patient.rejects, impatient.rejects);
        for (const [stage, bundles] of patient.bundles) {
          if (bundles.length > 0) t.deepEqual(bundles, impatient.bundles.get(stage));
        }
        t.true(impatient.commits.every(({ result }) => result.through === undefined));
        wentOn += patient.commits.filter(({ result }) => result.through !== undefined).length;
      }),
      { numRuns: 40 },
    );
    t.true(wentOn > 0, "no task went on");
  });
}

async function smallJob(directory: string): Promise<JobDescription> {
  writeFiles(directory, { "rows.csv": Array.from({ length: 100 }, (_, row) => `${row},${row * 7}\n`).join("") });
  const list = Array.from({ length: 6 }, () => [CHANGE_KEY, REDUCE]).flat();
  const program = programOf(list, { partitions: 5, onError: "fail", order: "key" });
  return await prepare(program, { paths: ["rows.csv"] }, { directory, splitBytes: 10_000 });
}

test("stages: a job of many small stages is two tasks, and all stages count as done", async (t) => {
  const directory = temporaryDirectory(t);
  const job = await smallJob(directory);
  const { commits, progress } = await driveJob(job, {
    segmentDirectory: directory,
    segmentName: "all",
    nowMs: () => 0,
  });
  t.deepEqual(
    commits.map(({ stage, result }) => [stage, result.through]),
    [
      [0, undefined],
      [1, 6],
    ],
  );
  t.true(progress.isComplete);
  t.is(progress.totals().pairsOut, progress.outputRuns()[0].pairCount);
});

test("stages: a job resumes behind the stage that a task had gone on to, with the same result", async (t) => {
  const directory = temporaryDirectory(t);
  const job = await smallJob(directory);
  // The second task ends after two stages, as if its time were up.
  let looks = 0;
  const nowMs = (): number => {
    looks += 1;
    return looks === 4 ? GO_ON_MS_MAX : 0;
  };
  const drive = (name: string, restored: Parameters<typeof driveJob>[1]["restored"], clock: () => number) =>
    driveJob(job, { segmentDirectory: directory, segmentName: name, nowMs: clock, restored });
  const whole = await drive("whole", [], nowMs);
  t.deepEqual(
    whole.commits.map(({ stage, result }) => [stage, result.through]),
    [
      [0, undefined],
      [1, 3],
      [4, 6],
    ],
  );
  const resumed = await drive("resumed", whole.commits.slice(0, 2), () => 0);
  t.deepEqual(
    resumed.commits.map(({ stage }) => stage),
    [4],
  );
  t.deepEqual(resumed.runs, whole.runs);
});
