/**
 * Integers that break kernels: near the limits of 32, 53 and 64 bits, near powers of ten and two, and small ones.
 *
 * Owns: the generator.
 */
import fc from "fast-check";

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

const anchors: bigint[] = [0n, INT64_MIN, INT64_MAX];
for (const bits of [8n, 16n, 24n, 31n, 32n, 40n, 48n, 53n, 56n, 62n]) anchors.push(2n ** bits, -(2n ** bits));
for (let exponent = 1n; exponent <= 18n; exponent += 1n) anchors.push(10n ** exponent, -(10n ** exponent));

function clamp(integer: bigint): bigint {
  if (integer < INT64_MIN) return INT64_MIN;
  return integer > INT64_MAX ? INT64_MAX : integer;
}

const nearAnchor = fc
  .tuple(fc.constantFrom(...anchors), fc.bigInt({ min: -2n, max: 2n }))
  .map(([anchor, offset]) => clamp(anchor + offset));

/** Any int64, the hard ones often. */
export const hardInteger: fc.Arbitrary<bigint> = fc.oneof(
  nearAnchor,
  fc.bigInt({ min: -20n, max: 20n }),
  fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
);
