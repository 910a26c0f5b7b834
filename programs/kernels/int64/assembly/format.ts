// Formats pairs as text. Eight digits are made at once in one 64-bit word; leading zeros are shifted out, so that no
// branch depends on a number's length up to 8 digits.

/** Bytes of the longest pair: two numbers of 20 characters and the punctuation, with room for a last 8-byte store. */
export const CSV_PAIR_BYTES: usize = 42;
export const NDJSON_PAIR_BYTES: usize = 52;

/** `key,value\n`; returns the bytes written. `out` has CSV_PAIR_BYTES a pair and slack. */
export function formatCsv(keys: usize, values: usize, count: i32, out: usize): usize {
  let at = out;
  for (let row: usize = 0; row < <usize>count; row++) {
    at = writeInteger(load<i64>(keys + (row << 3)), at);
    store<u8>(at, 44);
    at = writeInteger(load<i64>(values + (row << 3)), at + 1);
    store<u8>(at, 10);
    at++;
  }
  return at - out;
}

/** `{"k":key,"v":value}\n`; returns the bytes written. `out` has NDJSON_PAIR_BYTES a pair and slack. */
export function formatNdjson(keys: usize, values: usize, count: i32, out: usize): usize {
  let at = out;
  for (let row: usize = 0; row < <usize>count; row++) {
    // {"k":
    store<u64>(at, 0x3a226b227b);
    at = writeInteger(load<i64>(keys + (row << 3)), at + 5);
    // ,"v":
    store<u64>(at, 0x3a2276222c);
    at = writeInteger(load<i64>(values + (row << 3)), at + 5);
    // } and a line feed
    store<u16>(at, 0x0a7d);
    at += 2;
  }
  return at - out;
}

// @ts-ignore: decorator
@inline
function writeInteger(integer: i64, out: usize): usize {
  let at = out;
  store<u8>(at, 45);
  const sign = integer >> 63;
  at += <usize>(sign & 1);
  // The smallest integer's magnitude is right as an unsigned number.
  const magnitude = <u64>((integer ^ sign) - sign);
  if (magnitude < 100000000) return writeLeading(magnitude, at);
  return writeLong(magnitude, at);
}

function writeLong(magnitude: u64, out: usize): usize {
  const upper = magnitude / 100000000;
  let at = out;
  if (upper < 100000000) {
    at = writeLeading(upper, at);
  } else {
    const top = upper / 100000000;
    at = writeLeading(top, at);
    store<u64>(at, digitsOf(upper - top * 100000000) + 0x3030303030303030);
    at += 8;
  }
  store<u64>(at, digitsOf(magnitude - upper * 100000000) + 0x3030303030303030);
  return at + 8;
}

/** A number below 10^8 without leading zeros; 0 is one digit. */
// @ts-ignore: decorator
@inline
function writeLeading(magnitude: u64, out: usize): usize {
  const digits = digitsOf(magnitude);
  const zeros = ctz(digits | 0x0100000000000000) & 56;
  store<u64>(out, (digits + 0x3030303030303030) >> zeros);
  return out + 8 - <usize>(zeros >> 3);
}

/** The eight digits of a number below 10^8, most significant in the lowest byte. Divisions are multiplications by rounded reciprocals, exact in these ranges. */
// @ts-ignore: decorator
@inline
function digitsOf(magnitude: u64): u64 {
  const upper = (magnitude * 3518437209) >> 45;
  const fours = upper | ((magnitude - upper * 10000) << 32);
  const hundreds = ((fours * 5243) >> 19) & 0x0000007f0000007f;
  const twos = hundreds | ((fours - hundreds * 100) << 16);
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  return tens | ((twos - tens * 10) << 8);
}
