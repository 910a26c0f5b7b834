/**
 * Ranges of integers: what is known about a value before any pair is seen.
 *
 * Owns: range arithmetic over unbounded integers, so that a range says exactly whether a result can leave 64 bits.
 * Never: is narrower than the truth; it may be wider.
 */

/** Every integer from `low` to `high`, both included; never empty. */
export interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;
export const INT64: Range = { low: INT64_MIN, high: INT64_MAX };
export const TRUTH: Range = { low: 0n, high: 1n };

export function exactly(value: bigint): Range {
  return { low: value, high: value };
}

export function contains({ low, high }: Range, value: bigint): boolean {
  return low <= value && value <= high;
}

/** Whether every value of the range fits 64 bits. */
export function fits({ low, high }: Range): boolean {
  return low >= INT64_MIN && high <= INT64_MAX;
}

/** The part of `range` inside `bounds`; all of `bounds` if there is none (code that is never reached). */
export function clip(range: Range, bounds: Range): Range {
  const low = larger(range.low, bounds.low);
  const high = smaller(range.high, bounds.high);
  return low <= high ? { low, high } : bounds;
}

export function union(a: Range, b: Range): Range {
  return { low: smaller(a.low, b.low), high: larger(a.high, b.high) };
}

/** The smallest range that holds all of `values`. */
export function hull(values: readonly bigint[]): Range {
  let low = values[0]!;
  let high = low;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

export function negate({ low, high }: Range): Range {
  return { low: -high, high: -low };
}

export function add(a: Range, b: Range): Range {
  return { low: a.low + b.low, high: a.high + b.high };
}

export function multiply(a: Range, b: Range): Range {
  return hull([a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]);
}

/** Truncated quotients by every divisor that is not 0. */
export function divide(a: Range, b: Range): Range {
  // A quotient is monotonic on each side of 0, so its extremes are at the ends and next to 0.
  const divisors = [b.low, b.high, 1n, -1n].filter((divisor) => divisor !== 0n && contains(b, divisor));
  if (divisors.length === 0) return INT64;
  return hull(divisors.flatMap((divisor) => [a.low / divisor, a.high / divisor]));
}

/** Remainders, with the dividend's sign, by every divisor that is not 0. */
export function remainder(a: Range, b: Range): Range {
  const most = larger(larger(b.high, -b.low), 1n) - 1n;
  return {
    low: a.low < 0n ? larger(a.low, -most) : 0n,
    high: a.high > 0n ? smaller(a.high, most) : 0n,
  };
}

/** The power with a fixed exponent of 0..64. */
export function power({ low, high }: Range, exponent: bigint): Range {
  const ends = [low ** exponent, high ** exponent];
  if (exponent % 2n === 0n && low < 0n && high > 0n) ends.push(0n);
  return hull(exponent === 0n ? [1n] : ends);
}

export function absolute(range: Range): Range {
  const ends = [range.low < 0n ? -range.low : range.low, range.high < 0n ? -range.high : range.high];
  if (contains(range, 0n)) ends.push(0n);
  return hull(ends);
}

export function minimum(a: Range, b: Range): Range {
  return { low: smaller(a.low, b.low), high: smaller(a.high, b.high) };
}

export function maximum(a: Range, b: Range): Range {
  return { low: larger(a.low, b.low), high: larger(a.high, b.high) };
}

/** What any bitwise operator can give: as many bits as the operands have, and a sign only if one of them can have it. */
export function bitwise(a: Range, b: Range): Range {
  const { low, high } = union(a, b);
  const magnitude = larger(high, -low - 1n);
  const most = magnitude === 0n ? 0n : 2n ** BigInt(magnitude.toString(2).length) - 1n;
  return { low: low < 0n ? -most - 1n : 0n, high: most };
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
