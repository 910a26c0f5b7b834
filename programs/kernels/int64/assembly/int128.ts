// Exact arithmetic beyond 64 bits. A 128-bit sum is { low: i64, carries: i64 }, meaning low + carries * 2^64 with a signed
// low: carries change only when low overflows, so that they are 0 (and cost nothing to ship) for sums that fit int64.
// A product is { value: i64, status: i64 }: one of the three constants below says what value means.

/** The product is `value`. */
export const PRODUCT_FITS: i64 = 0;
/** The product is 2^63 (`value` is 0): a further factor of -1 makes it fit. */
export const PRODUCT_TWO_TO_63: i64 = 1;
/** The magnitude of the product is beyond 2^63 (`value` is 0): only a factor of 0 makes it fit. */
export const PRODUCT_TOO_LARGE: i64 = 2;

/** What is added to carries when `addend` was added to a low half, giving `low`. */
// @ts-ignore: decorator
@inline
export function carryOf(low: i64, addend: i64): i64 {
  const overflowed = (low ^ addend) & ((low - addend) ^ low) & i64.MIN_VALUE;
  if (overflowed == 0) return 0;
  return addend < 0 ? -1 : 1;
}

/** Multiplies the product at (value, status) by a factor. */
// @ts-ignore: decorator
@inline
export function multiplyProduct(value: usize, status: usize, factor: i64): void {
  const product = load<i64>(value);
  // The magnitudes are below 2^(64 - clz): with 65 leading zeros between them the product is at most 2^63 - 1.
  if (load<i64>(status) == PRODUCT_FITS && clz(magnitude(product)) + clz(magnitude(factor)) >= 65) {
    store<i64>(value, product * factor);
  } else {
    multiplyProductSlowly(value, status, factor);
  }
}

function multiplyProductSlowly(value: usize, status: usize, factor: i64): void {
  const product = load<i64>(value);
  const before = load<i64>(status);
  if (factor == 0 || (product == 0 && before == PRODUCT_FITS)) return storeProduct(value, status, 0, PRODUCT_FITS);
  if (before == PRODUCT_TOO_LARGE || factor == 1) return;
  if (before == PRODUCT_TWO_TO_63) {
    if (factor == -1) return storeProduct(value, status, i64.MIN_VALUE, PRODUCT_FITS);
    return storeProduct(value, status, 0, PRODUCT_TOO_LARGE);
  }
  const left = magnitude(product);
  const right = magnitude(factor);
  const limit = (<u64>1) << 63;
  if (left > limit / right) return storeProduct(value, status, 0, PRODUCT_TOO_LARGE);
  const negative = product < 0 != factor < 0;
  if (left * right == limit && !negative) return storeProduct(value, status, 0, PRODUCT_TWO_TO_63);
  storeProduct(value, status, product * factor, PRODUCT_FITS);
}

/** Multiplies the product at (value, status) by another product. */
export function mergeProduct(value: usize, status: usize, otherValue: i64, otherStatus: i64): void {
  if (otherStatus == PRODUCT_FITS) return multiplyProduct(value, status, otherValue);
  if (load<i64>(status) != PRODUCT_FITS) return storeProduct(value, status, 0, PRODUCT_TOO_LARGE);
  const factor = load<i64>(value);
  storeProduct(value, status, 0, otherStatus);
  multiplyProductSlowly(value, status, factor);
}

/**
 * The 128-bit sum divided by a count, truncated toward zero. The mean of int64 values always fits int64.
 * Count is at least 1.
 */
export function divideSum(low: i64, carries: i64, count: i64): i64 {
  if (carries == 0) return low / count;
  let high = carries + (low >> 63);
  const negative = high < 0;
  if (negative) {
    low = -low;
    high = ~high + (low == 0 ? 1 : 0);
  }
  const quotient = divideWide(<u64>high, <u64>low, <u64>count);
  return negative ? -(<i64>quotient) : <i64>quotient;
}

/** Binary long division of high * 2^64 + low, for high < divisor <= 2^63. Rare: only sums that overflowed come here. */
function divideWide(high: u64, low: u64, divisor: u64): u64 {
  let remainder = high;
  let quotient: u64 = 0;
  for (let bit = 63; bit >= 0; bit--) {
    remainder = (remainder << 1) | ((low >>> bit) & 1);
    quotient <<= 1;
    if (remainder >= divisor) {
      remainder -= divisor;
      quotient |= 1;
    }
  }
  return quotient;
}

/** 2^63 for the smallest int64. */
// @ts-ignore: decorator
@inline
function magnitude(value: i64): u64 {
  return <u64>(value < 0 ? -value : value);
}

// @ts-ignore: decorator
@inline
function storeProduct(value: usize, status: usize, newValue: i64, newStatus: i64): void {
  store<i64>(value, newValue);
  store<i64>(status, newStatus);
}
