/**
 * Orders rows by the partition that their key belongs to.
 *
 * Owns: which partition a key belongs to (with `assembly/scatter.ts`), the scratch memory.
 * Never: changes a row.
 */
import assert from "node:assert/strict";
import { PARTITION_COUNT_MAX } from "../../limits.ts";
import type { KernelInstance, Pointer } from "./instance.ts";

interface ScatterExports {
  scatterTargets(keys: Pointer, count: number, targetCount: number, targets: Pointer, offsets: Pointer): void;
  scatterPairs(
    targets: Pointer,
    count: number,
    cursors: Pointer,
    keys: Pointer,
    values: Pointer,
    outKeys: Pointer,
    outValues: Pointer,
  ): void;
  scatterColumn(targets: Pointer, count: number, cursors: Pointer, column: Pointer, out: Pointer): void;
}

export class Scatter {
  readonly #instance: KernelInstance;
  readonly #exports: ScatterExports;
  readonly #targetCount: number;
  readonly #offsets: Pointer;
  readonly #cursors: Pointer;
  #targets: Pointer = 0;
  #capacity = 0;

  constructor(instance: KernelInstance, targetCount: number) {
    assert(targetCount > 0 && targetCount <= PARTITION_COUNT_MAX);
    this.#instance = instance;
    this.#exports = instance.exports as unknown as ScatterExports;
    this.#targetCount = targetCount;
    this.#offsets = instance.allocate(4 * (targetCount + 1));
    this.#cursors = instance.allocate(4 * (targetCount + 1));
  }

  /**
   * Orders rows by the target of column 0, the key; rows of one target keep their order.
   *
   * Shape:  `out[i]` is a column as large as `columns[i]`, and none of the inputs. The result has targetCount + 1 row
   *         offsets, ascending from 0 to count; it is a view, valid until the next call.
   * Cost:   two passes over the rows; 2 bytes a row of scratch.
   * Source: docs/decisions/0001-key-hash.md
   */
  run(columns: readonly Pointer[], count: number, out: readonly Pointer[]): Uint32Array {
    assert(columns.length > 0 && columns.length === out.length);
    this.#reserve(count);
    const exports = this.#exports;
    const targets = this.#targets;
    exports.scatterTargets(columns[0], count, this.#targetCount, targets, this.#offsets);
    let next = 0;
    for (; next + 2 <= columns.length; next += 2) {
      const cursors = this.#freshCursors();
      exports.scatterPairs(targets, count, cursors, columns[next], columns[next + 1], out[next], out[next + 1]);
    }
    if (next < columns.length) exports.scatterColumn(targets, count, this.#freshCursors(), columns[next], out[next]);
    return this.#instance.uint32s(this.#offsets, this.#targetCount + 1);
  }

  dispose(): void {
    this.#instance.release(this.#offsets);
    this.#instance.release(this.#cursors);
    if (this.#targets !== 0) this.#instance.release(this.#targets);
    this.#targets = 0;
  }

  #reserve(count: number): void {
    if (count <= this.#capacity) return;
    if (this.#targets !== 0) this.#instance.release(this.#targets);
    this.#targets = this.#instance.allocate(2 * count);
    this.#capacity = count;
  }

  #freshCursors(): Pointer {
    const offsets = this.#instance.uint32s(this.#offsets, this.#targetCount);
    this.#instance.uint32s(this.#cursors, this.#targetCount).set(offsets);
    return this.#cursors;
  }
}

/**
 * The partition of a key: what the kernel computes, for tests and tools.
 *
 * Source: Austin Appleby's MurmurHash3 finaliser (fmix64) without its last step, the upper half scaled;
 *         docs/decisions/0001-key-hash.md
 */
export function targetOf(key: bigint, targetCount: number): number {
  let hash = BigInt.asUintN(64, key);
  hash = BigInt.asUintN(64, (hash ^ (hash >> 33n)) * 0xff51afd7ed558ccdn);
  hash = BigInt.asUintN(64, (hash ^ (hash >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return Number(((hash >> 32n) * BigInt(targetCount)) >> 32n);
}
