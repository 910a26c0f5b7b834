/**
 * The checks that keep results within 64 bits where one operand is a constant: one comparison with a bound known beforehand.
 *
 * Owns: which operands are valid, exactly.
 */
import type { CauseName } from "./cause.ts";
import type { CodeWriter } from "./code-writer.ts";
import { INT64, INT64_MAX, INT64_MIN, type Range } from "./range.ts";

export interface Surroundings {
  readonly code: CodeWriter;
  /** Locals with the pair. */
  readonly key: number;
  readonly value: number;
  /** Takes an i32 from the stack; if it is not 0, leaves the expression with this cause. */
  fail(cause: CauseName): void;
  /** Leaves the column's value of the current row on the stack, or fails with the column's own cause. */
  column(index: number): void;
}

/** One comparison, whichever bounds can be passed. */
export function failOutside(to: Surroundings, local: number, range: Range, valid: Range, cause: CauseName): void {
  const { code } = to;
  const below = range.low < valid.low;
  const above = range.high > valid.high;
  if (below && above) {
    // Shifting the valid values to 0.. makes both bounds one unsigned comparison.
    const span = BigInt.asIntN(64, valid.high - valid.low);
    code.get(local);
    if (valid.low !== 0n) code.i64(valid.low).op("i64.sub");
    code.i64(span).op("i64.gt_u");
    to.fail(cause);
  } else if (below) {
    code.get(local).i64(valid.low).op("i64.lt_s");
    to.fail(cause);
  } else if (above) {
    code.get(local).i64(valid.high).op("i64.gt_s");
    to.fail(cause);
  }
}

export function failNegativeExponent(to: Surroundings, exponent: number, range: Range): void {
  if (range.low >= 0n) return;
  to.code.get(exponent).i64(0n).op("i64.lt_s");
  to.fail("negativeExponent");
}

/** What may be multiplied by `factor` (not 0) without leaving 64 bits. */
export function multiplicands(factor: bigint): Range {
  const [low, high] = factor > 0n ? [INT64_MIN, INT64_MAX] : [INT64_MAX, INT64_MIN];
  // Quotients truncate toward 0: the bounds themselves are just inside.
  return { low: low / factor, high: high / factor };
}

/** The bases whose power with this exponent (0..63) fits 64 bits. */
export function powerBases(exponent: bigint): Range {
  if (exponent === 0n) return INT64;
  const largest = integerRoot(INT64_MAX, exponent);
  return { low: exponent % 2n === 0n ? -largest : -integerRoot(-INT64_MIN, exponent), high: largest };
}

/** The largest integer whose power is at most `bound`. */
function integerRoot(bound: bigint, exponent: bigint): bigint {
  let low = 0n;
  let high = bound + 1n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    // A power of many more bits than the bound is not worth computing.
    const tooLarge = BigInt(middle.toString(2).length - 1) * exponent > 64n || middle ** exponent > bound;
    if (tooLarge) high = middle;
    else low = middle;
  }
  return low;
}

/** Square and multiply, from the highest bit of the exponent on; every partial product is no larger than the result. */
export function emitRepeatedProduct(code: CodeWriter, base: number, exponent: bigint): void {
  if (exponent === 0n) {
    code.i64(1n);
    return;
  }
  const product = code.temporary("i64");
  code.get(base);
  for (const bit of exponent.toString(2).slice(1)) {
    code.tee(product).get(product).op("i64.mul");
    if (bit === "1") code.get(base).op("i64.mul");
  }
  code.release("i64", product);
}
