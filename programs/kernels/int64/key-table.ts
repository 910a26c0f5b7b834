/**
 * Gives every distinct key a dense index, in order of first appearance.
 *
 * Owns: the table in the kernels' memory (assembly/table.ts) and the index column of the batch at hand.
 * Never: knows what the states beside the keys mean.
 */
import { BATCH_PAIRS } from "../../limits.ts";
import type { KernelInstance, Pointer } from "./instance.ts";

interface TableExports {
  createKeyTable(): Pointer;
  destroyKeyTable(table: Pointer): void;
  clearKeyTable(table: Pointer): void;
  keyTableCount(table: Pointer): number;
  keyTableKeys(table: Pointer): Pointer;
  locateKeys(table: Pointer, keys: Pointer, count: number, indexes: Pointer): void;
}

const INDEX_BYTES = 4;

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

  /** Empties the table, keeps its memory. */
  clear(): void {
    this.#exports.clearKeyTable(this.#table);
  }

  dispose(): void {
    this.#exports.destroyKeyTable(this.#table);
    this.#instance.release(this.indexes);
  }
}
