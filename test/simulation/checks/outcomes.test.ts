/**
 * Outcomes that are not those of the reference interpreter are reported: output, rejects, errors, and those that no fault of
 * the plan excuses.
 */
import { writeFileSync } from "node:fs";
import test from "ava";
import type { JobOutcome } from "../../../actors/job/messages.ts";
import { OUTPUT_DIRECTORY, outputFile, rejectsFile } from "../cluster/coordinator-process.ts";
import type { FaultPlan } from "../plan/fault-plan.ts";
import { INPUT_DIRECTORY, makeWorkload, SHARED_NODE, type Work } from "../workload.ts";
import { Disks } from "../world/disk.ts";
import { mountFiles } from "../world/node-files.ts";
import { World } from "../world/world.ts";
import { OutcomesCheck } from "./outcomes.ts";
import { openCheckStage } from "./stage.ts";

const QUIET: FaultPlan = {
  ...{ workers: ["a"], slots: 1, durable: true, replicas: 1, faults: [], healAtMs: 0, submitAtMs: [0] },
};
const TOTALS = { pairsWritten: 1, bytesWritten: 1, piecesDone: 1, pieceCount: 1 };
const DONE: JobOutcome = { kind: "done", output: TOTALS };
const SEEDS_MAX = 200;

interface Ended {
  readonly outcome: JobOutcome;
  readonly output?: string;
  readonly rejects?: string;
  readonly plan?: FaultPlan;
}

/** What is reported of a job of that kind that ends so. */
async function reportsOf(kind: "done" | "failed", end: (work: Work) => Ended): Promise<string[]> {
  const disks = new Disks();
  const unmount = mountFiles({ world: new World(1), diskOf: (node) => disks.of(node) });
  try {
    disks.of(SHARED_NODE).makeDirectory(INPUT_DIRECTORY);
    disks.of("coordinator").makeDirectory(OUTPUT_DIRECTORY);
    const work = await firstWork(kind);
    const { outcome, output, rejects, plan = QUIET } = end(work);
    if (output !== undefined) writeFileSync(outputFile(work.job.id), output);
    if (rejects !== undefined) writeFileSync(rejectsFile(work.job.id), rejects);
    const stage = openCheckStage({ role: "coordinator" });
    new OutcomesCheck([work], stage.problems, plan).outcome(stage.resident, work.job.id, outcome);
    return [...new Set(stage.found())];
  } finally {
    unmount();
  }
}

/** One that ends so, without a reject. */
async function firstWork(kind: "done" | "failed"): Promise<Work> {
  for (let seed = 1; seed < SEEDS_MAX; seed += 1) {
    const [work] = await makeWorkload(seed);
    const { expected } = work;
    if (expected.kind !== kind) continue;
    if (expected.kind === "failed" || (expected.rejects.length === 0 && expected.output.length > 1)) return work;
  }
  throw new Error(`none of ${SEEDS_MAX} seeds has a job that is ${kind}`);
}

function outputOf({ expected }: Work): string {
  return expected.kind === "failed" ? "" : expected.output;
}

test.serial("checks: the output that the program means is not reported, any other one is", async (t) => {
  t.deepEqual(await reportsOf("done", (work) => ({ outcome: DONE, output: outputOf(work), rejects: "" })), []);
  for (const change of [(text: string) => text.slice(1), (text: string) => `${text}0,0\n`, () => ""]) {
    const found = await reportsOf("done", (work) => ({ outcome: DONE, output: change(outputOf(work)), rejects: "" }));
    t.deepEqual(found, ["outcomes"]);
  }
});

test.serial("checks: a reject that the program does not mean is reported", async (t) => {
  const rejects = `{"file":"0-0.csv","line":1,"text":"x","reason":"x"}\n`;
  const found = await reportsOf("done", (work) => {
    const program = { ...work.program, onError: "reject" } as const;
    Object.assign(work, { program });
    return { outcome: DONE, output: outputOf(work), rejects };
  });
  t.deepEqual(found, ["outcomes"]);
});

test.serial("checks: a job that must fail and does not, or by another error, is reported", async (t) => {
  t.deepEqual(await reportsOf("failed", () => ({ outcome: DONE, output: "", rejects: "" })), ["outcomes"]);
  const failure = { code: "JOURNAL_FAILED", message: "" };
  t.deepEqual(await reportsOf("failed", () => ({ outcome: { kind: "failed", failure } })), ["outcomes"]);
});

test.serial(
  "checks: an error of a disk is reported where no disk was at fault, also at a point of the protocol",
  async (t) => {
    const outcome: JobOutcome = { kind: "failed", failure: { code: "JOURNAL_FAILED", message: "" } };
    t.deepEqual(await reportsOf("done", () => ({ outcome })), ["outcomes"]);
    const faults = [
      { atMs: 1, kind: "syncFails", node: "a" },
      { atMs: 1, kind: "whenAt", node: "a", point: "committed", count: 1, what: { kind: "syncFails", node: "a" } },
    ] as const;
    for (const fault of faults) {
      t.deepEqual(await reportsOf("done", () => ({ outcome, plan: { ...QUIET, faults: [fault] } })), []);
    }
  },
);

test.serial("checks: an outcome of a job that nobody submitted is reported", (t) => {
  const stage = openCheckStage({ role: "coordinator" });
  new OutcomesCheck([], stage.problems, QUIET).outcome(stage.resident, "job", DONE);
  t.deepEqual(stage.found(), ["outcomes"]);
});
