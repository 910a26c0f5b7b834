/**
 * How many keys and rows the reduces of a stage may keep at once.
 *
 * Owns: what a key and a row cost in the kernels' memory, at most.
 * Never: measures: tables and columns grow by doubling, so their size follows from their count.
 */
import { BATCH_PAIRS } from "../../limits.ts";
import type { PlannedAggregate, PlannedAggregateName, ReduceStep, Step } from "../../plan/plan.ts";
import { INT64_BYTES } from "./memory-pool.ts";

export interface AggregationLimits {
  /** Keys in a table. */
  readonly keys: number;
  /** Rows of holistic aggregates. */
  readonly rows: number;
  /** Distinct operands of a hot key. */
  readonly hotValues: number;
}

/** 2^24 keys are half of what the largest table takes. */
const KEYS_MAX = 2 ** 24;
/** 512 MiB of pairs, as many again to sort them: no piece is as large as the allocator's largest, 1 GiB. */
const ROWS_MAX = 2 ** 25;

const INDEX_BYTES = 4;
/** Hashed slots of 16 bytes, at most half full and twice as many after growing; slots of a range may take twice that. */
const SLOT_BYTES = 64;
/** A doubled column stands beside the one that it is copied from. */
const GROWTH = 1.5;
/** Sorting one row: two records of a key and what it carries. */
const SORT_BYTES = 4 * INT64_BYTES;
/** An int64 and a cause. */
const RESULT_BYTES = INT64_BYTES + 1;

/** One value as a BigInt in an array, twice: the function that is given the array may well copy it. All rows may be of one key. */
const LIST_VALUE_BYTES = 64;

/** State columns by aggregate, one for the cause included; see `accumulator.ts`. */
const STATE_COLUMNS: Readonly<Record<PlannedAggregateName, number>> = {
  ...{ count: 2, sum: 3, mean: 4, min: 2, max: 2, product: 3 },
  ...{ median: 0, distinct: 0, registered: 0 },
};

/** The limits of every reduce of a stage, of which two have tables at once: one gives to the next. */
export function aggregationLimits(steps: readonly Step[], memoryBytes: number): AggregationLimits {
  const reduces = steps.filter((step): step is ReduceStep => step.kind === "reduce");
  const share = memoryBytes / Math.min(2, Math.max(1, reduces.length));
  const most = (bytesOf: (aggregates: readonly PlannedAggregate[]) => number): number =>
    Math.max(1, ...reduces.map(({ aggregates }) => bytesOf(aggregates)));
  const isMixed = reduces.some(({ aggregates }) => holisticCount(aggregates) > 0 && hasTable(aggregates));
  const part = isMixed ? share / 2 : share;
  // A row of the first reduce may be a key of the next one, and a key of it a row.
  const both = Math.max(most(keyBytes), most(rowBytes));
  const isLonely = reduces.length < 2;
  return {
    keys: keysWithin(part, isLonely ? most(keyBytes) : both),
    rows: Math.max(1, Math.min(ROWS_MAX, Math.floor(part / (isLonely ? most(rowBytes) : both)))),
    hotValues: keysWithin(share, keyBytes([])),
  };
}

/** A table doubles when a power of two is full, which a batch beyond the limit must not do. */
function keysWithin(memoryBytes: number, bytesPerKey: number): number {
  const keys = Math.min(KEYS_MAX, memoryBytes / bytesPerKey);
  if (keys < 2 * BATCH_PAIRS) return Math.max(1, Math.floor(keys));
  return 2 ** Math.floor(Math.log2(keys)) - BATCH_PAIRS;
}

function keyBytes(aggregates: readonly PlannedAggregate[]): number {
  const stateColumns = aggregates.reduce((columns, { name }) => columns + STATE_COLUMNS[name], 0);
  const resultBytes = INT64_BYTES + INDEX_BYTES + Math.max(SORT_BYTES, RESULT_BYTES * aggregates.length);
  return SLOT_BYTES + GROWTH * INT64_BYTES * (1 + stateColumns) + resultBytes;
}

/** Key and operands in pieces, then one operand and its key in one piece and sorted, and as many results as there are keys. */
function rowBytes(aggregates: readonly PlannedAggregate[]): number {
  const columns = 1 + holisticCount(aggregates);
  const listBytes = aggregates.some(({ name }) => name === "registered") ? LIST_VALUE_BYTES : 0;
  return INT64_BYTES * columns + 2 * INT64_BYTES + SORT_BYTES + INT64_BYTES + RESULT_BYTES * columns + listBytes;
}

function holisticCount(aggregates: readonly PlannedAggregate[]): number {
  return aggregates.filter(({ name }) => STATE_COLUMNS[name] === 0).length;
}

/** An aggregation of holistic aggregates alone keeps none. */
function hasTable(aggregates: readonly PlannedAggregate[]): boolean {
  return holisticCount(aggregates) < aggregates.length || aggregates.length === 0;
}
