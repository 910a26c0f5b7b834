/**
 * A reduce's table that takes the smallest keys of those that are left, as many as it has room for.
 *
 * Owns: the table, the range of keys that it takes, and when the table is looked at.
 * Never: cuts below a single key.
 */
import type { Integer } from "./integer.ts";
import { KeyRange } from "./key-range.ts";
import { type CompiledReduce, ReduceTable } from "./reduce-table.ts";

/** Rows between two looks at the table. */
const LOOK_ROWS = 1024;
/** Bytes of long integers between two looks. */
const LOOK_BYTES = 1 << 20;

export class BoundedTable {
  readonly table: ReduceTable;
  readonly range = new KeyRange();
  readonly #memoryBytes: number;
  #rowsToLook = LOOK_ROWS;
  #bytesToLook = LOOK_BYTES;

  constructor(reduce: CompiledReduce, memoryBytes: number) {
    this.table = new ReduceTable(reduce);
    this.#memoryBytes = memoryBytes;
  }

  /** A row was taken. True: it is time for `fit`. */
  isDue(): boolean {
    this.#rowsToLook -= 1;
    if (this.#rowsToLook > 0 && this.table.extraBytes < this.#bytesToLook) return false;
    this.#rowsToLook = LOOK_ROWS;
    this.#bytesToLook = this.table.extraBytes + LOOK_BYTES;
    return true;
  }

  /** Ends the range earlier if the table is too large; returns the key that keeps too many values by itself, if one does. */
  fit(): Integer | undefined {
    const { table, range } = this;
    if (table.byteCount <= this.#memoryBytes) return undefined;
    table.measure();
    // Half of it, so that it is not measured again after every few rows.
    while (table.byteCount > this.#memoryBytes / 2 && table.keyCount > 1) {
      const last = table.middleKey();
      table.retain(last);
      range.cut(last);
    }
    this.#bytesToLook = table.extraBytes + LOOK_BYTES;
    const isHot = table.byteCount > this.#memoryBytes / 2 && table.keepsValues;
    return isHot ? table.middleKey() : undefined;
  }
}
