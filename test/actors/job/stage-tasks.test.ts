import test from "ava";
import type { BundleReference, StoredReference } from "../../../actors/executor/messages.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { reduceRuns } from "../../../actors/job/stage-tasks.ts";
import type { PartitionRun, TaskCommit } from "../../../actors/partition/messages.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import { changeKey, program, reduce } from "../../programs/build-program.ts";

const PARTITIONS = 128;

function jobOf(): JobDescription {
  const made = program([changeKey(), reduce()]);
  const input = { files: [], splits: [], splitBytes: 1, outputFormat: "csv" } as const;
  return { id: "job", program: made, plan: makePlan(made, { partitions: PARTITIONS }), ...input };
}

/** Of so many pairs that every partition is a task. */
function commitOf(split: number, targets?: readonly number[]): TaskCommit {
  const at: StoredReference = { segment: `s${split}`, offset: 0, byteLength: 1000, crc: 0 };
  const counts = { pairsIn: 0, pairsOut: 0, lines: 0, bytesIn: 0, bytesOut: 0, rejectCount: 0 };
  const bundle: BundleReference = { at, pairCount: 10_000_000, ...(targets === undefined ? {} : { targets }) };
  return { stage: 0, partition: split, sequence: 0, result: { ...counts, bundles: [bundle], runs: [], rejects: [] } };
}

function inputsOf({ tasks }: PartitionRun): readonly StoredReference[] {
  const [{ task }] = tasks;
  return task.kind === "reduce" ? task.inputs : [];
}

test("tasks of a stage: each reads the bundles that have a block for it, and one without any is no task", (t) => {
  const runs = reduceRuns(jobOf(), 1, [commitOf(0, [3, 5]), commitOf(1, [5]), commitOf(2, [7])]);
  t.deepEqual(
    runs.map((run) => [run.partition, inputsOf(run).map(({ segment }) => segment)]),
    [
      [3, ["s0"]],
      [5, ["s0", "s1"]],
      [7, ["s2"]],
    ],
  );
});

test("tasks of a stage: where most bundles go to everyone, every task reads all, and they share one list", (t) => {
  const runs = reduceRuns(jobOf(), 1, [commitOf(0), commitOf(1, [5])]);
  t.is(runs.length, PARTITIONS);
  const all = inputsOf(runs[0]);
  t.deepEqual(
    all.map(({ segment }) => segment),
    ["s0", "s1"],
  );
  t.true(runs.every((run) => inputsOf(run) === all));
  const [other, five] = reduceRuns(jobOf(), 1, [commitOf(0), commitOf(1, [5]), commitOf(2, [6])]).slice(4, 6);
  t.deepEqual(
    [other, five].map((run) => inputsOf(run).map(({ segment }) => segment)),
    [["s0"], ["s0", "s1"]],
    "where few do, each has its own",
  );
});
