// Slots for keys that lie anywhere: open addressing with linear probing over 16-byte slots { key, index + 1 }, where
// index + 1 = 0 marks an empty slot.
import { KeyTable, appendKey } from "./key-table";

/** Rows that are touched together, then probed. */
const GROUP_ROWS: u32 = 128;
export const HASHED_SLOT_BITS_MIN: u32 = 9;
/** 2^25 slots are 512 MiB, and twice that is more than one allocation can be. */
export const HASHED_SLOT_BITS_MAX: u32 = 25;
/** Up to this many slots (a quarter of a second-level cache of 1 MiB) are kept sparse: displaced keys cost mispredictions. */
const SPARSE_SLOT_BITS: u32 = 14;
/** Beyond this many slots (4 MiB) touching a group's slots before probing pays: measured 18 against 25 ns at 10^6 keys. */
const TOUCH_SLOT_BITS: u32 = 18;

/** The keys that 2^slotBits slots take. The largest table cannot grow and is filled further. */
export function hashedKeyCountLimit(slotBits: u32): u32 {
  const slotCount = (<u32>1) << slotBits;
  if (slotBits == HASHED_SLOT_BITS_MAX) return slotCount - (slotCount >>> 3);
  return slotCount >>> (slotBits <= SPARSE_SLOT_BITS ? 3 : 1);
}

export function hashedBytes(slotBits: u32): usize {
  return (<usize>16) << slotBits;
}

/** Finds or inserts rows until the table is full. Returns the row that found no room, or `count`. */
export function locateHashed(table: KeyTable, keys: usize, from: u32, count: u32, indexes: usize): u32 {
  if (table.slotBits <= TOUCH_SLOT_BITS) return probeRows(table, keys, from, count, indexes);
  while (from < count) {
    const to = min(from + GROUP_ROWS, count);
    touchRows(table, keys, from, to);
    const reached = probeRows(table, keys, from, to, indexes);
    if (reached < to) return reached;
    from = to;
  }
  return count;
}

/** Builds the slots of a region from the dense keys. */
export function buildHashed(table: KeyTable): void {
  const slots = table.slots;
  const shift = 32 - table.slotBits;
  const mask = ((<u32>1) << table.slotBits) - 1;
  memory.fill(slots, 0, hashedBytes(table.slotBits));
  for (let index: u32 = 0; index < table.keyCount; index++) {
    const key = load<i64>(table.keys + ((<usize>index) << 3));
    let slot = hashKey(key) >>> shift;
    while (load<u32>(slots + ((<usize>slot) << 4), 8) != 0) slot = (slot + 1) & mask;
    store<i64>(slots + ((<usize>slot) << 4), key);
    store<u32>(slots + ((<usize>slot) << 4), index + 1, 8);
  }
}

/** A table that was mostly empty starts again smaller, so that clearing it is cheap. */
export function clearHashed(table: KeyTable): void {
  while (table.slotBits > HASHED_SLOT_BITS_MIN && table.keyCount < ((<u32>1) << table.slotBits) >>> 4) table.slotBits--;
  table.keyCountLimit = hashedKeyCountLimit(table.slotBits);
  memory.fill(table.slots, 0, hashedBytes(table.slotBits));
}

/**
 * Thirty-two mixed bits of a key: multiply, fold the high half onto the low one, multiply. Sequences, powers of two, grids
 * and negative keys need 1.5 probes at half load, as random ones do; multiples of 2^40 need 2.6. Independent of the hash
 * that chooses partitions: all keys of a partition agree in bits of that one.
 */
// @ts-ignore: decorator
@inline
function hashKey(key: i64): u32 {
  let hash = (<u64>key) * 0x9fb21c651e98df25;
  hash = (hash ^ (hash >>> 32)) * 0xd6e8feb86659fd93;
  return <u32>(hash >>> 32);
}

/** Reads the home slots of rows, whatever they hold: nothing waits for a read here, so that the misses overlap. */
function touchRows(table: KeyTable, keys: usize, from: u32, to: u32): void {
  const slots = table.slots;
  const shift = 32 - table.slotBits;
  let touched = table.touched;
  for (let row = from; row < to; row++) {
    const slot = hashKey(load<i64>(keys + ((<usize>row) << 3))) >>> shift;
    touched += load<u32>(slots + ((<usize>slot) << 4), 8);
  }
  table.touched = touched;
}

/** As `locateHashed`, row by row. */
function probeRows(table: KeyTable, keys: usize, from: u32, to: u32, indexes: usize): u32 {
  const slots = table.slots;
  const shift = 32 - table.slotBits;
  const mask = ((<u32>1) << table.slotBits) - 1;
  for (let row = from; row < to; row++) {
    const key = load<i64>(keys + ((<usize>row) << 3));
    const indexPointer = indexes + ((<usize>row) << 2);
    let slot = hashKey(key) >>> shift;
    while (true) {
      const pointer = slots + ((<usize>slot) << 4);
      let marked = load<u32>(pointer, 8);
      if (marked == 0) {
        if (table.keyCount == table.keyCountLimit) return row;
        marked = appendKey(table, key) + 1;
        store<i64>(pointer, key);
        store<u32>(pointer, marked, 8);
      } else if (load<i64>(pointer) != key) {
        slot = (slot + 1) & mask;
        continue;
      }
      store<u32>(indexPointer, marked - 1);
      break;
    }
  }
  return to;
}
