/**
 * What a job has to run, by what is committed.
 */
import test from "ava";
import type { StoredReference } from "../../../actors/executor/messages.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { JobProgress } from "../../../actors/job/progress.ts";
import type { TaskCommit } from "../../../actors/partition/messages.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import { changeKey, map, program, reduce } from "../../programs/build-program.ts";

function jobWithoutInput(...drafts: Parameters<typeof program>[0]): JobDescription {
  const made = program(drafts);
  const input = { files: [], splits: [], splitBytes: 1, outputFormat: "csv" } as const;
  return { id: "job", program: made, plan: makePlan(made), ...input };
}

test("progress: a job whose input is empty is complete at once, whatever its stages", (t) => {
  for (const drafts of [[map()], [reduce()], [reduce(), changeKey(), reduce()]]) {
    const progress = new JobProgress(jobWithoutInput(...drafts));
    t.true(progress.isComplete);
    t.deepEqual(progress.outstanding(), []);
    t.deepEqual(progress.outputRuns(), []);
  }
});

/** Three stages of four tasks each. */
function jobOfThreeStages(): JobDescription {
  const splits = Array.from({ length: 4 }, (_, index) => ({ file: 0, start: index, end: index + 1 }));
  return { ...jobWithoutInput(changeKey(), reduce(), changeKey(), reduce()), splits };
}

/** Of so many pairs that every partition of the next stage is a task. */
function commitOf(stage: number, partition: number, worker: string, rejectCount = 0): TaskCommit {
  const at: StoredReference = { segment: `${stage}-${partition}-${worker}`, offset: 0, byteLength: 1000, crc: 0 };
  const counts = { pairsIn: 0, pairsOut: 0, lines: 0, bytesIn: 0, bytesOut: 0, rejectCount };
  const bundles = stage === 2 ? [] : [{ at, pairCount: 100_000, targets: [0, 1, 2, 3] }];
  const runs = stage === 2 ? [{ at, headerBytes: 1, pairCount: 1 }] : [];
  return { stage, partition, sequence: 0, result: { ...counts, bundles, runs, rejects: [] } };
}

const PARTITIONS = [0, 1, 2, 3];

function outstandingOf(progress: JobProgress): string[] {
  return progress.outstanding().flatMap(({ partition, tasks }) => tasks.map(({ stage }) => `${stage}/${partition}`));
}

test("progress: what was lost of a stage while the job was at an earlier one is made again when it gets there", (t) => {
  const progress = new JobProgress(jobOfThreeStages());
  for (const stage of [0, 1]) for (const partition of PARTITIONS) progress.commit(commitOf(stage, partition, "a"), "a");
  progress.commit(commitOf(2, 0, "b"), "b");
  // Back to the first stage; then the one that holds a part of the last stage is lost, too.
  progress.lose("a");
  t.deepEqual(outstandingOf(progress), ["0/0", "0/1", "0/2", "0/3"]);
  progress.lose("b");
  for (const stage of [0, 1]) for (const partition of PARTITIONS) progress.commit(commitOf(stage, partition, "c"), "c");
  t.deepEqual(outstandingOf(progress), ["2/0", "2/1", "2/2", "2/3"]);
});

test("progress: a damaged block that another worker holds, too, is taken from there", (t) => {
  const progress = new JobProgress(jobOfThreeStages());
  for (const partition of PARTITIONS) progress.commit(commitOf(0, partition, "a"), "a");
  progress.commit(commitOf(0, 1, "b"), "b");
  t.is(progress.withdraw([{ segment: "0-1-a", offset: 0, byteLength: 1 }]), 1);
  t.deepEqual(
    progress.takeWithdrawn().map(({ worker, partition }) => `${worker} ${partition}`),
    ["a 1"],
  );
  t.deepEqual(outstandingOf(progress), ["1/0", "1/1", "1/2", "1/3"]);
  const [{ tasks }] = progress.outstanding();
  const [{ task }] = tasks;
  const inputs = task.kind === "reduce" ? task.inputs.map(({ segment }) => segment) : [];
  t.deepEqual(inputs, ["0-0-a", "0-1-b", "0-2-a", "0-3-a"]);
});

test("progress: a task whose result is damaged is made again from the stage whose blocks somebody still has", (t) => {
  const progress = new JobProgress(jobOfThreeStages());
  for (const partition of PARTITIONS) progress.commit(commitOf(0, partition, "a"), "a");
  for (const partition of PARTITIONS) progress.commit(commitOf(1, partition, "b"), "b");
  for (const partition of PARTITIONS) progress.commit(commitOf(2, partition, "a"), "a");
  // Nobody needs what it holds, until something of the last stage is damaged.
  progress.lose("b");
  t.true(progress.isComplete);
  progress.withdraw([{ segment: "2-3-a", offset: 0, byteLength: 1 }]);
  t.deepEqual(outstandingOf(progress), ["1/0", "1/1", "1/2", "1/3"]);
});

test("progress: where rejects of an earlier stage are lost with what their tasks had read, that is made again first", (t) => {
  const progress = new JobProgress(jobOfThreeStages());
  const heldByA = ["0/0", "1/2"];
  for (const stage of [0, 1, 2]) {
    for (const partition of PARTITIONS) {
      const worker = heldByA.includes(`${stage}/${partition}`) ? "a" : "b";
      progress.commit(commitOf(stage, partition, worker, stage === 1 ? 1 : 0), worker);
    }
  }
  t.true(progress.isComplete);
  progress.lose("a");
  t.deepEqual(outstandingOf(progress), ["0/0"]);
  progress.commit(commitOf(0, 0, "b"), "b");
  t.deepEqual(outstandingOf(progress), ["1/2"]);
  progress.commit(commitOf(1, 2, "b", 1), "b");
  t.true(progress.isComplete);
});

test("progress: what was freed is made again as a whole, and at once, when something that needs it is lost (J11)", (t) => {
  const progress = new JobProgress(jobOfThreeStages());
  for (const stage of [0, 1, 2]) {
    for (const partition of PARTITIONS) {
      const worker = partition === 3 ? "b" : "a";
      progress.commit(commitOf(stage, partition, worker), worker);
    }
    progress.takeFreeable();
  }
  t.true(progress.isComplete);
  t.is(progress.settle(), 0);
  // It takes a part of the output along, for which a part of the stage before is lost, too; the first stage was freed.
  progress.lose("b");
  t.deepEqual(outstandingOf(progress), ["0/3"]);
  t.is(progress.settle(), 0);
  progress.commit(commitOf(0, 3, "c"), "c");
  t.deepEqual(outstandingOf(progress), ["1/3"]);
  t.is(progress.settle(), 3);
  t.deepEqual(
    progress.takeWithdrawn().map(({ worker, stage, partition }) => `${worker} ${stage}/${partition}`),
    ["a 0/0", "a 0/1", "a 0/2"],
  );
  t.deepEqual(outstandingOf(progress), ["0/0", "0/1", "0/2"]);
  // One that had not heard it yet tells the same again, and hears it then.
  progress.restore([commitOf(0, 0, "a")], "a", [{ stage: 0, partition: 0, sequence: 0 }]);
  t.is(progress.takeWithdrawn().length, 1);
  for (const partition of [0, 1, 2]) progress.commit(commitOf(0, partition, "c"), "c");
  t.deepEqual(outstandingOf(progress), ["1/3"]);
  t.is(progress.settle(), 0);
});

test("progress: a coordinator that begins anew hears what has gone, and has made again what is needed of it alone", (t) => {
  const told = (lost: readonly string[]): JobProgress => {
    const progress = new JobProgress(jobOfThreeStages());
    const commits = [0, 1].flatMap((stage) => PARTITIONS.map((partition) => commitOf(stage, partition, "a")));
    const gone = commits.filter(({ stage }) => stage === 0);
    const left = commits.filter(({ stage, partition }) => !lost.includes(`${stage}/${partition}`));
    progress.restore(left, "a", gone);
    return progress;
  };
  const whole = told([]);
  t.is(whole.settle(), 0);
  t.deepEqual(outstandingOf(whole), ["2/0", "2/1", "2/2", "2/3"]);
  const damaged = told(["1/2"]);
  t.is(damaged.settle(), 4);
  t.deepEqual(outstandingOf(damaged), ["0/0", "0/1", "0/2", "0/3"]);
});

test("progress: a copy of a freed stage that is told late changes nothing, and is not asked for (J11)", (t) => {
  const progress = new JobProgress(jobOfThreeStages());
  for (const partition of PARTITIONS) progress.commit(commitOf(0, partition, "a"), "a");
  for (const partition of PARTITIONS) progress.commit(commitOf(1, partition, "b"), "b");
  t.is(progress.takeFreeable(), 1);
  // Who held it is lost, so that nobody has anything of the first stage but the one that returns.
  progress.lose("a");
  progress.commit(commitOf(0, 1, "c"), "c");
  progress.restore([commitOf(0, 2, "d")], "d");
  t.is(progress.settle(), 0);
  t.deepEqual(outstandingOf(progress), ["2/0", "2/1", "2/2", "2/3"]);
  progress.lose("b");
  t.deepEqual(outstandingOf(progress), ["0/0", "0/3"]);
  for (const partition of [0, 3]) progress.commit(commitOf(0, partition, "c"), "c");
  t.is(progress.settle(), 2);
  t.deepEqual(outstandingOf(progress), ["0/1", "0/2"]);
});

test("progress: a partition that tells gone what others hold is to forget it, so that it can make a copy", (t) => {
  const progress = new JobProgress(jobOfThreeStages());
  for (const partition of PARTITIONS) progress.commit(commitOf(0, partition, "a"), "a");
  progress.restore([commitOf(0, 0, "b")], "b", [{ stage: 0, partition: 0, sequence: 0 }]);
  t.deepEqual(
    progress.takeWithdrawn().map(({ worker, partition }) => `${worker} ${partition}`),
    ["b 0"],
  );
  t.deepEqual(progress.neededOf({ stage: 0, partition: 0, sequence: 0 })?.holders, ["a"]);
});

test("progress: a task that went on further on one worker than on another is not taken from there (J7)", (t) => {
  const reaching = (stage: number, worker: string, through: number): TaskCommit => {
    const commit = commitOf(stage, 0, worker);
    const [{ at }] = commit.result.bundles;
    const isLast = through === 2;
    const runs = isLast ? [{ at, headerBytes: 1, pairCount: 1 }] : [];
    return { ...commit, result: { ...commit.result, through, bundles: isLast ? [] : commit.result.bundles, runs } };
  };
  const job = jobOfThreeStages();
  const progress = new JobProgress({ ...job, splits: job.splits.slice(0, 1) });
  progress.commit(reaching(0, "b", 0), "b");
  progress.lose("b");
  progress.commit(reaching(0, "a", 2), "a");
  t.true(progress.isComplete);
  // It comes back with what stands for the first stage alone.
  progress.restore([reaching(0, "b", 0)], "b");
  t.deepEqual(
    progress.takeWithdrawn().map(({ worker }) => worker),
    ["b"],
  );
  progress.lose("a");
  t.deepEqual(outstandingOf(progress), ["0/0"]);
});

test("progress: rejects of what was freed are needed also while the job is back at an earlier stage", (t) => {
  const progress = new JobProgress(jobOfThreeStages());
  for (const stage of [0, 1]) {
    for (const partition of PARTITIONS) {
      const worker = stage === 0 && partition === 1 ? "rejecting" : "a";
      progress.commit(commitOf(stage, partition, worker, worker === "a" ? 0 : 1), worker);
    }
    progress.takeFreeable();
  }
  t.true(progress.needs("rejecting"));
  progress.lose("a");
  t.deepEqual(outstandingOf(progress), ["0/0", "0/2", "0/3"]);
  t.true(progress.needs("rejecting"));
});
