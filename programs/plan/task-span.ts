/**
 * Decides how many partitions of a shuffled stage one task takes: small ones go together.
 *
 * Owns: the cut of a shuffled stage into tasks. It shapes blocks (D1), so it depends on counts of what is shuffled alone.
 * Never: looks at how many workers there are, at time or at memory.
 *
 * T1. Partitions are thought to be equal: only what all of them have together is known before they are read.
 * T2. A task is as small as a partition where that is larger than TASK_PAIRS pairs and TASK_BYTES bytes.
 * T3. A stage of more than STAGE_TASKS_MAX tasks has larger ones: the blocks of a shuffle between two such stages are
 *     otherwise as many as the square of the partitions, and each of a few pairs.
 */
import assert from "node:assert/strict";
import type { ListExpression } from "../expression/tree.ts";
import {
  EXPANSION_GUESS,
  GROWN_TASK_BYTES,
  GROWN_TASK_PAIRS,
  STAGE_TASKS_MAX,
  TASK_BYTES,
  TASK_PAIRS,
} from "../limits.ts";
import type { Plan, Stage } from "./plan.ts";

/** Keeps products of any number of flatMaps finite. */
const EXPANSION_MAX = 2 ** 40;

/** What is shuffled to a stage. */
export interface ShuffledAmount {
  /** Partial aggregates count one each. */
  readonly pairs: number;
  /** Of blocks, without the bundles' indexes. */
  readonly bytes: number;
}

/** Partitions of each task of the stage, from the first partition on; the last task may have fewer. */
export function taskSpan(plan: Plan, stage: number, { pairs, bytes }: ShuffledAmount): number {
  const { partitions, stages } = plan;
  assert(stages[stage]?.source === "shuffle", `stage ${stage} has no partitions`);
  const weight = pairs * expansionOf(stages[stage]);
  const small = Math.max(weight / TASK_PAIRS, bytes / TASK_BYTES);
  const grown = Math.max(STAGE_TASKS_MAX, weight / GROWN_TASK_PAIRS, bytes / GROWN_TASK_BYTES);
  const taskCount = Math.max(1, Math.ceil(Math.min(small, grown, partitions)));
  return Math.ceil(partitions / taskCount);
}

/** True if one task takes the whole stage. */
export function isOneTask(plan: Plan, stage: number, amount: ShuffledAmount): boolean {
  return taskSpan(plan, stage, amount) === plan.partitions;
}

/** How many pairs the flatMaps of a stage may make of one: a few large lists are work for many tasks. */
function expansionOf({ steps }: Stage): number {
  let expansion = 1;
  for (const step of steps) if (step.kind === "flatMap") expansion *= lengthOf(step.expression);
  return Math.min(expansion, EXPANSION_MAX);
}

function lengthOf(list: ListExpression): number {
  switch (list.kind) {
    case "list":
      return Math.max(1, list.items.length);
    case "copies":
      return list.count.kind === "literal" ? Math.max(1, Number(list.count.value)) : EXPANSION_GUESS;
    case "range":
    case "digits":
    case "registered":
      return EXPANSION_GUESS;
    case "conditional":
      return Math.max(lengthOf(list.consequent), lengthOf(list.alternate));
  }
}
