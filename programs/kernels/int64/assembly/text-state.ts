// What a text parser keeps between calls, in raw memory that its wrapper (`text-parser.ts`) allocates. The order of the
// fields is known there too: u32 each, then the integer just parsed.

export const STATUS_MORE: u32 = 0; // no complete line is left
export const STATUS_FULL: u32 = 1; // the columns are full
export const STATUS_BAD: u32 = 2; // the line in [lineStart, lineEnd) is no pair; `problem` says why

export const PROBLEM_NONE: u32 = 0;
export const PROBLEM_TOO_LONG: u32 = 1;
export const PROBLEM_FIELD_COUNT: u32 = 2; // `found` fields
export const PROBLEM_EMPTY_FIELD: u32 = 3;
export const PROBLEM_NOT_INTEGER: u32 = 4; // the text in [fieldStart, fieldEnd)
export const PROBLEM_DOES_NOT_FIT: u32 = 5; // the text in [fieldStart, fieldEnd)
export const PROBLEM_OPEN_QUOTE: u32 = 6;
export const PROBLEM_NOT_JSON: u32 = 7;
export const PROBLEM_NOT_A_PAIR: u32 = 8; // JSON, but neither object nor array
export const PROBLEM_ELEMENT_COUNT: u32 = 9; // `found` elements
export const PROBLEM_NO_KEY: u32 = 10;
export const PROBLEM_NO_VALUE: u32 = 11;

@unmanaged
export class TextState {
  // The text not consumed yet, and whether nothing follows it.
  at: u32;
  end: u32;
  final: u32;
  // True while the rest of a line that was too long is skipped.
  discarding: u32;
  lines: u32;
  status: u32;
  problem: u32;
  lineStart: u32;
  lineEnd: u32;
  fieldStart: u32;
  fieldEnd: u32;
  found: u32;
  lineBytesMax: u32;
  // CSV.
  delimiter: u32;
  keyColumn: u32;
  valueColumn: u32;
  exactlyTwoFields: u32;
  // NDJSON: the members' names in UTF-8 (a quote before and behind each), room for one unescaped string, one bit for each
  // level of nesting, and whether the names stand in JSON as they are.
  keyName: u32;
  keyNameLength: u32;
  valueName: u32;
  valueNameLength: u32;
  scratch: u32;
  nesting: u32;
  plainNames: u32;
  integer: i64;
}

/** Where the next line feed is, or `end`. */
export function findLineFeed(from: usize, end: usize): usize {
  let at = from;
  const pattern = i8x16.splat(10);
  while (at + 16 <= end) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), pattern));
    if (mask != 0) return at + ctz(mask);
    at += 16;
  }
  while (at < end && load<u8>(at) != 10) at++;
  return at;
}

/**
 * Finds the next whole line and consumes it; its line end is left out of [lineStart, lineEnd). False: there is none, or
 * it is too long (status and problem say which).
 */
export function takeLine(state: TextState): bool {
  if (state.discarding) {
    const lineFeed = findLineFeed(state.at, state.end);
    state.at = <u32>min(lineFeed + 1, <usize>state.end);
    if (lineFeed == state.end) {
      state.status = STATUS_MORE;
      return false;
    }
    state.discarding = 0;
  }
  const start: usize = state.at;
  const end: usize = state.end;
  const lineFeed = findLineFeed(start, end);
  const tooLong = lineFeed - start > state.lineBytesMax;
  if (lineFeed == end && !tooLong && (!state.final || start == end)) {
    state.status = STATUS_MORE;
    return false;
  }
  state.lines++;
  state.at = <u32>min(lineFeed + 1, end);
  state.lineStart = <u32>start;
  state.lineEnd = <u32>lineFeed;
  if (tooLong) {
    state.discarding = lineFeed == end ? 1 : 0;
    state.status = STATUS_BAD;
    state.problem = PROBLEM_TOO_LONG;
    return false;
  }
  if (lineFeed > start && load<u8>(lineFeed - 1) == 13) state.lineEnd--;
  return true;
}

/** An optional sign and decimal digits, nothing else, into `state.integer`; what is wrong instead, if anything is. */
export function parseInteger(state: TextState, start: usize, end: usize): u32 {
  if (start < end && readUsualInteger(start, changetype<usize>(state) + offsetof<TextState>("integer")) == end) {
    return PROBLEM_NONE;
  }
  let at = start;
  const first = at < end ? load<u8>(at) : 0;
  const negative = first == 45;
  if (negative || first == 43) at++;
  if (at == end) return PROBLEM_NOT_INTEGER;
  const digits = at;
  while (at < end && <u32>load<u8>(at) - 48 < 10) at++;
  if (at < end) return PROBLEM_NOT_INTEGER;
  at = digits;
  while (at < end && load<u8>(at) == 48) at++;
  // Nineteen digits fit 64 bits unsigned.
  if (end - at > 19) return PROBLEM_DOES_NOT_FIT;
  let magnitude: u64 = 0;
  for (; at < end; at++) magnitude = magnitude * 10 + (<u64>load<u8>(at) - 48);
  if (magnitude > <u64>i64.MAX_VALUE + u64(negative)) return PROBLEM_DOES_NOT_FIT;
  state.integer = negative ? 0 - <i64>magnitude : <i64>magnitude;
  return PROBLEM_NONE;
}

/** Ends a line as a bad record. */
export function reportBad(state: TextState, problem: u32): void {
  state.status = STATUS_BAD;
  state.problem = problem;
}

const powersOfTen = memory.data<u64>([1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000]);

/**
 * The quick way for a usual integer: an optional minus and 1 to 19 digits at `at`. Stores it at `out` and returns where
 * it ends; 0 if it is anything else, or so large that it has to be looked at closely. Reads up to 25 bytes; what follows
 * the digits is the caller's to judge.
 */
// @ts-ignore: decorator
@inline
export function readUsualInteger(at: usize, out: usize): usize {
  // Without a branch: signs are often as good as random.
  const negative = <u64>(load<u8>(at) == 45);
  let digits = at + <usize>negative;
  let nibbles = load<u64>(digits) ^ 0x3030303030303030;
  let others = nonDigits(nibbles);
  if ((others & 0xff) != 0) return 0;
  let magnitude: u64 = 0;
  let fits = true;
  if (others == 0) {
    magnitude = eightDigits(nibbles);
    digits += 8;
    nibbles = load<u64>(digits) ^ 0x3030303030303030;
    others = nonDigits(nibbles);
    if (others == 0) {
      magnitude = magnitude * 100000000 + eightDigits(nibbles);
      digits += 8;
      nibbles = load<u64>(digits) ^ 0x3030303030303030;
      others = nonDigits(nibbles);
      // At most three more: nineteen digits fit 64 bits unsigned.
      fits = (others & 0xffffffff) != 0;
    }
  }
  const length = ctz(others) >> 3;
  // A shift in two steps: by 64 in one it would be none.
  magnitude = magnitude * load<u64>(powersOfTen + (<usize>length << 3)) + eightDigits((nibbles << 8) << (56 - (length << 3)));
  if (!fits || <i64>magnitude < 0) return 0;
  store<i64>(out, <i64>((magnitude ^ (0 - negative)) + negative));
  return digits + <usize>length;
}

/** Eight ASCII characters as nibbles: a byte of the result has a high bit set where it is no digit (exact up to the first). */
// @ts-ignore: decorator
@inline
export function nonDigits(nibbles: u64): u64 {
  return ((nibbles + 0x0606060606060606) | nibbles) & 0xf0f0f0f0f0f0f0f0;
}

/** The number that eight digits make; the first digit is the lowest byte. */
// @ts-ignore: decorator
@inline
export function eightDigits(nibbles: u64): u64 {
  // Pairs, fours, then all eight: two multiplications by (weight << shift) + 1 and one more.
  const pairs = (nibbles * 10 + (nibbles >> 8)) & 0x00ff00ff00ff00ff;
  return ((pairs & 0x000000ff000000ff) * 0x000f424000000064 + ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32;
}
