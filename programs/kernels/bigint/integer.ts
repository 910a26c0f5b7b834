/**
 * Integers of any size as these kernels hold them: a number where it is a safe integer, a bigint everywhere else.
 *
 * Owns: that form. It is the only one of each integer, so `===`, `<` and the keys of a Map mean what they should.
 * Never: limits an integer's size; see `arithmetic.ts`.
 *
 * N1. A number is never -0, a bigint is never a safe integer.
 */

export type Integer = number | bigint;

export const SAFE_MAX = Number.MAX_SAFE_INTEGER;
const SAFE_MAX_BIGINT = BigInt(SAFE_MAX);
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** The one form of an integer (N1). */
export function integerOf(value: bigint): Integer {
  return value <= SAFE_MAX_BIGINT && value >= -SAFE_MAX_BIGINT ? Number(value) : value;
}

/** For a sort, ascending. */
export function compareIntegers(left: Integer, right: Integer): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

export function fitsInt64(value: bigint): boolean {
  return value <= INT64_MAX && value >= INT64_MIN;
}

/**
 * Bytes that an integer occupies beyond what every pair does: what is counted to bound memory.
 *
 * Cost: O(1) up to 64 bits, O(digits) beyond.
 */
export function extraBytes(integer: Integer): number {
  if (typeof integer === "number") return 0;
  return fitsInt64(integer) ? 8 : integer.toString(16).length >>> 1;
}

/** What stands for an integer as the key of a Map. V8 hashes a bigint by its lowest 64 bits alone; a text by all of it. */
export function mapKey(integer: Integer): number | string {
  return typeof integer === "number" ? integer : integer.toString(32);
}
