// Slots for keys that lie anywhere: open addressing with linear probing over 16-byte slots { key, index + 1 }, where
// index + 1 = 0 marks an empty slot.
import { KeyTable, appendKey } from "./key-table";

/** Rows that are hashed, touched and probed together: their cache misses overlap. */
const GROUP_ROWS: u32 = 128;
export const HASHED_SLOT_BITS_MIN: u32 = 9;
/** 2^25 slots are 512 MiB, and twice that is more than one allocation can be. */
export const HASHED_SLOT_BITS_MAX: u32 = 25;
/** Tables of up to this many slots (a quarter of the second-level cache) are kept sparse: displaced keys cost mispredictions. */
const SPARSE_SLOT_BITS: u32 = 14;
/** Beyond this many slots, more than the second-level cache holds, a group's slots are touched before they are probed. */
const TOUCH_SLOT_BITS: u32 = 15;

/** The keys that 2^slotBits slots take. The largest table cannot grow and is filled further. */
export function hashedKeyCountLimit(slotBits: u32): u32 {
  const slotCount = (<u32>1) << slotBits;
  if (slotBits == HASHED_SLOT_BITS_MAX) return slotCount - (slotCount >>> 3);
  return slotCount >>> (slotBits <= SPARSE_SLOT_BITS ? 2 : 1);
}

export function hashedBytes(slotBits: u32): usize {
  return (<usize>16) << slotBits;
}

/** Finds or inserts rows until the table is full. Returns the row that found no room, or `count`. */
export function locateHashed(table: KeyTable, keys: usize, from: u32, count: u32, indexes: usize): u32 {
  while (from < count) {
    const to = min(from + GROUP_ROWS, count);
    // The place of a row's index holds its hash until the index is known.
    for (let row = from; row < to; row++) {
      store<u32>(indexes + ((<usize>row) << 2), hashKey(load<i64>(keys + ((<usize>row) << 3))));
    }
    if (table.slotBits > TOUCH_SLOT_BITS) touchGroup(table, from, to, indexes);
    const reached = probeGroup(table, keys, from, to, indexes);
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
 * Thirty-two well-mixed bits of a key: two rounds of xor-shift and multiplication, in the manner of MurmurHash3's finaliser.
 * Independent of the hash that chooses partitions: all keys of a partition agree in bits of that one.
 */
// @ts-ignore: decorator
@inline
function hashKey(key: i64): u32 {
  let hash = <u64>key;
  hash = (hash ^ (hash >>> 32)) * 0x9fb21c651e98df25;
  hash = (hash ^ (hash >>> 28)) * 0xd6e8feb86659fd93;
  return <u32>(hash >>> 32);
}

function touchGroup(table: KeyTable, from: u32, to: u32, indexes: usize): void {
  const slots = table.slots;
  const shift = 32 - table.slotBits;
  let touched = table.touched;
  for (let row = from; row < to; row++) {
    const slot = load<u32>(indexes + ((<usize>row) << 2)) >>> shift;
    touched += load<u32>(slots + ((<usize>slot) << 4), 8);
  }
  table.touched = touched;
}

function probeGroup(table: KeyTable, keys: usize, from: u32, to: u32, indexes: usize): u32 {
  const slots = table.slots;
  const shift = 32 - table.slotBits;
  const mask = ((<u32>1) << table.slotBits) - 1;
  for (let row = from; row < to; row++) {
    const key = load<i64>(keys + ((<usize>row) << 3));
    const indexPointer = indexes + ((<usize>row) << 2);
    let slot = load<u32>(indexPointer) >>> shift;
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
