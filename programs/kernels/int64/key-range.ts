/**
 * The keys that one pass over a reduce's rows takes: from one to another, both included.
 *
 * Owns: the bounds, and picking the rows between them out of columns.
 * Never: decides where a pass must end.
 */
import { BATCH_PAIRS } from "../../limits.ts";
import { passPointers } from "./block-codec.ts";
import type { GrowingColumn } from "./growing-column.ts";
import type { KernelInstance, Pointer } from "./instance.ts";
import { INT64_BYTES } from "./memory-pool.ts";

interface SelectExports {
  selectRows(columns: Pointer, columnCount: number, count: number, first: bigint, last: bigint): number;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
/** Keys looked at to find one in the middle: it is then between 45 and 55 of 100 in nearly all cases. */
const SAMPLE_KEYS = 511;

export class KeyRange {
  #first = INT64_MIN;
  #last = INT64_MAX;

  get first(): bigint {
    return this.#first;
  }

  /** False: all that come after `first` are taken. */
  get isCut(): boolean {
    return this.#last < INT64_MAX;
  }

  /** Ends the range earlier. */
  cut(last: bigint): void {
    this.#last = last;
  }

  /** Goes on behind the range, with all keys that are left; false if there can be none. */
  advance(): boolean {
    if (!this.isCut) return false;
    this.#first = this.#last + 1n;
    this.#last = INT64_MAX;
    return true;
  }

  /** Keeps the rows of keys in the range, at most a batch; the first column is the keys. Returns how many. */
  select(instance: KernelInstance, columns: readonly Pointer[], count: number): number {
    if (this.#first === INT64_MIN && !this.isCut) return count;
    return selectRows(instance, columns, count, [this.#first, this.#last]);
  }
}

/** Keeps the rows up to a key in columns of equal length, the first of which is the keys. */
export function retainRows(instance: KernelInstance, columns: readonly GrowingColumn[], last: bigint): void {
  const pieces = columns.map((column) => column.takePieces());
  for (const [index, { count }] of (pieces[0] ?? []).entries()) {
    for (let from = 0; from < count; from += BATCH_PAIRS) {
      const pointers = pieces.map((column) => column[index]!.pointer + from * INT64_BYTES);
      const kept = selectRows(instance, pointers, Math.min(BATCH_PAIRS, count - from), [INT64_MIN, last]);
      for (const [position, column] of columns.entries()) column.append(pointers[position]!, kept);
    }
    for (const column of pieces) instance.release(column[index]!.pointer);
  }
}

/** The middle one of some keys among `count`; one that is smaller than another wherever they are not all equal. */
export function middleOf(count: number, keyAt: (index: number) => bigint): bigint {
  const sampleCount = Math.min(count, SAMPLE_KEYS);
  const sample = BigInt64Array.from({ length: sampleCount }, (_, index) =>
    keyAt(Math.floor((index * count) / sampleCount)),
  ).sort();
  const middle = sample[(sampleCount - 1) >>> 1]!;
  const greatest = sample[sampleCount - 1]!;
  return middle < greatest ? middle : (sample.findLast((key) => key < greatest) ?? middle);
}

function selectRows(
  instance: KernelInstance,
  columns: readonly Pointer[],
  count: number,
  [first, last]: readonly [bigint, bigint],
): number {
  const exports = instance.exports as unknown as SelectExports;
  return exports.selectRows(passPointers(instance, columns), columns.length, count, first, last) >>> 0;
}
