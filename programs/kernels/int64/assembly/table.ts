// The key table as the wrapper sees it, and the choice between its two shapes of slots.
import { DIRECT_SLOT_BYTES, buildDirect, clearDirect, locateDirect, orderDirect } from "./direct-slots";
import {
  HASHED_SLOT_BITS_MAX,
  HASHED_SLOT_BITS_MIN,
  buildHashed,
  clearHashed,
  hashedBytes,
  hashedKeyCountLimit,
  locateHashed,
} from "./hashed-slots";
import { KeyTable } from "./key-table";
import { allocate, release } from "./memory";

/** Direct slots of at most this size (a quarter of the second-level cache) are taken for however few keys. */
const DIRECT_BYTES_SMALL: u64 = 1 << 18;
/** Larger ones may have this many times the bytes of hashed slots: a miss costs the same, and nothing is mispredicted. */
const DIRECT_BYTES_FACTOR: u64 = 2;
const DIRECT_BYTES_MAX: u64 = 1 << 29;
const KEY_CAPACITY_MIN: u32 = 256;

export function createKeyTable(): KeyTable {
  const table = changetype<KeyTable>(allocate(offsetof<KeyTable>()));
  memory.fill(changetype<usize>(table), 0, offsetof<KeyTable>());
  // An empty range: the first batch decides on the shape.
  table.direct = true;
  table.slots = allocate(0);
  table.keyCapacity = KEY_CAPACITY_MIN;
  table.keys = allocate((<usize>KEY_CAPACITY_MIN) << 3);
  return table;
}

export function destroyKeyTable(table: KeyTable): void {
  release(table.slots);
  release(table.keys);
  release(changetype<usize>(table));
}

export function keyTableCount(table: KeyTable): u32 {
  return table.keyCount;
}

/** The dense column of keys; it moves when keys are inserted. */
export function keyTableKeys(table: KeyTable): usize {
  return table.keys;
}

/** Empties the table and keeps its memory. */
export function clearKeyTable(table: KeyTable): void {
  if (table.direct) clearDirect(table);
  else clearHashed(table);
  table.keyCount = 0;
}

/** Writes the dense index (u32) of each row's key, inserting the keys that are new. */
export function locateKeys(table: KeyTable, keys: usize, count: u32, indexes: usize): void {
  let row: u32 = 0;
  while (true) {
    row = table.direct
      ? locateDirect(table, keys, row, count, indexes)
      : locateHashed(table, keys, row, count, indexes);
    if (row == count) return;
    reshape(table, keys + ((<usize>row) << 3), count - row);
  }
}

/**
 * Forgets the keys above `last`, and with them their rows in the columns of int64 whose pointers lie at `columns`; the keys
 * that are left keep their order, and get new indexes. Returns how many they are.
 */
export function retainKeys(table: KeyTable, last: i64, columns: usize, columnCount: u32): u32 {
  const keys = table.keys;
  const keyCount = table.keyCount;
  let kept: u32 = 0;
  for (let index: u32 = 0; index < keyCount; index++) {
    const key = load<i64>(keys + ((<usize>index) << 3));
    if (key > last) continue;
    if (kept < index) {
      store<i64>(keys + ((<usize>kept) << 3), key);
      for (let column: usize = 0; column < <usize>columnCount; column++) {
        const states = <usize>load<u32>(columns + (column << 2));
        store<i64>(states + ((<usize>kept) << 3), load<i64>(states + ((<usize>index) << 3)));
      }
    }
    kept++;
  }
  table.keyCount = kept;
  if (table.direct) buildDirect(table);
  else buildHashed(table);
  return kept;
}

/** Writes all keys ascending and the index (u32) of each, if the slots' shape gives the order. Returns if it did. */
export function orderKeyTable(table: KeyTable, keysOut: usize, indexesOut: usize): bool {
  if (!table.direct) return false;
  orderDirect(table, keysOut, indexesOut);
  return true;
}

/**
 * Chooses the shape for the keys so far and the rows to come, the first of which finds no place: direct slots over their
 * range if these are not much larger than hashed slots would be, else hashed slots for twice the keys.
 */
function reshape(table: KeyTable, nextKeys: usize, nextCount: u32): void {
  let low = load<i64>(nextKeys);
  let high = low;
  for (let row: u32 = 1; row < nextCount; row++) {
    const key = load<i64>(nextKeys + ((<usize>row) << 3));
    low = min(low, key);
    high = max(high, key);
  }
  for (let index: u32 = 0; index < table.keyCount; index++) {
    const key = load<i64>(table.keys + ((<usize>index) << 3));
    low = min(low, key);
    high = max(high, key);
  }
  let slotBits = HASHED_SLOT_BITS_MIN;
  while (slotBits < HASHED_SLOT_BITS_MAX && hashedKeyCountLimit(slotBits) <= table.keyCount) slotBits++;
  const bytesMax = min(DIRECT_BYTES_MAX, max(DIRECT_BYTES_SMALL, hashedBytes(slotBits) * DIRECT_BYTES_FACTOR));
  const rangeMax = bytesMax / DIRECT_SLOT_BYTES;
  if (<u64>(high - low) < rangeMax) return takeDirect(table, low, high, rangeMax);
  if (hashedKeyCountLimit(slotBits) <= table.keyCount) unreachable();
  table.direct = false;
  table.slotBits = slotBits;
  table.keyCountLimit = hashedKeyCountLimit(slotBits);
  reserveSlots(table, hashedBytes(slotBits));
  buildHashed(table);
}

/** Takes a range around [low, high] that is up to twice as wide, so that keys that drift do not reshape the table often. */
function takeDirect(table: KeyTable, low: i64, high: i64, rangeMax: u64): void {
  const width = <u64>(high - low) + 1;
  const slack = <i64>(min(rangeMax - width, width) >>> 1);
  if (low >= i64.MIN_VALUE + slack) low -= slack;
  if (high <= i64.MAX_VALUE - slack) high += slack;
  table.direct = true;
  table.base = low;
  table.range = <u64>(high - low) + 1;
  reserveSlots(table, <usize>(table.range * DIRECT_SLOT_BYTES));
  buildDirect(table);
}

function reserveSlots(table: KeyTable, byteCount: usize): void {
  if (byteCount <= table.slotBytes) return;
  release(table.slots);
  table.slots = allocate(byteCount);
  table.slotBytes = byteCount;
}
