/**
 * Turns the operations of a program, repeats and all, into one row of steps.
 *
 * Owns: the numbering of operations, and the sharing of steps between the rounds of a repeat.
 * Never: decides where a stage ends; see `make-plan.ts`.
 *
 * U1. Every operation but `repeat` gets one number, in the order in which the program file has them, run or not.
 * U2. Every round of a repeat has the very same step objects, so that each is compiled once.
 * U3. Time and memory grow with the length of the result and of the file: not with empty rounds, nor does nesting use the stack.
 */
import assert from "node:assert/strict";
import { OPERATION_COUNT_MAX } from "../limits.ts";
import type { Operation, OperationOrigin } from "../program.ts";
import type { Step } from "./plan.ts";
import { planReduce } from "./plan-reduce.ts";

export interface UnrolledProgram {
  /** U1. */
  readonly origins: readonly OperationOrigin[];
  /** In the order of running. */
  readonly steps: readonly Step[];
}

/** A list of operations that is being walked. */
interface OpenList {
  readonly operations: readonly Operation[];
  /** Index of the next operation to visit. */
  next: number;
  readonly times: number;
  /** Where in `steps` the first round of this list begins. */
  readonly start: number;
  /** False inside a repeat of 0 times: operations are numbered, and give no steps. */
  readonly emits: boolean;
}

/** Asserts that the result has at most OPERATION_COUNT_MAX steps; the program's parser has refused it before. */
export function unroll(operations: readonly Operation[]): UnrolledProgram {
  const origins: OperationOrigin[] = [];
  const steps: Step[] = [];
  const open: OpenList[] = [{ operations, next: 0, times: 1, start: 0, emits: true }];
  for (let list = open.at(-1); list !== undefined; list = open.at(-1)) {
    const operation = list.operations[list.next];
    if (operation === undefined) {
      open.pop();
      repeatTail(steps, list.start, list.times - 1);
      continue;
    }
    list.next += 1;
    if (operation.operator === "repeat") {
      const { times } = operation;
      const emits = list.emits && times > 0;
      open.push({ operations: operation.operations, next: 0, times, start: steps.length, emits });
      continue;
    }
    const index = origins.push(operation.origin) - 1;
    if (list.emits) steps.push(toStep(operation, index));
  }
  assert(steps.length <= OPERATION_COUNT_MAX, `${steps.length} operations after unrolling`);
  return { origins, steps };
}

/** Appends everything from `start` on to `steps`, `times` times over. */
function repeatTail(steps: Step[], start: number, times: number): void {
  const end = steps.length;
  if (times <= 0 || end === start) return;
  const added = (end - start) * times;
  assert(end + added <= OPERATION_COUNT_MAX, `${end + added} operations after unrolling`);
  for (let index = 0; index < added; index += 1) steps.push(steps[start + index]);
}

function toStep(operation: Exclude<Operation, { operator: "repeat" }>, index: number): Step {
  switch (operation.operator) {
    case "map":
    case "changeKey":
    case "filter":
      return { kind: operation.operator, operation: index, expression: operation.expression };
    case "flatMap":
      return { kind: "flatMap", operation: index, expression: operation.expression };
    case "reduce":
      return planReduce(index, operation.expression);
  }
}
