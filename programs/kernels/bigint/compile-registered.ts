/**
 * Makes steps of functions of the operator's own.
 *
 * Owns: the way of integers into a function and back: it is given BigInt, whatever form these kernels hold.
 * Never: judges what a function gave; see `guarded-functions.ts`.
 */
import type { RegisteredCall } from "../../expression/tree.ts";
import { CALL_SUBJECT } from "../../registered/call-recorder.ts";
import { FunctionFailure, type GuardedFunctions } from "../../registered/guarded-functions.ts";
import type { Evaluate } from "./compile-expression.ts";
import { type EvaluateList, ItemsCursor } from "./compile-list.ts";
import { EvaluationFailure } from "./evaluation-failure.ts";
import { fitsInt64, type Integer, integerOf } from "./integer.ts";

export interface RegisteredStep {
  /** Index into `Plan.operations`. */
  readonly operation: number;
  readonly call: RegisteredCall;
}

/** The result of one key, of all its values in ascending order. Errors: throws an EvaluationFailure. */
export type ReduceValues = (key: Integer, sorted: readonly Integer[]) => Integer;

export function compileRegistered({ operation, call }: RegisteredStep, functions: GuardedFunctions): Evaluate {
  const apply: (value: bigint) => bigint | boolean | FunctionFailure =
    call.operator === "filter" ? functions.truth(call) : functions.integer(call);
  return (key, value) => {
    enter(functions, operation, key, value);
    const result = apply(BigInt(value));
    functions.recorder.leave();
    if (typeof result === "object") throw evaluationFailure(result);
    if (typeof result === "boolean") return result ? 1 : 0;
    return integerOf(result);
  };
}

export function compileRegisteredList({ operation, call }: RegisteredStep, functions: GuardedFunctions): EvaluateList {
  const apply = functions.list(call);
  return (key, value) => {
    enter(functions, operation, key, value);
    const items = apply(BigInt(value));
    functions.recorder.leave();
    if (items instanceof FunctionFailure) throw evaluationFailure(items);
    return new ItemsCursor(items.map(integerOf));
  };
}

export function compileRegisteredReduce(
  { operation, call }: RegisteredStep,
  functions: GuardedFunctions,
): ReduceValues {
  const apply = functions.integer(call);
  return (key, sorted) => {
    enter(functions, operation, key, undefined);
    const result = apply(sorted.map(BigInt));
    functions.recorder.leave();
    if (typeof result === "object") throw evaluationFailure(result);
    return integerOf(result);
  };
}

function evaluationFailure({ cause, reason }: FunctionFailure): EvaluationFailure {
  return new EvaluationFailure(cause, reason);
}

/** `value`: undefined for a reduce. */
function enter({ recorder }: GuardedFunctions, operation: number, key: Integer, value: Integer | undefined): void {
  const [wideKey, wideValue] = [BigInt(key), BigInt(value ?? 0)];
  if (!fitsInt64(wideKey) || !fitsInt64(wideValue)) {
    recorder.enter(operation, CALL_SUBJECT.long, 0, 0, 0, 0);
    return;
  }
  const subject = value === undefined ? CALL_SUBJECT.key : CALL_SUBJECT.pair;
  recorder.enter(operation, subject, low(wideKey), high(wideKey), low(wideValue), high(wideValue));
}

function low(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

function high(value: bigint): number {
  return Number(value >> 32n);
}
