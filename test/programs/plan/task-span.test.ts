/**
 * How many partitions one task of a shuffled stage takes.
 */
import test from "ava";
import fc from "fast-check";
import {
  EXPANSION_GUESS,
  GROWN_TASK_PAIRS,
  PARTITION_COUNT_MAX,
  STAGE_TASKS_MAX,
  TASK_BYTES,
  TASK_PAIRS,
} from "../../../programs/limits.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import type { Plan } from "../../../programs/plan/plan.ts";
import { isOneTask, taskSpan } from "../../../programs/plan/task-span.ts";
import { flatMap, literal, program, reduce, v } from "../build-program.ts";

function planOf(partitions: number): Plan {
  return makePlan(program([reduce()], { partitions }));
}

function tasksOf(partitions: number, pairs: number, bytes = pairs): number {
  return Math.ceil(partitions / taskSpan(planOf(partitions), 1, { pairs, bytes }));
}

const amount = fc.record({ pairs: fc.integer({ min: 1, max: 1e10 }), bytes: fc.integer({ min: 1, max: 1e12 }) });
const partitionCount = fc.integer({ min: 1, max: PARTITION_COUNT_MAX });

test("task span: what is small is one task, whatever the number of partitions", (t) => {
  for (const partitions of [1, 2, 8, PARTITION_COUNT_MAX]) {
    t.true(isOneTask(planOf(partitions), 1, { pairs: TASK_PAIRS, bytes: TASK_BYTES }));
    t.is(isOneTask(planOf(partitions), 1, { pairs: TASK_PAIRS + 1, bytes: 1 }), partitions === 1);
    t.is(isOneTask(planOf(partitions), 1, { pairs: 1, bytes: TASK_BYTES + 1 }), partitions === 1);
  }
});

test("task span: partitions of more than a task's pairs are tasks of their own, up to as many as a stage has", (t) => {
  t.is(tasksOf(10, 10 * TASK_PAIRS), 10);
  t.is(tasksOf(STAGE_TASKS_MAX, 1e9), STAGE_TASKS_MAX);
  t.is(tasksOf(PARTITION_COUNT_MAX, 10_000_000), STAGE_TASKS_MAX);
  t.is(tasksOf(PARTITION_COUNT_MAX, PARTITION_COUNT_MAX * GROWN_TASK_PAIRS), PARTITION_COUNT_MAX);
});

test("task span: tasks cover all partitions, none is empty, and more data never make fewer of them", (t) => {
  fc.assert(
    fc.property(partitionCount, amount, amount, (partitions, one, other) => {
      const plan = planOf(partitions);
      const span = taskSpan(plan, 1, one);
      t.true(Number.isInteger(span) && span >= 1 && span <= partitions);
      const both = { pairs: one.pairs + other.pairs, bytes: one.bytes + other.bytes };
      t.true(taskSpan(plan, 1, both) <= span);
    }),
  );
});

test("task span: pairs that a flatMap multiplies count as what becomes of them", (t) => {
  const twice = flatMap({ kind: "list", items: [v, v] });
  const range = flatMap({ kind: "range", from: literal(0), below: v });
  const copies = flatMap({ kind: "copies", item: v, count: literal(1n << 70n) });
  const either = flatMap({
    kind: "conditional",
    test: v,
    consequent: { kind: "list", items: [] },
    alternate: { kind: "digits", operand: v },
  });
  const tasks = (...drafts: Parameters<typeof program>[0]): number => {
    const plan = makePlan(program([reduce(), ...drafts], { partitions: 128 }));
    return 128 / taskSpan(plan, 1, { pairs: TASK_PAIRS, bytes: 1 });
  };
  t.is(tasks(), 1);
  t.is(tasks(twice, twice), 4);
  t.is(tasks(range), EXPANSION_GUESS);
  t.is(tasks(either), EXPANSION_GUESS);
  t.is(tasks(...Array.from({ length: 300 }, () => copies)), 128);
});
