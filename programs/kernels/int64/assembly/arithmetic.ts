// Exact 64-bit arithmetic that compiled chains call where their inline fast paths do not answer. Causes are the codes
// of `chain/cause.ts`: 0 none, 1 overflow, 3 negative exponent. Nothing here traps, whatever the operands.

const CAUSE_NONE: i32 = 0;
const CAUSE_OVERFLOW: i32 = 1;
const CAUSE_NEGATIVE_EXPONENT: i32 = 3;
const LOW_HALF: u64 = 0xffffffff;
const HALF_OF_TOP: u64 = 0x80000000;

/** The absolute value as an unsigned number, so that of -2^63 is 2^63. */
// @ts-ignore: decorator
@inline
function magnitude(x: i64): u64 {
  return x < 0 ? (0 - (x as u64)) : (x as u64);
}

/** 1 if x * y does not fit 64 bits, else 0. */
export function multiplyOverflows(x: i64, y: i64): i32 {
  let large = magnitude(x);
  let small = magnitude(y);
  if (large < small) {
    const swapped = large;
    large = small;
    small = swapped;
  }
  // Two factors of 2^32 and more give at least 2^64.
  if (small > LOW_HALF) return 1;
  const low = (large & LOW_HALF) * small;
  // At most (2^32 - 1)^2 + 2^32 - 1, which fits.
  const top = (large >> 32) * small + (low >> 32);
  if (top < HALF_OF_TOP) return 0;
  // The one product of magnitude 2^63 that fits is the negative one.
  return top == HALF_OF_TOP && (low & LOW_HALF) == 0 && (x ^ y) < 0 ? 0 : 1;
}

/** Why base ** exponent has no 64-bit value, or 0. */
export function powerCause(base: i64, exponent: i64): i32 {
  if (base == 1 || base == -1) return CAUSE_NONE;
  if (exponent < 0) return CAUSE_NEGATIVE_EXPONENT;
  if (base == 0 || exponent == 0) return CAUSE_NONE;
  if (exponent > 63) return CAUSE_OVERFLOW;
  let result: i64 = 1;
  let square = base;
  let rest = exponent;
  while (rest > 1) {
    if (rest & 1) {
      if (multiplyOverflows(result, square)) return CAUSE_OVERFLOW;
      result *= square;
    }
    rest >>= 1;
    // The square will be a factor of the result; no square is exactly 2^63, so its overflow is the result's.
    if (multiplyOverflows(square, square)) return CAUSE_OVERFLOW;
    square *= square;
  }
  return multiplyOverflows(result, square) ? CAUSE_OVERFLOW : CAUSE_NONE;
}

/** base ** exponent where `powerCause` is 0. */
export function power(base: i64, exponent: i64): i64 {
  if (exponent < 0) return exponent & 1 ? base : 1;
  let result: i64 = 1;
  let square = base;
  let rest = exponent;
  while (rest != 0) {
    if (rest & 1) result *= square;
    square *= square;
    rest >>= 1;
  }
  return result;
}

/** The greatest common divisor, not negative; -2^63 stands for 2^63, which does not fit. */
export function greatestCommonDivisor(x: i64, y: i64): i64 {
  let a = magnitude(x);
  let b = magnitude(y);
  if (a == 0) return b as i64;
  if (b == 0) return a as i64;
  const shift = ctz(a | b);
  a >>= ctz(a);
  while (b != 0) {
    b >>= ctz(b);
    if (a > b) {
      const swapped = a;
      a = b;
      b = swapped;
    }
    b -= a;
  }
  return (a << shift) as i64;
}

/** Writes the decimal digits of the magnitude of x as int64 numbers, the last one just below `end`; returns how many (1..19). */
export function decimalDigits(x: i64, end: usize): i32 {
  let rest = magnitude(x);
  let count: i32 = 0;
  do {
    const quotient = rest / 10;
    end -= 8;
    store<u64>(end, rest - quotient * 10);
    rest = quotient;
    count++;
  } while (rest != 0);
  return count;
}
