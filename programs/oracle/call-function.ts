/**
 * Calls a function of the operator's own, in the reference interpreter.
 *
 * Owns: what its results mean.
 * Never: shares anything with kernels but the words of its failures.
 */
import assert from "node:assert/strict";
import type { RegisteredCall } from "../expression/tree.ts";
import type { IntegerMode } from "../program.ts";
import { FUNCTION_REASON } from "../registered/function-reasons.ts";
import type { RegisteredFunction } from "../registered/registered-function.ts";
import { ArithmeticFailure, checked } from "./failure.ts";

/** Of a filter 1 or 0. Throws ArithmeticFailure. */
export function callForInteger(
  call: RegisteredCall,
  functions: readonly RegisteredFunction[],
  subject: bigint | bigint[],
  integers: IntegerMode,
): bigint {
  const given = callFunction(call, functions, subject);
  if (call.operator === "filter" && typeof given === "boolean") return given ? 1n : 0n;
  if (typeof given === "bigint") return call.operator === "filter" ? given : checked(given, integers);
  const why = call.operator === "filter" ? FUNCTION_REASON.noTruth : FUNCTION_REASON.noInteger;
  throw new ArithmeticFailure("functionFailed", why(call.name, given));
}

/** Throws ArithmeticFailure. */
export function callForList(
  call: RegisteredCall,
  functions: readonly RegisteredFunction[],
  value: bigint,
  integers: IntegerMode,
): bigint[] {
  const given = callFunction(call, functions, value);
  if (!Array.isArray(given)) throw new ArithmeticFailure("functionFailed", FUNCTION_REASON.noList(call.name, given));
  return Array.from(given as readonly unknown[], (item) => {
    if (typeof item === "bigint") return checked(item, integers);
    throw new ArithmeticFailure("functionFailed", FUNCTION_REASON.noIntegerInList(call.name, item));
  });
}

function callFunction(
  { operator, name, arg }: RegisteredCall,
  functions: readonly RegisteredFunction[],
  subject: bigint | bigint[],
): unknown {
  const found = functions.find((known) => known.operator === operator && known.name === name);
  assert(found !== undefined, `the reference interpreter was not given ${operator} ${name}`);
  try {
    return found.apply(subject, arg);
  } catch (error) {
    throw new ArithmeticFailure("functionFailed", FUNCTION_REASON.threw(name, error));
  }
}
