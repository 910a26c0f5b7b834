/**
 * Gives every distinct key a dense index, in order of first appearance.
 *
 * Owns: the table in the kernels' memory (assembly/table.ts) and the index column of the batch at hand.
 * Never: knows what the states beside the keys mean.
 */
import { BATCH_PAIRS } from "../../limits.ts";
import { passPointers } from "./block-codec.ts";
import type { KernelInstance, Pointer } from "./instance.ts";
import { middleOf } from "./key-range.ts";
import { sortKeysWithIndex } from "./sort.ts";

interface TableExports {
  createKeyTable(): Pointer;
  destroyKeyTable(table: Pointer): void;
  clearKeyTable(table: Pointer): void;
  keyTableCount(table: Pointer): number;
  keyTableKeys(table: Pointer): Pointer;
  orderKeyTable(table: Pointer, keysOut: Pointer, indexesOut: Pointer): number;
  retainKeys(table: Pointer, last: bigint, columns: Pointer, columnCount: number): number;
  locateKeys(table: Pointer, keys: Pointer, count: number, indexes: Pointer): void;
}

const INT64_BYTES = 8;
const INDEX_BYTES = 4;

export interface KeyOrder {
  readonly count: number;
  /** Ascending. */
  readonly keys: Pointer;
  /** The index (u32) of each. */
  readonly indexes: Pointer;
}

export class KeyTable {
  /** The index (u32) of each row's key, as the last `locate` found it. */
  readonly indexes: Pointer;
  readonly #instance: KernelInstance;
  readonly #exports: TableExports;
  readonly #table: Pointer;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.#exports = instance.exports as unknown as TableExports;
    this.#table = this.#exports.createKeyTable() >>> 0;
    this.indexes = instance.allocate(BATCH_PAIRS * INDEX_BYTES);
  }

  get count(): number {
    return this.#exports.keyTableCount(this.#table) >>> 0;
  }

  /** The distinct keys by index; the column moves with the next `locate`. */
  get keys(): Pointer {
    return this.#exports.keyTableKeys(this.#table) >>> 0;
  }

  /** Finds or inserts the keys of a batch; `indexes` then holds their indexes. */
  locate(keys: Pointer, count: number): void {
    this.#exports.locateKeys(this.#table, keys, count, this.indexes);
  }

  /** The keys sorted, and the index of each; both columns belong to the caller. */
  order(): KeyOrder {
    const { count } = this;
    const keys = this.#instance.allocate(count * INT64_BYTES);
    const indexes = this.#instance.allocate(count * INDEX_BYTES);
    if (this.#exports.orderKeyTable(this.#table, keys, indexes) === 0) {
      this.#instance.int64s(keys, count).set(this.#instance.int64s(this.keys, count));
      const indexView = this.#instance.uint32s(indexes, count);
      for (let index = 0; index < count; index++) indexView[index] = index;
      sortKeysWithIndex(this.#instance, keys, indexes, count);
    }
    return { count, keys, indexes };
  }

  /** A key with about as many below it as above it; at least one key, and not the greatest of several. */
  middle(): bigint {
    const { count } = this;
    const keys = this.#instance.int64s(this.keys, count);
    return middleOf(count, (index) => keys[index]!);
  }

  /** Forgets the keys above `last`, and their rows in the columns beside the keys; the others get new indexes. */
  retain(last: bigint, columns: readonly Pointer[]): void {
    this.#exports.retainKeys(this.#table, last, passPointers(this.#instance, columns), columns.length);
  }

  /** Empties the table, keeps its memory. */
  clear(): void {
    this.#exports.clearKeyTable(this.#table);
  }

  dispose(): void {
    this.#exports.destroyKeyTable(this.#table);
    this.#instance.release(this.indexes);
  }
}
