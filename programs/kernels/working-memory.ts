/**
 * How the memory of one kernel set is divided: what every task needs whatever its input, and what is left for tables.
 *
 * Owns: how much a plan's sinks need.
 * Never: counts keys or rows; see each kernel set's own limits.
 */
import { COMBINER_CELLS_MAX, COMBINER_KEYS_MAX } from "../limits.ts";
import type { Plan, PlannedAggregateName } from "../plan/plan.ts";

const MEBIBYTE = 2 ** 20;

/** Of an executor with the int64 kernels: pairs of a bundle or run, the same ordered, sorted and encoded; windows and text. Measured. */
const INT64_BYTES = 48 * MEBIBYTE;
/** As JavaScript objects, with what is garbage and not collected yet. Measured. */
const BIGINT_BYTES = 160 * MEBIBYTE;
/** Tables smaller than this make too many passes. */
const TABLE_BYTES_MIN = 16 * MEBIBYTE;
/** Bytes of one integer of a combiner: its table, which grows by doubling, a copy, one ordered by target, and encoded. */
const COMBINER_CELL_BYTES = 48;

/** State columns, without the key; see `int64/accumulator.ts`. */
const STATE_COLUMNS: Readonly<Record<PlannedAggregateName, number>> = {
  ...{ count: 1, sum: 2, mean: 3, min: 1, max: 1, product: 2 },
  ...{ median: 0, distinct: 0, registered: 0 },
};
/** Up to this many state columns a combiner fits what every task needs. */
const COLUMNS_INCLUDED = 3;

/** What a kernel set needs at least. */
export function kernelMemoryMin(plan: Plan): number {
  return workingBytes(plan) + TABLE_BYTES_MIN;
}

/** What is left for tables and rows of a kernel set that may have `memoryBytes`. */
export function tableMemory(plan: Plan, memoryBytes: number): number {
  return Math.max(TABLE_BYTES_MIN, memoryBytes - workingBytes(plan));
}

function workingBytes(plan: Plan): number {
  return (plan.integers === "bigint" ? BIGINT_BYTES : INT64_BYTES) + widestCombinerBytes(plan);
}

/** Of a combiner wider than usual, what it needs more. */
function widestCombinerBytes({ stages }: Plan): number {
  let columnsMax = 0;
  for (const { sink } of stages) {
    if (sink.kind !== "shuffle" || sink.combiner === undefined) continue;
    const columns = sink.combiner.aggregates.reduce((sum, { name }) => sum + STATE_COLUMNS[name], 0);
    columnsMax = Math.max(columnsMax, columns);
  }
  if (columnsMax <= COLUMNS_INCLUDED) return 0;
  const cells = Math.min(COMBINER_CELLS_MAX, COMBINER_KEYS_MAX * (1 + columnsMax));
  return (cells - COMBINER_KEYS_MAX * (1 + COLUMNS_INCLUDED)) * COMBINER_CELL_BYTES;
}
