/**
 * Which worker races which task of another, and when.
 */
import test from "ava";
import { Placement } from "../../../actors/job/placement.ts";
import type { PartitionRun, PartitionTask } from "../../../actors/partition/messages.ts";

const LIMITS = { factor: 4, leastMs: 5_000 };

function placed(taskCount: number): Placement {
  const placement = new Placement();
  const tasks = Array.from({ length: taskCount }, (_, sequence) => ({ stage: 0, sequence }) as PartitionTask);
  placement.open([{ partition: 0, tasks } as PartitionRun], 0);
  placement.join("slow", { slots: 1, open: true });
  placement.take(0);
  return placement;
}

function racedBy(placement: Placement, nowMs: number): readonly string[] {
  return [...placement.race(nowMs, LIMITS).keys()];
}

function sequencesOf(placement: Placement, nowMs: number): readonly number[] {
  return [...placement.race(nowMs, LIMITS).values()]
    .flat()
    .flatMap(({ tasks }) => tasks.map(({ sequence }) => sequence));
}

test("placement: a task is raced by whoever is idle once it takes long, also where none was ever done", (t) => {
  const placement = placed(1);
  t.deepEqual(racedBy(placement, 10_000), [], "nobody is idle");
  placement.join("idle", { slots: 1, open: true });
  t.deepEqual(racedBy(placement, 4_999), []);
  t.deepEqual(racedBy(placement, 5_000), ["idle"]);
  t.deepEqual(racedBy(placement, 60_000), [], "it is raced once");
});

test("placement: a task is not raced before it takes several times what others took", (t) => {
  const placement = placed(2);
  placement.done({ stage: 0, partition: 0, sequence: 0 }, 3_000);
  placement.join("idle", { slots: 1, open: true });
  // It began when the other one was done.
  t.deepEqual(racedBy(placement, 14_999), []);
  t.deepEqual(racedBy(placement, 15_000), ["idle"]);
});

test("placement: how long a task takes is told without its wait for its turn", (t) => {
  const placement = placed(20);
  for (let sequence = 0; sequence < 18; sequence += 1) {
    placement.done({ stage: 0, partition: 0, sequence }, 2_000 * (sequence + 1));
  }
  placement.join("idle", { slots: 1, open: true });
  // 18 began at 36 s, and the others took 2 s each; 19 has waited since the beginning.
  t.deepEqual(sequencesOf(placement, 36_000), [19]);
  placement.done({ stage: 0, partition: 0, sequence: 19 }, 37_000);
  t.deepEqual(sequencesOf(placement, 43_999), []);
  t.deepEqual(sequencesOf(placement, 44_000), [18]);
});

test("placement: of a long queue an idle worker takes the end, task by task, but what runs too long before that", (t) => {
  const placement = placed(4);
  placement.join("idle", { slots: 2, open: true });
  t.deepEqual(sequencesOf(placement, 4_999), []);
  t.deepEqual(sequencesOf(placement, 5_000), [0, 3]);
  t.deepEqual(placement.done({ stage: 0, partition: 0, sequence: 3 }, 5_100), ["slow", "idle"]);
  t.deepEqual(sequencesOf(placement, 5_100), [2]);
});

test("placement: a task of a stage that is open no more is not raced, and one that came back not at once (L6)", (t) => {
  const placement = placed(1);
  placement.join("idle", { slots: 1, open: true });
  placement.open([], 1);
  t.deepEqual(racedBy(placement, 5_000), []);
  const task = { stage: 0, sequence: 0, task: { kind: "split", split: 7 } } as unknown as PartitionTask;
  placement.open([{ partition: 0, tasks: [task] }], 2);
  t.deepEqual([...placement.race(5_000, LIMITS).values()].flat(), [{ partition: 0, tasks: [task] }]);
  placement.giveBack("idle", { stage: 0, partition: 0, sequence: 0 }, 5_100);
  t.deepEqual(racedBy(placement, 9_999), []);
  t.deepEqual(racedBy(placement, 10_000), ["idle"]);
});

test("placement: a worker that is drained races nobody", (t) => {
  const placement = placed(1);
  placement.join("leaving", { slots: 1, open: false });
  t.deepEqual(racedBy(placement, 60_000), []);
});

test("placement: what a worker goes on with is given to nobody else, until that worker is lost (L5)", (t) => {
  const placement = new Placement();
  for (const worker of ["a", "b"]) placement.join(worker, { slots: 1, open: true });
  const tasks = [0, 1, 2].map(
    (sequence) => ({ stage: 0, sequence, task: { kind: "split", split: sequence } }) as const,
  );
  placement.adopt("a", 0, [
    { stage: 0, sequence: 0 },
    { stage: 0, sequence: 1 },
  ]);
  placement.adopt("a", 0, [{ stage: 0, sequence: 1 }]);
  placement.open([{ partition: 0, tasks }], 0);
  const given = [...placement.take(0).values()].flat().flatMap(({ tasks: of }) => of.map(({ sequence }) => sequence));
  t.deepEqual(given.sort(), [0, 2]);
  placement.lose("a");
  placement.lose("b");
  placement.join("c", { slots: 1, open: true });
  t.is([...placement.take(0).values()].flat().flatMap((run) => run.tasks).length, 3);
});

test("placement: what is done is nobody's any more; who had it is told, the one that had it first before all", (t) => {
  const placement = placed(2);
  placement.join("idle", { slots: 2, open: true });
  t.deepEqual(racedBy(placement, 5_000), ["idle"]);
  t.deepEqual(placement.done({ stage: 0, partition: 0, sequence: 0 }, 6_000), ["slow", "idle"]);
  t.deepEqual(placement.done({ stage: 0, partition: 0, sequence: 0 }, 7_000), []);
  t.false(placement.heldBy("idle").some(({ tasks }) => tasks.some(({ sequence }) => sequence === 0)));
});

test("placement: a task whose racer is lost is raced again", (t) => {
  const placement = placed(1);
  placement.join("idle", { slots: 1, open: true });
  t.deepEqual(racedBy(placement, 5_000), ["idle"]);
  placement.lose("idle");
  placement.join("other", { slots: 1, open: true });
  t.deepEqual(racedBy(placement, 6_000), ["other"]);
  placement.lose("slow");
  placement.join("late", { slots: 1, open: true });
  t.deepEqual(racedBy(placement, 60_000), ["late"]);
});

test("placement: who comes back with a task that another has meanwhile races for it (L1, L5)", (t) => {
  const placement = placed(1);
  placement.join("back", { slots: 1, open: true });
  placement.adopt("back", 0, [
    { stage: 0, sequence: 0 },
    { stage: 0, sequence: 9 },
  ]);
  placement.open([{ partition: 0, tasks: [{ stage: 0, sequence: 0 } as PartitionTask] }], 0);
  t.true(placement.isBusy("back"));
  t.deepEqual(
    [...placement.disown(({ sequence }) => sequence === 9)].map(([worker, tasks]) => [worker, tasks.length]),
    [["back", 1]],
  );
  t.deepEqual([...placement.disown(({ sequence }) => sequence === 9)], []);
  t.deepEqual(placement.done({ stage: 0, partition: 0, sequence: 0 }, 1), ["slow", "back"]);
});
