// CRC-32C (Castagnoli, RFC 3720 appendix B.4), sixteen bytes a step by tables ("slicing", Kounavis and Berry 2008).
// Long stretches are first folded away by additions alone.

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

/** The remainder after the bytes, without the inversions at start and end. */
function slice(pointer: usize, byteCount: usize, before: u32): u32 {
  let remainder = before;
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
  return remainder;
}

/** The CRC-32C of the bytes; `previous` is 0, or the result for the bytes before them. Reads up to 15 bytes behind them. */
export function crc32c(pointer: usize, byteCount: usize, previous: u32): u32 {
  if (!tablesReady) fillTables();
  if (byteCount < FOLDED_BYTES_MIN) return ~slice(pointer, byteCount, ~previous);
  return ~fold(pointer, byteCount, ~previous);
}

// Folding, after "Chorba: A novel CRC32 implementation" (Russell, 2024). The polynomial divides x^5275 + x^4508 + x^2751 + 1
// (the smallest multiple of four terms: the code's distance 6 ends at 5243 data bits), hence also the eighth power of that,
// whose exponents count bytes. So a byte may be struck out if it is added 767, 2524 and 5275 bytes further on. What comes
// in from before is pulled, 16 bytes at a time; the last 5275 bytes are left to the tables.
const FOLDED_BYTES_MIN: usize = 8192;
const FAR: usize = 5275;
const MIDDLE: usize = FAR - 2751;
const NEAR: usize = FAR - 4508;
const CHUNK_BYTES: usize = 16384;
const HISTORY_BYTES: usize = 5280;
// What was struck out: the last of the chunk before, the chunk, and the nothing that is struck out behind it.
const history = memory.data(26960, 16);
const rest = memory.data(5312, 16);

// @ts-ignore: decorator
@inline
function pull(data: usize, struck: usize): v128 {
  const near = v128.xor(v128.load(data), v128.load(struck - NEAR));
  return v128.xor(near, v128.xor(v128.load(struck - MIDDLE), v128.load(struck - FAR)));
}

function fold(pointer: usize, byteCount: usize, before: u32): u32 {
  const base = history + HISTORY_BYTES;
  const foldedBytes = (byteCount - FAR) & ~(<usize>15);
  memory.fill(history, 0, HISTORY_BYTES);
  let at: usize = 0;
  let size: usize = 0;
  while (at < foldedBytes) {
    if (at > 0) memory.copy(history, history + CHUNK_BYTES, HISTORY_BYTES);
    size = min(CHUNK_BYTES, foldedBytes - at);
    const data = pointer + at;
    let offset: usize = 0;
    if (at == 0) {
      const first = i32x4.replace_lane(i32x4.splat(0), 0, before);
      v128.store(base, v128.xor(pull(data, base), first));
      offset = 16;
    }
    for (; offset < size; offset += 16) v128.store(base + offset, pull(data + offset, base + offset));
    at += size;
  }
  const restBytes = byteCount - foldedBytes;
  memory.fill(base + size, 0, HISTORY_BYTES + 16);
  for (let offset: usize = 0; offset < restBytes; offset += 16) {
    v128.store(rest + offset, pull(pointer + foldedBytes + offset, base + size + offset));
  }
  return slice(rest, restBytes, 0);
}
