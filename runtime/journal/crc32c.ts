/**
 * CRC-32C, the checksum of journal records.
 *
 * Owns: the tables and the loop, eight bytes a step.
 * Never: checks the bulk bytes of blocks; those are checked where they are made.
 */

/** Reflected form of the Castagnoli polynomial. Source: RFC 3720, section 12.1. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const tables = makeTables();

/**
 * The checksum of `bytes`, or of everything before and `bytes` when the checksum of what is before is given.
 *
 * Shape:  an unsigned 32-bit number; `crc32c(b, crc32c(a))` equals the checksum of a followed by b.
 * Cost:   O(n), no allocation.
 * Errors: none.
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  let position = 0;
  for (const whole = bytes.length - (bytes.length % SLICES); position < whole; position += SLICES) {
    crc ^= bytes[position] | (bytes[position + 1] << 8) | (bytes[position + 2] << 16) | (bytes[position + 3] << 24);
    crc =
      tables[0x700 + (crc & 0xff)] ^
      tables[0x600 + ((crc >>> 8) & 0xff)] ^
      tables[0x500 + ((crc >>> 16) & 0xff)] ^
      tables[0x400 + (crc >>> 24)] ^
      tables[0x300 + bytes[position + 4]] ^
      tables[0x200 + bytes[position + 5]] ^
      tables[0x100 + bytes[position + 6]] ^
      tables[bytes[position + 7]];
  }
  for (; position < bytes.length; position += 1) {
    crc = tables[(crc ^ bytes[position]) & 0xff] ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Table s, entry b: the effect of byte b with s zero bytes after it ("slicing by eight"). */
function makeTables(): Int32Array {
  const made = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
    made[byte] = remainder;
  }
  for (let index = 256; index < made.length; index += 1) {
    const previous = made[index - 256];
    made[index] = (previous >>> 8) ^ made[previous & 0xff];
  }
  return made;
}
