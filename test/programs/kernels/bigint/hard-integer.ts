/**
 * Integers that break kernels of any size: near the limits of 28, 32, 53, 55 and 64 bits, and much longer ones.
 *
 * Owns: the generator.
 */
import fc from "fast-check";

const BITS = [7n, 13n, 14n, 20n, 21n, 27n, 28n, 31n, 32n, 39n, 40n, 47n, 48n, 52n, 53n, 54n, 55n, 56n, 63n, 64n, 65n];

const nearPower = fc
  .tuple(fc.constantFrom(...BITS), fc.bigInt({ min: -2n, max: 2n }), fc.constantFrom(1n, -1n))
  .map(([bits, offset, sign]) => sign * (2n ** bits + offset));

/** Keys that differ only above their lowest 64 bits. */
const multiple = fc.bigInt({ min: -40n, max: 40n }).map((factor) => factor * 2n ** 64n);

export const hardInteger: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 6, arbitrary: nearPower },
  { weight: 2, arbitrary: multiple },
  { weight: 2, arbitrary: fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(10n ** 300n), max: 10n ** 300n }) },
);
