// The key table's fields. It gives every distinct int64 key a dense index, in order of first appearance; states are columns
// beside its dense column of keys. Slots say which index a key has, in one of two shapes (direct-slots.ts, hashed-slots.ts);
// they can always be rebuilt from the dense keys, so that old and new slots never stand in memory together.
import { reallocate } from "./memory";

@unmanaged
export class KeyTable {
  slots: usize;
  /** Bytes allocated for slots, perhaps more than are in use. */
  slotBytes: usize;
  /** True: slot = key - base, below `range`. False: slot = hash of the key. */
  direct: bool;
  /** Direct: the smallest key that has a slot. */
  base: i64;
  /** Direct: the number of slots. */
  range: u64;
  /** Hashed: there are 2^slotBits slots. */
  slotBits: u32;
  /** Hashed: at this many keys the slots must grow. */
  keyCountLimit: u32;
  keys: usize;
  /** Keys that the dense column has room for. */
  keyCapacity: u32;
  keyCount: u32;
  /** Sum of what was touched; only keeps touching from being optimised away. */
  touched: u32;
}

/** Gives a new key its index. */
// @ts-ignore: decorator
@inline
export function appendKey(table: KeyTable, key: i64): u32 {
  const index = table.keyCount;
  if (index == table.keyCapacity) doubleKeys(table);
  store<i64>(table.keys + ((<usize>index) << 3), key);
  table.keyCount = index + 1;
  return index;
}

function doubleKeys(table: KeyTable): void {
  table.keyCapacity *= 2;
  table.keys = reallocate(table.keys, (<usize>table.keyCapacity) << 3);
}
