// The key table: gives every distinct int64 key a dense index, in order of first appearance.
// Open addressing with linear probing over 16-byte slots { key, index + 1 }; index + 1 = 0 marks an empty slot. The keys
// also stand in a dense column, so that states are columns beside it and the slots can be rebuilt in place.
import { allocate, reallocate, release } from "./memory";

/** Rows that are hashed, touched and probed together: their cache misses overlap. */
const GROUP_ROWS: u32 = 128;
const SLOT_BYTES_SHIFT: u32 = 4;
/** Smallest table: 2^9 slots. */
const SLOT_BITS_MIN: u32 = 9;
/** Largest table: 2^25 slots are 512 MiB, and twice that is more than one allocation can be. */
const SLOT_BITS_MAX: u32 = 25;
/** Beyond this many bytes of slots (more than the second-level cache holds) a group's slots are touched before probing. */
const TOUCH_BYTES: u32 = 1 << 19;

@unmanaged
class KeyTable {
  slots: usize;
  /** Bytes allocated for slots; never less than the slots in use need. */
  slotBytes: u32;
  slotBits: u32;
  keys: usize;
  /** Keys that the dense column has room for. */
  keyCapacity: u32;
  keyCount: u32;
  /** The table grows when it has this many keys. */
  keyCountLimit: u32;
  /** Sum of what was touched; only keeps the touching from being optimised away. */
  touched: u32;
}

export function createKeyTable(): KeyTable {
  const table = changetype<KeyTable>(allocate(offsetof<KeyTable>()));
  table.slotBits = SLOT_BITS_MIN;
  table.keyCountLimit = keyCountLimit(SLOT_BITS_MIN);
  table.slotBytes = (<u32>1) << (SLOT_BITS_MIN + SLOT_BYTES_SHIFT);
  table.slots = allocate(table.slotBytes);
  memory.fill(table.slots, 0, table.slotBytes);
  table.keyCapacity = table.keyCountLimit;
  table.keys = allocate(<usize>table.keyCapacity << 3);
  table.keyCount = 0;
  table.touched = 0;
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

/** Empties the table and keeps its memory; a table that was mostly empty starts smaller, so that clearing it is cheap. */
export function clearKeyTable(table: KeyTable): void {
  while (table.slotBits > SLOT_BITS_MIN && table.keyCount < ((<u32>1) << table.slotBits) >>> 4) table.slotBits--;
  table.keyCountLimit = keyCountLimit(table.slotBits);
  table.keyCount = 0;
  memory.fill(table.slots, 0, (<usize>1) << (table.slotBits + SLOT_BYTES_SHIFT));
}

/** Writes the dense index (u32) of each row's key, inserting the keys that are new. */
export function locateKeys(table: KeyTable, keys: usize, count: u32, indexes: usize): void {
  let touched = table.touched;
  for (let from: u32 = 0; from < count; from += GROUP_ROWS) {
    const rows = min(GROUP_ROWS, count - from);
    const groupKeys = keys + ((<usize>from) << 3);
    const groupIndexes = indexes + ((<usize>from) << 2);
    // The place of a row's index holds its hash until the index is known.
    for (let row: u32 = 0; row < rows; row++) {
      store<u32>(groupIndexes + ((<usize>row) << 2), hashKey(load<i64>(groupKeys + ((<usize>row) << 3))));
    }
    if (((<u32>1) << (table.slotBits + SLOT_BYTES_SHIFT)) > TOUCH_BYTES) {
      const slots = table.slots;
      const shift = 32 - table.slotBits;
      for (let row: u32 = 0; row < rows; row++) {
        const slot = load<u32>(groupIndexes + ((<usize>row) << 2)) >>> shift;
        touched += load<u32>(slots + ((<usize>slot) << SLOT_BYTES_SHIFT), 8);
      }
    }
    probeGroup(table, groupKeys, rows, groupIndexes);
  }
  table.touched = touched;
}

/**
 * Thirty-two well-mixed bits of a key: two rounds of xor-shift and multiplication (constants of Pelle Evensen's `rrmxmx`
 * family and of MurmurHash3). Independent of the hash that chooses partitions: all keys of a partition agree in that one.
 */
// @ts-ignore: decorator
@inline
function hashKey(key: i64): u32 {
  let hash = <u64>key;
  hash = (hash ^ (hash >>> 32)) * 0x9fb21c651e98df25;
  hash = (hash ^ (hash >>> 28)) * 0xd6e8feb86659fd93;
  return <u32>(hash >>> 32);
}

function probeGroup(table: KeyTable, keys: usize, rows: u32, indexes: usize): void {
  let slots = table.slots;
  let shift = 32 - table.slotBits;
  let mask = ((<u32>1) << table.slotBits) - 1;
  for (let row: u32 = 0; row < rows; row++) {
    const key = load<i64>(keys + ((<usize>row) << 3));
    const indexPointer = indexes + ((<usize>row) << 2);
    const hash = load<u32>(indexPointer);
    let slot = hash >>> shift;
    while (true) {
      const pointer = slots + ((<usize>slot) << SLOT_BYTES_SHIFT);
      const marked = load<u32>(pointer, 8);
      if (marked == 0) {
        const index = appendKey(table, key);
        store<i64>(pointer, key);
        store<u32>(pointer, index + 1, 8);
        store<u32>(indexPointer, index);
        if (table.keyCount == table.keyCountLimit) {
          growKeyTable(table);
          slots = table.slots;
          shift = 32 - table.slotBits;
          mask = ((<u32>1) << table.slotBits) - 1;
        }
        break;
      }
      if (load<i64>(pointer) == key) {
        store<u32>(indexPointer, marked - 1);
        break;
      }
      slot = (slot + 1) & mask;
    }
  }
}

/**
 * Slots are at most half full, so that few keys are displaced from their home slot and probing is predicted well; only
 * the largest table, which cannot grow, is filled further.
 */
function keyCountLimit(slotBits: u32): u32 {
  const slotCount = (<u32>1) << slotBits;
  return slotBits == SLOT_BITS_MAX ? slotCount - (slotCount >>> 3) : slotCount >>> 1;
}

function appendKey(table: KeyTable, key: i64): u32 {
  const index = table.keyCount;
  store<i64>(table.keys + ((<usize>index) << 3), key);
  table.keyCount = index + 1;
  return index;
}

/** Doubles the slots and rebuilds them from the dense keys: old and new slots never stand in memory together. */
function growKeyTable(table: KeyTable): void {
  const slotBits = table.slotBits + 1;
  if (slotBits > SLOT_BITS_MAX) unreachable();
  const slotBytes = (<u32>1) << (slotBits + SLOT_BYTES_SHIFT);
  if (slotBytes > table.slotBytes) {
    release(table.slots);
    table.slots = allocate(slotBytes);
    table.slotBytes = slotBytes;
  }
  memory.fill(table.slots, 0, slotBytes);
  table.slotBits = slotBits;
  table.keyCountLimit = keyCountLimit(slotBits);
  if (table.keyCountLimit > table.keyCapacity) {
    table.keys = reallocate(table.keys, (<usize>table.keyCountLimit) << 3);
    table.keyCapacity = table.keyCountLimit;
  }
  const slots = table.slots;
  const mask = ((<u32>1) << slotBits) - 1;
  for (let index: u32 = 0; index < table.keyCount; index++) {
    const key = load<i64>(table.keys + ((<usize>index) << 3));
    let slot = hashKey(key) >>> (32 - slotBits);
    while (load<u32>(slots + ((<usize>slot) << SLOT_BYTES_SHIFT), 8) != 0) slot = (slot + 1) & mask;
    const pointer = slots + ((<usize>slot) << SLOT_BYTES_SHIFT);
    store<i64>(pointer, key);
    store<u32>(pointer, index + 1, 8);
  }
}
