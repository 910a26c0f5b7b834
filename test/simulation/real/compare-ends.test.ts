/**
 * The rules by which ends on processes and in the simulation are compared: each can find a difference.
 */
import test from "ava";
import { endWithout, type JobEnd } from "../job-end.ts";
import type { Fault, FaultPlan } from "../plan/fault-plan.ts";
import type { Work } from "../workload.ts";
import { type EndsOfJob, judgeEnds } from "./compare-ends.ts";
import { fileWorkload } from "./file-work.ts";

const DONE_SEED = 2;
const FAILED_SEED = 11;
const QUIET: FaultPlan = {
  ...{ workers: ["a"], slots: 1, durable: false, replicas: 1, submitAtMs: [0], healAtMs: 0, faults: [] },
};
const CANCEL: Fault = { atMs: 1, kind: "cancel", job: 0 };
const THREAD_CRASH: Fault = { atMs: 1, kind: "crashThread", node: "a", index: 0 };

async function workOf(seed: number): Promise<Work> {
  const [filed] = await fileWorkload(seed);
  return filed.work;
}

function doneAs(work: Work, output = work.expected.kind === "done" ? work.expected.output : ""): JobEnd {
  return { state: "done", failure: undefined, output, rejects: undefined, figures: undefined };
}

function judge(
  ends: Pick<EndsOfJob, "work" | "simulated" | "real"> & Partial<EndsOfJob>,
): ReturnType<typeof judgeEnds> {
  return judgeEnds({ job: 0, plan: QUIET, isCancelled: false, ...ends });
}

test.serial("ends: the same bytes on both sides are no difference, and one other byte is one (E1)", async (t) => {
  const work = await workOf(DONE_SEED);
  const simulated = doneAs(work);
  t.deepEqual(judge({ work, simulated, real: simulated }), { differences: [], isRace: false });
  const other = `${simulated.output?.slice(0, -2)}7\n`;
  t.regex(judge({ work, simulated, real: doneAs(work, other) }).differences.join(), /on processes output differs at/);
  t.regex(judge({ work, simulated: doneAs(work, other), real: simulated }).differences.join(), /in the simulation/);
});

test.serial("ends: other rejects are a difference, and so is a job that did not end (E1)", async (t) => {
  const work = await workOf(DONE_SEED);
  const simulated = { ...doneAs(work), rejects: "one\n" };
  t.regex(judge({ work, simulated, real: { ...simulated, rejects: "" } }).differences.join(), /rejects differs at 0/);
  t.regex(judge({ work, simulated, real: endWithout("unfinished") }).differences.join(), /it is unfinished/);
  t.regex(judge({ work, simulated, real: endWithout("cancelled") }).differences.join(), /it is cancelled/);
});

test.serial("ends: other figures are a difference (E1)", async (t) => {
  const work = await workOf(DONE_SEED);
  const figures = { stageCount: 2, partitions: 3, pairsIn: 20, pairsOut: 20, rejected: 0 };
  const simulated = { ...doneAs(work), figures };
  const real = { ...simulated, figures: { ...figures, pairsOut: 21 } };
  t.deepEqual(judge({ work, simulated, real: simulated }).differences, []);
  t.regex(judge({ work, simulated, real }).differences.join(), /figures differs at/);
});

test.serial("ends: any of several errors may be named, but no other one (E2)", async (t) => {
  const work = await workOf(FAILED_SEED);
  t.is(work.expected.kind, "failed");
  const [key = ""] = work.expected.kind === "failed" ? work.expected.errors : [];
  const [, file, line] = key.split(" ");
  const failed = (message: string): JobEnd => endWithout("failed", { code: "BAD_RECORD", message });
  const simulated = failed(`${file}:${line}: no pair`);
  t.deepEqual(judge({ work, simulated, real: failed(`${file}:${line}: other words`) }).differences, []);
  t.regex(judge({ work, simulated, real: failed(`${file}:9999: no pair`) }).differences.join(), /on processes it is/);
});

test.serial("ends: a cancel may come too late on one side, unless it was accepted there (E3)", async (t) => {
  const work = await workOf(DONE_SEED);
  const [simulated, real] = [endWithout("cancelled"), doneAs(work)];
  const plan = { ...QUIET, faults: [CANCEL] };
  t.deepEqual(judge({ work, simulated, real, plan }), { differences: [], isRace: true });
  t.regex(
    judge({ work, simulated, real, plan, isCancelled: true }).differences.join(),
    /after its cancel was accepted/,
  );
  t.is(judge({ work, simulated, real, plan: { ...plan, faults: [{ ...CANCEL, job: 1 }] } }).differences.length, 1);
});

test.serial("ends: a task may be called poisoned after three faults of threads, not after two (E3)", async (t) => {
  const work = await workOf(DONE_SEED);
  const real = endWithout("failed", { code: "TASK_POISONED", message: "poison" });
  const judged = (count: number) =>
    judge({ work, simulated: doneAs(work), real, plan: { ...QUIET, faults: Array(count).fill(THREAD_CRASH) } });
  t.deepEqual(judged(3), { differences: [], isRace: true });
  t.is(judged(2).differences.length, 1);
});
