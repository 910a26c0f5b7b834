/**
 * What becomes of an arithmetic error: the end of the task, or one reject.
 *
 * Owns: the words and the choice by the program's error mode.
 * Never: finds an error.
 */
import { ARITHMETIC_REASON, type ArithmeticCause, type ArithmeticReject, DataError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { escapeText } from "../quote-text.ts";
import type { TaskSink } from "./kernel-set.ts";

export interface ArithmeticFailure {
  /** Index into `Plan.operations`. */
  readonly operation: number;
  readonly cause: ArithmeticCause;
  /** Undefined: the usual words of the cause. */
  readonly reason?: string | undefined;
  readonly key: bigint | number;
  /** The value the operation was applied to; undefined for a reduce, which fails for a key. */
  readonly value: bigint | number | undefined;
}

export type ReportFailure = (failure: ArithmeticFailure) => void;

/** Throws a `DataError` in `fail` mode; gives a reject to the sink in `reject` mode. */
export function failureReporter(plan: Plan, sink: TaskSink): ReportFailure {
  return (failure) => {
    const reject: ArithmeticReject = {
      kind: "arithmetic",
      operation: failure.operation,
      key: failure.key.toString(),
      value: failure.value === undefined ? null : failure.value.toString(),
      reason: failure.reason ?? ARITHMETIC_REASON[failure.cause],
    };
    if (plan.onError === "fail") throw new DataError("ARITHMETIC_ERROR", describe(plan, reject), reject);
    sink.reject(reject);
  };
}

/** Integers of thousands of digits are cut, so that the reason is not; a reject has all of them. */
function describe(plan: Plan, reject: ArithmeticReject): string {
  const { place, text } = plan.operations[reject.operation];
  const key = escapeText(reject.key);
  const subject = reject.value === null ? `the values of key ${key}` : `<${key}, ${escapeText(reject.value)}>`;
  return `${place} (${text}) on ${subject}: ${reject.reason}`;
}
