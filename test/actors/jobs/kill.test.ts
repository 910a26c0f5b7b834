/**
 * Every kind of child of the tree killed at every moment: after each batch of the journal, before each write of the
 * output, and at random times. Output and rejects stay the same, and little is done again.
 */
import test, { type ExecutionContext } from "ava";
import {
  EXECUTOR_TASKS_MAX,
  OUTPUT_RANGES_IN_FLIGHT_MAX,
  PARTITION_TASKS_IN_FLIGHT_MAX,
} from "../../../actors/options.ts";
import type { Program } from "../../../programs/program.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { flatMap, literal, program, v } from "../../programs/build-program.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { type Hooks, openStage, prepare, type Stage, type StagedEnd } from "./job-stage.ts";
import { NARROW_PROGRAM, SAMPLE_PROGRAM, sampleLines } from "./sample-job.ts";

const EXECUTORS = 2;
const PARTITIONS = 3;
/** A planning of ranges, and the pieces that are computed or wait for their turn. */
const OUTPUT_TASKS = 1 + EXECUTORS * OUTPUT_RANGES_IN_FLIGHT_MAX;
/** A task goes on with further stages while there is time, and on a busy machine there may be none. */
const UNJOINED_MAX = 2;
const EVERY_TASK_UNDER_WAY = EXECUTORS * EXECUTOR_TASKS_MAX + PARTITIONS * PARTITION_TASKS_IN_FLIGHT_MAX;

interface Kind {
  /** Tasks that may run again when one such child is killed. */
  readonly tasksAgainMax: number;
  /** Every so manieth moment is tried: threads take a while to start. */
  readonly step: number;
}

/** By the beginning of a child's name. */
const KINDS: Readonly<Record<string, Kind>> = {
  "executors/": { tasksAgainMax: EXECUTOR_TASKS_MAX, step: 3 },
  "partitions/": { tasksAgainMax: PARTITION_TASKS_IN_FLIGHT_MAX, step: 1 },
  "outputs/": { tasksAgainMax: OUTPUT_TASKS, step: 3 },
  "jobs/": { tasksAgainMax: OUTPUT_TASKS, step: 2 },
  "root/jobs": { tasksAgainMax: OUTPUT_TASKS, step: 4 },
  "root/outputs": { tasksAgainMax: OUTPUT_TASKS, step: 4 },
  "root/coordinator": { tasksAgainMax: OUTPUT_TASKS, step: 2 },
  "root/worker": { tasksAgainMax: OUTPUT_TASKS, step: 3 },
  "root/pool": { tasksAgainMax: EVERY_TASK_UNDER_WAY, step: 3 },
  "root/partitions": { tasksAgainMax: EVERY_TASK_UNDER_WAY, step: 4 },
  "root/executors": { tasksAgainMax: EVERY_TASK_UNDER_WAY, step: 6 },
};

interface Sample {
  readonly stage: Stage;
  readonly undisturbed: StagedEnd;
  readonly writeCount: number;
  /** Runs the job once more, under another name. */
  readonly again: (hooks: Hooks) => Promise<StagedEnd>;
}

async function openSample(
  t: Pick<ExecutionContext, "teardown" | "is">,
  program: Program,
  text: string,
  splitBytes: number,
): Promise<Sample> {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": text });
  const job = await prepare(program, { paths: ["a.csv"] }, { directory, splitBytes, partitions: PARTITIONS });
  const stage = await openStage({ directory, executorCount: EXECUTORS });
  let runCount = 0;
  const again = async (hooks: Hooks): Promise<StagedEnd> => {
    runCount += 1;
    return await stage.run({ ...job, id: `run-${runCount}` }, { rejects: true, hooks });
  };
  let writeCount = 0;
  const undisturbed = await again({
    beforeWrite: (count) => {
      writeCount = count;
    },
  });
  t.is(undisturbed.outcome.kind, "done");
  return { stage, undisturbed, writeCount, again };
}

/** Kills the `turn`-th of the children whose names begin so; tells which, or "" if there is none. */
function kill({ stage }: Sample, kind: string, turn: number): string {
  const children = stage.tree.children().filter((child) => child.startsWith(kind));
  const child = children.length === 0 ? "" : children[turn % children.length];
  stage.tree.kill(child, "test");
  return child;
}

function compare(t: ExecutionContext, end: StagedEnd, undisturbed: StagedEnd, at: string): void {
  t.is(end.outcome.kind, "done", `${at}: ${JSON.stringify(end.outcome)}`);
  t.true(end.output === undisturbed.output, `${at}: another output`);
  t.is(end.rejects, undisturbed.rejects, at);
}

/** Kills at one moment of a run, and compares what comes of it; tells which child it was. */
async function killAt(
  t: ExecutionContext,
  sample: Sample,
  kind: string,
  [hook, moment]: readonly [hook: keyof Hooks, moment: number],
): Promise<string> {
  const { undisturbed } = sample;
  let killed = "";
  const end = await sample.again({
    [hook]: (count: number) => {
      if (count === moment) killed = kill(sample, kind, moment);
    },
  });
  const at = `${killed} killed ${hook} ${moment}: ${end.notices.join(", ")}`;
  compare(t, end, undisturbed, at);
  const tasksAgain = end.tasksStarted - undisturbed.tasksStarted;
  const tasksAgainMax = KINDS[kind].tasksAgainMax + UNJOINED_MAX;
  t.true(tasksAgain <= tasksAgainMax, `${tasksAgain} tasks again, ${at}`);
  t.true(end.commitCount <= undisturbed.commitCount + tasksAgainMax, `${end.commitCount} commits, ${at}`);
  return killed;
}

function upTo<Hook extends keyof Hooks>(hook: Hook, count: number, step: number): (readonly [Hook, number])[] {
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => [hook, 1 + index * step] as const);
}

let shared: Sample | undefined;

const endings: (() => void)[] = [];

test.before(async (t) => {
  const teardown = (end: () => void): void => void endings.push(end);
  shared = await openSample({ is: t.is, teardown }, SAMPLE_PROGRAM, sampleLines(80), 128);
});

test.after.always(async () => {
  await shared?.stage.close();
  for (const end of endings) end();
});

for (const [kind, { step }] of Object.entries(KINDS)) {
  test.serial(`kill: ${kind} after each batch and before the write`, async (t) => {
    const sample = shared as Sample;
    const killed: string[] = [];
    for (const moment of [...upTo("afterCommit", sample.undisturbed.batchCount, step), ["beforeWrite", 1] as const]) {
      killed.push(await killAt(t, sample, kind, moment));
    }
    t.true(killed.some((child) => child !== ""));
  });
}

test("kill: whoever has to do with the output, before each write of an output of several pieces", async (t) => {
  const unordered: Program = { ...NARROW_PROGRAM, output: { ...NARROW_PROGRAM.output, order: "none" } };
  const sample = await openSample(t, unordered, sampleLines(100), 64);
  t.true(sample.writeCount > 10);
  for (const kind of ["outputs/", "executors/", "root/coordinator"]) {
    for (const moment of upTo("beforeWrite", sample.writeCount, 5)) await killAt(t, sample, kind, moment);
  }
  await sample.stage.close();
});

test("kill: whoever writes, before each write of an output in order that is longer than a range", async (t) => {
  const expanding = program([flatMap({ kind: "range", from: literal(0), below: v })]);
  const sample = await openSample(t, expanding, "5,150000\n1,150000\n3,20000\n", 10);
  t.true(sample.writeCount > 1);
  for (const moment of upTo("beforeWrite", sample.writeCount, 1)) await killAt(t, sample, "outputs/", moment);
  await killAt(t, sample, "executors/", ["beforeWrite", 1]);
  await sample.stage.close();
});

test.serial("kill: anybody, at random moments", async (t) => {
  const sample = shared as Sample;
  const kinds = Object.keys(KINDS);
  for (let seed = 1; seed <= 12; seed += 1) {
    const random = seededRandom(seed);
    const killed: string[] = [];
    const strike = (count: number): void => {
      // There is an end to it: a job that never gets on need not end.
      if (killed.length < 8 && random.next() < 0.3) {
        killed.push(`${kill(sample, kinds[Math.floor(random.next() * kinds.length)], count)} at ${count}`);
      }
    };
    const end = await sample.again({ afterCommit: strike, beforeWrite: strike });
    compare(t, end, sample.undisturbed, `seed ${seed}: ${killed.join(", ")}; ${end.notices.join(", ")}`);
  }
});
