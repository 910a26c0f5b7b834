/**
 * What an aggregation must give, in BigInt and one element at a time.
 *
 * Owns: the exact meaning of each aggregate (PROGRAMS, "Exactness").
 * Never: shares code with the kernels.
 */
import type { AggregationSpecification } from "../../../../programs/kernels/int64/aggregation.ts";
import type { PlannedAggregateName } from "../../../../programs/plan/plan.ts";

export interface Row {
  readonly key: bigint;
  /** One for each specification. */
  readonly operands: readonly { readonly value: bigint; readonly cause: number }[];
}

/** Results by key, ascending: for each specification its value, or 0 and a cause. */
export type Aggregated = readonly {
  readonly key: bigint;
  readonly results: readonly { readonly value: bigint; readonly cause: number }[];
}[];

const OVERFLOW = 1;

export function aggregateExactly(
  specifications: readonly AggregationSpecification[],
  rows: readonly Row[],
): Aggregated {
  const groups = new Map<bigint, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.key);
    if (group === undefined) groups.set(row.key, [row]);
    else group.push(row);
  }
  return [...groups]
    .sort(([left], [right]) => ascending(left, right))
    .map(([key, group]) => ({
      key,
      results: specifications.map(({ name }, position) => {
        const operands = group.map((row) => row.operands[position]!);
        const causes = operands.map(({ cause }) => cause).filter((cause) => cause !== 0);
        if (causes.length > 0) return { value: 0n, cause: Math.min(...causes) };
        const value = exactly(
          name,
          operands.map((operand) => operand.value),
        );
        return BigInt.asIntN(64, value) === value ? { value, cause: 0 } : { value: 0n, cause: OVERFLOW };
      }),
    }));
}

function exactly(name: PlannedAggregateName, values: readonly bigint[]): bigint {
  const sum = values.reduce((total, value) => total + value, 0n);
  const sorted = values.toSorted(ascending);
  switch (name) {
    case "sum":
      return sum;
    case "count":
      return BigInt(values.length);
    case "min":
      return sorted[0]!;
    case "max":
      return sorted.at(-1)!;
    case "product":
      return values.reduce((total, value) => total * value, 1n);
    case "mean":
      return sum / BigInt(values.length);
    case "median":
      return sorted[(values.length - 1) >> 1]!;
    case "distinct":
      return BigInt(new Set(values).size);
    case "registered":
      throw new TypeError("no functions of the operator's own here");
  }
}

function ascending(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
