/**
 * The aggregates of a reduce over a list of values: exact, and checked only by their final value.
 *
 * Owns: the meaning of aggregates.
 * Never: sees a partial aggregate.
 */
import type { AggregateName } from "../expression/tree.ts";
import { BIGINT_BITS_MAX } from "../limits.ts";
import type { IntegerMode } from "../program.ts";
import { magnitude } from "./arithmetic.ts";
import { checked } from "./failure.ts";

/** `values` has at least one element: a key exists only with a pair. */
export function aggregate(name: AggregateName, values: readonly bigint[], integers: IntegerMode): bigint {
  switch (name) {
    case "sum":
      return checked(sum(values), integers);
    case "count":
      return BigInt(values.length);
    case "min":
      return sorted(values)[0];
    case "max":
      return sorted(values)[values.length - 1];
    case "product":
      return checked(product(values), integers);
    case "mean":
      return sum(values) / BigInt(values.length);
    case "median":
      return sorted(values)[Math.floor((values.length - 1) / 2)];
    case "distinct":
      return BigInt(new Set(values).size);
  }
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

/** Exact, or of either sign and too large for any mode: it is not multiplied on once nothing can make it smaller. */
function product(values: readonly bigint[]): bigint {
  if (values.includes(0n)) return 0n;
  const enough = 1n << BigInt(BIGINT_BITS_MAX);
  let total = 1n;
  for (const value of values) {
    total *= value;
    if (magnitude(total) >= enough) return total;
  }
  return total;
}

/** Ascending. */
export function sorted(values: readonly bigint[]): bigint[] {
  return [...values].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
}
