// CRC-32C (Castagnoli, RFC 3720 appendix B.4), sixteen bytes a step by tables ("slicing", Kounavis and Berry 2008).

const POLYNOMIAL: u32 = 0x82f63b78;
const TABLE_BYTES: usize = 1024;
const tables = memory.data(16384, 16);
let tablesReady = false;

/** Table t, entry b: what byte b does to the remainder when t bytes follow it. */
function fillTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >> 1) ^ (POLYNOMIAL & (0 - (remainder & 1)));
    store<u32>(tables + (<usize>byte << 2), remainder);
  }
  for (let entry = TABLE_BYTES; entry < 16384; entry += 4) {
    const before = load<u32>(tables + entry - TABLE_BYTES);
    store<u32>(tables + entry, (before >> 8) ^ load<u32>(tables + (<usize>(before & 255) << 2)));
  }
  tablesReady = true;
}

// @ts-ignore: decorator
@inline
function entry(table: usize, byte: u32): u32 {
  return load<u32>(tables + (<usize>byte << 2) + table * TABLE_BYTES);
}

// @ts-ignore: decorator
@inline
function fourEntries(table: usize, word: u32): u32 {
  return (
    entry(table + 3, word & 255) ^
    entry(table + 2, (word >> 8) & 255) ^
    entry(table + 1, (word >> 16) & 255) ^
    entry(table, word >> 24)
  );
}

/** The CRC-32C of the bytes; `previous` is 0, or the result for the bytes before them. */
export function crc32c(pointer: usize, byteCount: usize, previous: u32): u32 {
  if (!tablesReady) fillTables();
  let remainder = ~previous;
  let at = pointer;
  const end = pointer + byteCount;
  while (end - at >= 16) {
    remainder =
      fourEntries(12, load<u32>(at) ^ remainder) ^
      fourEntries(8, load<u32>(at, 4)) ^
      fourEntries(4, load<u32>(at, 8)) ^
      fourEntries(0, load<u32>(at, 12));
    at += 16;
  }
  for (; at < end; at++) remainder = (remainder >> 8) ^ entry(0, (remainder ^ load<u8>(at)) & 255);
  return ~remainder;
}
