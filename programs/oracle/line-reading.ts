/**
 * What reading one line gives, and how digits become an integer.
 *
 * Owns: the range of an integer in the input.
 * Never: knows a text format.
 */
import { offendingText } from "../kernels/offending-text.ts";
import { RECORD_REASON } from "../kernels/record-reasons.ts";
import type { IntegerMode } from "../program.ts";

export interface Pair {
  readonly key: bigint;
  readonly value: bigint;
}

/** A pair, or why the line is none. */
export type LineReading = Pair | string;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** An optional sign and decimal digits, or why the text is no integer. */
export function readInteger(text: string, integers: IntegerMode): bigint | string {
  const shown = offendingText(new TextEncoder().encode(text));
  if (!/^[-+]?[0-9]+$/.test(text)) return RECORD_REASON.notInteger(shown);
  const integer = BigInt(text.replace(/^\+/, ""));
  const fits = integers === "bigint" || (integer >= INT64_MIN && integer <= INT64_MAX);
  return fits ? integer : RECORD_REASON.doesNotFit(shown);
}

/** The key's problem is told before the value's. */
export function readPair(key: bigint | string, value: bigint | string): LineReading {
  if (typeof key === "string") return key;
  if (typeof value === "string") return value;
  return { key, value };
}
