/**
 * Functions of the operator's own made safe to call from kernels: whatever one gives or throws becomes an integer, a list
 * of integers, or a failure that can be told.
 *
 * Owns: the checks of what functions give.
 * Never: runs one in a thread of its own: one that ends the thread, or does not end, is told by the call recorder.
 *
 * G1. A result is taken over before the next call: a function may use an array again.
 * G2. A number is refused, even a whole one: what went through a double may have been rounded.
 */
import assert from "node:assert/strict";
import type { ArithmeticCause } from "../errors.ts";
import type { RegisteredCall, RegisteredOperator } from "../expression/tree.ts";
import { fitsInt64 } from "../int64-range.ts";
import { BIGINT_BITS_MAX } from "../limits.ts";
import type { IntegerMode } from "../program.ts";
import { type CallRecorder, NO_RECORDER } from "./call-recorder.ts";
import { FUNCTION_REASON } from "./function-reasons.ts";
import type { RegisteredFunction } from "./registered-function.ts";

/** Why a call has no result. An object of its own and no error: one may be made for every pair. */
export class FunctionFailure {
  readonly cause: ArithmeticCause;
  /** Undefined: the usual words of the cause. */
  readonly reason: string | undefined;

  constructor(cause: ArithmeticCause, reason?: string) {
    this.cause = cause;
    this.reason = reason;
  }
}

/** What kernels are given to call functions of the operator's own. */
export interface KernelFunctions {
  readonly functions: readonly RegisteredFunction[];
  readonly recorder: CallRecorder;
}

export const NO_FUNCTIONS: KernelFunctions = { functions: [], recorder: NO_RECORDER };

const BIGINT_LIMIT = 1n << BigInt(BIGINT_BITS_MAX);
const NEGATIVE_BIGINT_LIMIT = -BIGINT_LIMIT;

export class GuardedFunctions {
  readonly recorder: CallRecorder;
  readonly #functions: readonly RegisteredFunction[];
  readonly #tooLarge: (value: bigint) => ArithmeticCause | undefined;

  constructor({ functions, recorder }: KernelFunctions, integers: IntegerMode) {
    this.#functions = functions;
    this.recorder = recorder;
    this.#tooLarge = integers === "int64" ? beyondInt64 : beyondBigint;
  }

  /** Of a `map` or a `reduce`; the values of a reduce are the function's own from then on. */
  integer(call: RegisteredCall): (subject: bigint | bigint[]) => bigint | FunctionFailure {
    const { name, arg } = call;
    const apply = this.#find(call);
    const tooLarge = this.#tooLarge;
    return (subject) => {
      let given: unknown;
      try {
        given = apply(subject, arg);
      } catch (error) {
        return failed(FUNCTION_REASON.threw(name, error));
      }
      if (typeof given !== "bigint") return failed(FUNCTION_REASON.noInteger(name, given));
      const cause = tooLarge(given);
      return cause === undefined ? given : new FunctionFailure(cause);
    };
  }

  /** Of a `filter`. */
  truth(call: RegisteredCall): (value: bigint) => boolean | FunctionFailure {
    const { name, arg } = call;
    const apply = this.#find(call);
    return (value) => {
      let given: unknown;
      try {
        given = apply(value, arg);
      } catch (error) {
        return failed(FUNCTION_REASON.threw(name, error));
      }
      if (typeof given === "boolean") return given;
      return typeof given === "bigint" ? given !== 0n : failed(FUNCTION_REASON.noTruth(name, given));
    };
  }

  /** Of a `flatMap`. */
  list(call: RegisteredCall): (value: bigint) => readonly bigint[] | FunctionFailure {
    const { name, arg } = call;
    const apply = this.#find(call);
    const tooLarge = this.#tooLarge;
    return (value) => {
      try {
        const given = apply(value, arg);
        if (!Array.isArray(given)) return failed(FUNCTION_REASON.noList(name, given));
        const items: bigint[] = [];
        for (let index = 0; index < given.length; index += 1) {
          const item: unknown = given[index];
          if (typeof item !== "bigint") return failed(FUNCTION_REASON.noIntegerInList(name, item));
          const cause = tooLarge(item);
          if (cause !== undefined) return new FunctionFailure(cause);
          items.push(item);
        }
        return items;
      } catch (error) {
        return failed(FUNCTION_REASON.threw(name, error));
      }
    };
  }

  #find({ operator, name }: RegisteredCall): RegisteredFunction["apply"] {
    return findFunction(this.#functions, operator, name).apply;
  }
}

/** Asserts that there is one: whoever gave the program to the kernels has compared its functions. */
export function findFunction(
  functions: readonly RegisteredFunction[],
  operator: RegisteredOperator,
  name: string,
): RegisteredFunction {
  const found = functions.find((known) => known.operator === operator && known.name === name);
  assert(found !== undefined, `there is no ${operator} function ${name}`);
  return found;
}

function failed(reason: string): FunctionFailure {
  return new FunctionFailure("functionFailed", reason);
}

function beyondInt64(value: bigint): ArithmeticCause | undefined {
  return fitsInt64(value) ? undefined : "overflow";
}

function beyondBigint(value: bigint): ArithmeticCause | undefined {
  return value <= NEGATIVE_BIGINT_LIMIT || value >= BIGINT_LIMIT ? "tooLarge" : undefined;
}
