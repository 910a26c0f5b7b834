/**
 * Plans a program: cuts it into stages where pairs must move between partitions.
 *
 * Owns: the decision which reduce needs a shuffle.
 * Never: looks at data, or at how many workers there are: the plan is a pure function of the program.
 *
 * P1. Text is not partitioned by key, on one partition neither: its splits are read by tasks of their own.
 * P2. A shuffle and a reduce leave pairs partitioned by key; `changeKey` ends that; `map`, `filter` and `flatMap` keep it.
 * P3. A shuffle stands only before a reduce whose input is not partitioned by key, or (P4).
 * P4. A reduce that keeps all values of a key has a shuffle before it if a flatMap may have made many of one value:
 *     shuffled blocks can be read again when memory has no room for all of them, what comes out of a flatMap cannot.
 */
import assert from "node:assert/strict";
import { PARTITION_COUNT_MAX } from "../limits.ts";
import type { Program } from "../program.ts";
import type { Plan, Stage, Step } from "./plan.ts";
import { unroll } from "./unroll.ts";

/**
 * Errors: none; asserts 1 <= partitions <= PARTITION_COUNT_MAX and at most OPERATION_COUNT_MAX unrolled operations.
 * Cost:   O(unrolled operations).
 */
export function makePlan(program: Program, overrides: { readonly partitions?: number } = {}): Plan {
  const partitions = overrides.partitions ?? program.partitions;
  assert(
    Number.isInteger(partitions) && partitions >= 1 && partitions <= PARTITION_COUNT_MAX,
    `a plan cannot have ${partitions} partitions`,
  );
  const { origins, steps } = unroll(program.operations);
  return {
    partitions,
    integers: program.integers,
    onError: program.onError,
    operations: origins,
    stages: toStages(cutSteps(steps), program),
  };
}

/** P1 to P4: one row of steps for each stage; all but the first begin with a reduce. */
function cutSteps(steps: readonly Step[]): Step[][] {
  let current: Step[] = [];
  const rows = [current];
  let partitionedByKey = false;
  let expanded = false;
  for (const step of steps) {
    if (step.kind === "reduce") {
      if (!partitionedByKey || (expanded && !step.decomposable)) {
        current = [];
        rows.push(current);
        partitionedByKey = true;
      }
      expanded = false;
    }
    if (step.kind === "changeKey") partitionedByKey = false;
    if (step.kind === "flatMap") expanded = true;
    current.push(step);
  }
  return rows;
}

function toStages(rows: readonly (readonly Step[])[], program: Program): Stage[] {
  return rows.map((steps, index) => ({
    index,
    source: index === 0 ? "input" : "shuffle",
    steps,
    sink:
      index + 1 < rows.length
        ? { kind: "shuffle", combiner: combinerFor(rows[index + 1]) }
        : { kind: "output", order: program.output.order },
  }));
}

/** `steps` are those of the stage after the shuffle. */
function combinerFor(steps: readonly Step[]) {
  const first = steps[0];
  assert(first?.kind === "reduce", "a shuffled stage must begin with a reduce");
  return first.decomposable ? first : undefined;
}
