// Slots for keys that lie close together: one u32 for every key of a range, holding index + 1, or 0 where there is no such key.
// No hash, no probing, and the keys in order can be read off.
import { KeyTable, appendKey } from "./key-table";

export const DIRECT_SLOT_BYTES: u64 = 4;

/** Finds or inserts rows until one is outside the range. Returns the row that is, or `count`. */
export function locateDirect(table: KeyTable, keys: usize, from: u32, count: u32, indexes: usize): u32 {
  const slots = table.slots;
  const base = table.base;
  const range = table.range;
  for (let row = from; row < count; row++) {
    const key = load<i64>(keys + ((<usize>row) << 3));
    const offset = <u64>(key - base);
    if (offset >= range) return row;
    const slot = slots + ((<usize>offset) << 2);
    let marked = load<u32>(slot);
    if (marked == 0) {
      marked = appendKey(table, key) + 1;
      store<u32>(slot, marked);
    }
    store<u32>(indexes + ((<usize>row) << 2), marked - 1);
  }
  return count;
}

/** Builds the slots of an empty region from the dense keys. */
export function buildDirect(table: KeyTable): void {
  const slots = table.slots;
  const base = table.base;
  memory.fill(slots, 0, (<usize>table.range) << 2);
  for (let index: u32 = 0; index < table.keyCount; index++) {
    const key = load<i64>(table.keys + ((<usize>index) << 3));
    store<u32>(slots + ((<usize>(key - base)) << 2), index + 1);
  }
}

export function clearDirect(table: KeyTable): void {
  if (table.range < (<u64>table.keyCount) << 5) {
    memory.fill(table.slots, 0, (<usize>table.range) << 2);
    return;
  }
  for (let index: u32 = 0; index < table.keyCount; index++) {
    const key = load<i64>(table.keys + ((<usize>index) << 3));
    store<u32>(table.slots + ((<usize>(key - table.base)) << 2), 0);
  }
}

/** Writes all keys ascending, and the index (u32) of each. */
export function orderDirect(table: KeyTable, keysOut: usize, indexesOut: usize): void {
  const base = table.base;
  const end = table.slots + ((<usize>table.range) << 2);
  for (let slot = table.slots; slot < end; slot += 4) {
    const marked = load<u32>(slot);
    if (marked == 0) continue;
    store<i64>(keysOut, base + <i64>((slot - table.slots) >>> 2));
    store<u32>(indexesOut, marked - 1);
    keysOut += 8;
    indexesOut += 4;
  }
}
