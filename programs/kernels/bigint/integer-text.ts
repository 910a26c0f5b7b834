/**
 * Reads an integer from its digits.
 *
 * Owns: what an integer looks like: an optional sign and decimal digits, nothing else.
 */
import { offendingText } from "../offending-text.ts";
import { RECORD_REASON } from "../record-reasons.ts";
import { type Integer, integerOf } from "./integer.ts";

const PLUS = 43;
export const MINUS = 45;
export const DIGIT_ZERO = 48;
/** That many digits are a safe integer, whatever they are. */
export const SAFE_DIGITS = 15;

/** Undefined: it is no integer. */
export function readInteger(bytes: Buffer, start: number, end: number): Integer | undefined {
  const isNegative = start < end && bytes[start] === MINUS;
  const digits = isNegative || bytes[start] === PLUS ? start + 1 : start;
  if (digits >= end) return undefined;
  if (end - digits > SAFE_DIGITS) return readLongInteger(bytes, digits, end, isNegative);
  let magnitude = 0;
  for (let at = digits; at < end; at += 1) {
    const digit = bytes[at] - DIGIT_ZERO;
    if (digit >>> 0 > 9) return undefined;
    magnitude = magnitude * 10 + digit;
  }
  return isNegative ? 0 - magnitude : magnitude;
}

export function notIntegerReason(bytes: Buffer, start: number, end: number): string {
  return RECORD_REASON.notInteger(offendingText(bytes.subarray(start, end)));
}

function readLongInteger(bytes: Buffer, digits: number, end: number, isNegative: boolean): Integer | undefined {
  for (let at = digits; at < end; at += 1) if ((bytes[at] - DIGIT_ZERO) >>> 0 > 9) return undefined;
  let first = digits;
  while (first < end - 1 && bytes[first] === DIGIT_ZERO) first += 1;
  const magnitude = BigInt(bytes.toString("latin1", first, end));
  return integerOf(isNegative ? -magnitude : magnitude);
}
