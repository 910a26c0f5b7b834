/**
 * What can go wrong with one evaluation, in the reference interpreter.
 *
 * Owns: which of several causes is told.
 * Never: is thrown outside of `programs/oracle`.
 */
import { ARITHMETIC_REASON, type ArithmeticCause } from "../errors.ts";
import { BIGINT_BITS_MAX } from "../limits.ts";
import type { IntegerMode } from "../program.ts";

export class ArithmeticFailure extends Error {
  readonly reason: ArithmeticCause;

  /** `words`: of the cause, where others than the usual ones tell more. */
  constructor(reason: ArithmeticCause, words: string = ARITHMETIC_REASON[reason]) {
    super(words);
    this.name = "ArithmeticFailure";
    this.reason = reason;
  }
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const BIGINT_LIMIT = 1n << BigInt(BIGINT_BITS_MAX);
/** Kept: making it takes as much memory as it has bits. */
const NEGATIVE_BIGINT_LIMIT = -BIGINT_LIMIT;

/** The value itself, if it may be a result in this mode. */
export function checked(value: bigint, integers: IntegerMode): bigint {
  if (integers === "int64" && (value < INT64_MIN || value > INT64_MAX)) throw new ArithmeticFailure("overflow");
  if (integers === "bigint" && (value <= NEGATIVE_BIGINT_LIMIT || value >= BIGINT_LIMIT)) {
    throw new ArithmeticFailure("tooLarge");
  }
  return value;
}

/**
 * Of the elements that fail inside one aggregate, the cause that is told: the first in the order of `ARITHMETIC_REASON`,
 * so that it does not depend on the order of the elements.
 */
export function firstCause(causes: readonly ArithmeticCause[]): ArithmeticCause | undefined {
  return (Object.keys(ARITHMETIC_REASON) as ArithmeticCause[]).find((cause) => causes.includes(cause));
}
