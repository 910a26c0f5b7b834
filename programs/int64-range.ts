/**
 * The range of 64-bit signed integers.
 *
 * Owns: its bounds.
 * Never: computes.
 */

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export function fitsInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}
