// Blocks: columns narrowed to the fewest bytes that hold value - minimum, with a CRC-32C. Layout: `docs/block.md`.
import { findRange, greatestFound, smallestFound } from "./column-range";
import { crc32c } from "./crc";

const FIXED_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;

/** Bytes before the data: 8, then a base of 8 and a width of 1 for each column. */
// @ts-ignore: decorator
@inline
function headerBytes(columnCount: u32): usize {
  return FIXED_BYTES + <usize>columnCount * 9;
}

/**
 * Writes a block of rows [from, from + count) of the columns whose pointers (u32) lie at `columns`; returns its bytes.
 * Up to 8 bytes behind it are overwritten.
 */
export function encodeBlock(kind: u32, columns: usize, columnCount: u32, from: u32, count: u32, out: usize): usize {
  store<u8>(out, kind);
  store<u8>(out, columnCount, 1);
  store<u16>(out, 0, 2);
  store<u32>(out, count, 4);
  const bases = out + FIXED_BYTES;
  const widths = bases + (<usize>columnCount << 3);
  let data = out + headerBytes(columnCount);
  for (let index: usize = 0; index < <usize>columnCount; index++) {
    const column = <usize>load<u32>(columns + (index << 2)) + (<usize>from << 3);
    findRange(column, count);
    const base = smallestFound();
    const span = <u64>greatestFound() - <u64>base;
    const width = <usize>(71 - clz(span)) >> 3;
    store<i64>(bases + (index << 3), base);
    store<u8>(widths + index, <u8>width);
    pack(column, count, base, width, data);
    data += width * count;
  }
  store<u32>(data, crc32c(out, data - out, 0));
  return data + CHECKSUM_BYTES - out;
}

/** Each store writes 8 bytes, of which the next one overwrites what is too much. */
function pack(column: usize, count: u32, base: i64, width: usize, out: usize): void {
  if (width == 0) return;
  let to = out;
  let at = column;
  const end = column + (<usize>count << 3);
  for (; at + 32 <= end; at += 32) {
    store<u64>(to, load<u64>(at) - <u64>base);
    to += width;
    store<u64>(to, load<u64>(at, 8) - <u64>base);
    to += width;
    store<u64>(to, load<u64>(at, 16) - <u64>base);
    to += width;
    store<u64>(to, load<u64>(at, 24) - <u64>base);
    to += width;
  }
  for (; at < end; at += 8) {
    store<u64>(to, load<u64>(at) - <u64>base);
    to += width;
  }
}

/** Whether [pointer, pointer + byteLength) is one whole block with the right checksum. */
export function verifyBlock(pointer: usize, byteLength: usize): bool {
  if (byteLength < FIXED_BYTES + CHECKSUM_BYTES) return false;
  const columnCount = <u32>load<u8>(pointer, 1);
  const count = load<u32>(pointer, 4);
  const data = headerBytes(columnCount);
  if (byteLength < data + CHECKSUM_BYTES || load<u8>(pointer) > 1 || load<u16>(pointer, 2) != 0) return false;
  let expected = <u64>data + CHECKSUM_BYTES;
  for (let index: usize = 0; index < <usize>columnCount; index++) {
    const width = load<u8>(pointer + FIXED_BYTES + (<usize>columnCount << 3) + index);
    if (width > 8) return false;
    expected += <u64>width * count;
  }
  if (expected != byteLength) return false;
  return load<u32>(pointer + byteLength - CHECKSUM_BYTES) == crc32c(pointer, byteLength - CHECKSUM_BYTES, 0);
}

/** Widens rows [from, from + count) into the columns whose pointers lie at `columns`. */
export function decodeRows(block: usize, from: u32, count: u32, columns: usize): void {
  const columnCount = <u32>load<u8>(block, 1);
  const pairCount = load<u32>(block, 4);
  const bases = block + FIXED_BYTES;
  const widths = bases + (<usize>columnCount << 3);
  let data = block + headerBytes(columnCount);
  for (let index: usize = 0; index < <usize>columnCount; index++) {
    const width = <usize>load<u8>(widths + index);
    unpack(data + width * from, count, load<i64>(bases + (index << 3)), width, load<u32>(columns + (index << 2)));
    data += width * pairCount;
  }
}

function unpack(data: usize, count: u32, base: i64, width: usize, column: usize): void {
  const mask: u64 = width == 0 ? 0 : <u64>-1 >> (64 - (<u64>width << 3));
  let from = data;
  let at = column;
  const end = column + (<usize>count << 3);
  for (; at + 32 <= end; at += 32) {
    store<i64>(at, <i64>(load<u64>(from) & mask) + base);
    from += width;
    store<i64>(at, <i64>(load<u64>(from) & mask) + base, 8);
    from += width;
    store<i64>(at, <i64>(load<u64>(from) & mask) + base, 16);
    from += width;
    store<i64>(at, <i64>(load<u64>(from) & mask) + base, 24);
    from += width;
  }
  for (; at < end; at += 8) {
    store<i64>(at, <i64>(load<u64>(from) & mask) + base);
    from += width;
  }
}

const pointers = memory.data(1024, 16);

/** Where the wrapper puts the pointers (u32) of up to 255 columns before a call. */
export function columnPointers(): usize {
  return pointers;
}
