// Sorts pairs by (key, value), and keys that carry an index. Columns are narrowed by their minimum first: where key and
// value fit one 64-bit word together, words are sorted instead of pairs, and only the bits that vary are looked at.
import { findRange, greatestFound, smallestFound } from "./column-range";
import { allocate, release } from "./memory";
import { sortRecords, sortWords } from "./radix";

const INSERTION_COUNT_MAX: u32 = 64;

// @ts-ignore: decorator
@inline
function bitsOf(span: u64): u32 {
  return 64 - <u32>clz(span);
}

// @ts-ignore: decorator
@inline
function lowMask(bits: u32): u64 {
  return bits == 0 ? 0 : <u64>-1 >> <u64>(64 - bits);
}

/** Ascending by (key, value), signed, in place. */
export function sortPairs(keys: usize, values: usize, count: u32): void {
  if (arePairsSorted(keys, values, count)) return;
  if (count < INSERTION_COUNT_MAX) return insertPairs(keys, values, count);
  findRange(keys, count);
  const leastKey = smallestFound();
  const keyBits = bitsOf(<u64>greatestFound() - <u64>leastKey);
  findRange(values, count);
  const leastValue = smallestFound();
  const valueBits = bitsOf(<u64>greatestFound() - <u64>leastValue);
  if (keyBits + valueBits <= 64) sortPackedPairs(keys, values, count, leastKey, keyBits, leastValue, valueBits);
  else sortWidePairs(keys, values, count, leastKey, keyBits, leastValue, valueBits);
}

function arePairsSorted(keys: usize, values: usize, count: u32): bool {
  for (let row: usize = 1; row < <usize>count; row++) {
    const before = load<i64>(keys + (row << 3) - 8);
    const key = load<i64>(keys + (row << 3));
    if (before > key) return false;
    if (before == key && load<i64>(values + (row << 3) - 8) > load<i64>(values + (row << 3))) return false;
  }
  return true;
}

function insertPairs(keys: usize, values: usize, count: u32): void {
  for (let row: usize = 1; row < <usize>count; row++) {
    const key = load<i64>(keys + (row << 3));
    const value = load<i64>(values + (row << 3));
    let place = row << 3;
    while (place > 0) {
      const before = load<i64>(keys + place - 8);
      if (before < key || (before == key && load<i64>(values + place - 8) <= value)) break;
      store<i64>(keys + place, before);
      store<i64>(values + place, load<i64>(values + place - 8));
      place -= 8;
    }
    store<i64>(keys + place, key);
    store<i64>(values + place, value);
  }
}

function sortPackedPairs(
  keys: usize,
  values: usize,
  count: u32,
  leastKey: i64,
  keyBits: u32,
  leastValue: i64,
  valueBits: u32,
): void {
  const byteCount = <usize>count << 3;
  const words = allocate(byteCount);
  const spare = allocate(byteCount);
  const valueMask = lowMask(valueBits);
  const keyMask = lowMask(keyBits);
  for (let row: usize = 0; row < byteCount; row += 8) {
    const key = <u64>load<i64>(keys + row) - <u64>leastKey;
    const value = <u64>load<i64>(values + row) - <u64>leastValue;
    // A shift by 64 is a shift by 0, which is harmless here: then all keys are equal.
    store<u64>(words + row, (key << valueBits) | value);
  }
  const sorted = sortWords(words, spare, count, 0, keyBits + valueBits);
  for (let row: usize = 0; row < byteCount; row += 8) {
    const word = load<u64>(sorted + row);
    store<u64>(keys + row, ((word >> valueBits) & keyMask) + <u64>leastKey);
    store<u64>(values + row, (word & valueMask) + <u64>leastValue);
  }
  release(words);
  release(spare);
}

function sortWidePairs(
  keys: usize,
  values: usize,
  count: u32,
  leastKey: i64,
  keyBits: u32,
  leastValue: i64,
  valueBits: u32,
): void {
  const byteCount = <usize>count << 3;
  const records = allocate(byteCount << 1);
  const spare = allocate(byteCount << 1);
  for (let row: usize = 0; row < byteCount; row += 8) {
    store<u64>(records + (row << 1), <u64>load<i64>(keys + row) - <u64>leastKey);
    store<u64>(records + (row << 1), <u64>load<i64>(values + row) - <u64>leastValue, 8);
  }
  const byValue = sortRecords(records, spare, count, 8, valueBits);
  const sorted = sortRecords(byValue, byValue == records ? spare : records, count, 0, keyBits);
  for (let row: usize = 0; row < byteCount; row += 8) {
    store<u64>(keys + row, load<u64>(sorted + (row << 1)) + <u64>leastKey);
    store<u64>(values + row, load<u64>(sorted + (row << 1), 8) + <u64>leastValue);
  }
  release(records);
  release(spare);
}

/** Sorts keys ascending, in place, each carrying its u32 along. Stable. */
export function sortKeysWithIndex(keys: usize, indexes: usize, count: u32): void {
  if (areKeysSorted(keys, count)) return;
  if (count < INSERTION_COUNT_MAX) return insertKeys(keys, indexes, count);
  findRange(keys, count);
  const leastKey = smallestFound();
  const keyBits = bitsOf(<u64>greatestFound() - <u64>leastKey);
  const rowBits = bitsOf(<u64>count);
  if (keyBits + rowBits <= 64) sortPackedKeys(keys, indexes, count, leastKey, keyBits, rowBits);
  else sortWideKeys(keys, indexes, count, leastKey, keyBits);
}

function areKeysSorted(keys: usize, count: u32): bool {
  for (let row: usize = 1; row < <usize>count; row++) {
    if (load<i64>(keys + (row << 3) - 8) > load<i64>(keys + (row << 3))) return false;
  }
  return true;
}

function insertKeys(keys: usize, indexes: usize, count: u32): void {
  for (let row: usize = 1; row < <usize>count; row++) {
    const key = load<i64>(keys + (row << 3));
    const index = load<u32>(indexes + (row << 2));
    let place = row;
    while (place > 0 && load<i64>(keys + (place << 3) - 8) > key) {
      store<i64>(keys + (place << 3), load<i64>(keys + (place << 3) - 8));
      store<u32>(indexes + (place << 2), load<u32>(indexes + (place << 2) - 4));
      place--;
    }
    store<i64>(keys + (place << 3), key);
    store<u32>(indexes + (place << 2), index);
  }
}

/** Sorts words of (key, row); the indexes are then picked by row. */
function sortPackedKeys(keys: usize, indexes: usize, count: u32, leastKey: i64, keyBits: u32, rowBits: u32): void {
  const byteCount = <usize>count << 3;
  const words = allocate(byteCount);
  const spare = allocate(byteCount);
  const rowMask = lowMask(rowBits);
  for (let row: usize = 0; row < <usize>count; row++) {
    const key = <u64>load<i64>(keys + (row << 3)) - <u64>leastKey;
    store<u64>(words + (row << 3), (key << rowBits) | row);
  }
  const sorted = sortWords(words, spare, count, rowBits, keyBits);
  const before = sorted == words ? spare : words;
  memory.copy(before, indexes, <usize>count << 2);
  for (let row: usize = 0; row < <usize>count; row++) {
    const word = load<u64>(sorted + (row << 3));
    store<u64>(keys + (row << 3), (word >> rowBits) + <u64>leastKey);
    store<u32>(indexes + (row << 2), load<u32>(before + (<usize>(word & rowMask) << 2)));
  }
  release(words);
  release(spare);
}

function sortWideKeys(keys: usize, indexes: usize, count: u32, leastKey: i64, keyBits: u32): void {
  const byteCount = <usize>count << 4;
  const records = allocate(byteCount);
  const spare = allocate(byteCount);
  for (let row: usize = 0; row < <usize>count; row++) {
    store<u64>(records + (row << 4), <u64>load<i64>(keys + (row << 3)) - <u64>leastKey);
    store<u64>(records + (row << 4), load<u32>(indexes + (row << 2)), 8);
  }
  const sorted = sortRecords(records, spare, count, 0, keyBits);
  for (let row: usize = 0; row < <usize>count; row++) {
    store<u64>(keys + (row << 3), load<u64>(sorted + (row << 4)) + <u64>leastKey);
    store<u32>(indexes + (row << 2), <u32>load<u64>(sorted + (row << 4), 8));
  }
  release(records);
  release(spare);
}

/** out[row] = source[indexes[row]]. */
export function gather64(source: usize, indexes: usize, count: u32, out: usize): void {
  for (let row: usize = 0; row < <usize>count; row++) {
    store<u64>(out + (row << 3), load<u64>(source + (<usize>load<u32>(indexes + (row << 2)) << 3)));
  }
}
