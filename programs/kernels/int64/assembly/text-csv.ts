// CSV: `key,value` lines, or chosen columns of wider ones. Three ways, each for what the one before does not know: lines
// of at most 16 bytes that are digits alone; lines of two usual integers (signs, blanks before them, CRLF); any line.
import {
  PROBLEM_EMPTY_FIELD,
  PROBLEM_FIELD_COUNT,
  PROBLEM_NONE,
  PROBLEM_OPEN_QUOTE,
  STATUS_FULL,
  TextState,
  eightDigits,
  parseInteger,
  readUsualInteger,
  reportBad,
  takeLine,
} from "./text-state";

/** Bytes that the fast path may read behind the first byte of a line. */
const FAST_READ_BYTES: usize = 96;

/** Lines read the second way before the first is tried again. */
const USUAL_LINES: i32 = 256;

/** Parses until the columns are full, text is missing or a line is bad; returns the pairs written. */
export function parseCsv(pointer: usize, keys: usize, values: usize, capacity: i32): i32 {
  const state = changetype<TextState>(pointer);
  const swapped = state.keyColumn == 1 && state.valueColumn == 0;
  const simple = swapped || (state.keyColumn == 0 && state.valueColumn == 1);
  let written = 0;
  while (written < capacity) {
    if (simple && !state.discarding) {
      written = parseFastLines(state, swapped ? values : keys, swapped ? keys : values, written, capacity);
      if (written == capacity) break;
    }
    if (!takeLine(state)) return written;
    if (isBlankLine(state)) continue;
    if (!parseLine(state, keys + (<usize>written << 3), values + (<usize>written << 3))) return written;
    written++;
  }
  state.status = STATUS_FULL;
  return written;
}

/** The two fast ways in turn, as long as either makes headway. */
function parseFastLines(state: TextState, firsts: usize, seconds: usize, from: i32, capacity: i32): i32 {
  let written = from;
  let before: i32;
  do {
    written = parseShortLines(state, firsts, seconds, written, capacity);
    before = written;
    written = parseUsualLines(state, firsts, seconds, written, min(capacity, written + USUAL_LINES));
  } while (written > before);
  return written;
}

/** One bit for each of 64 bytes: a delimiter or a line feed. */
// @ts-ignore: decorator
@inline
function separatorBits(at: usize, delimiters: v128): u64 {
  const lineFeeds = i8x16.splat(10);
  let bits: u64 = 0;
  for (let offset: usize = 0; offset < 64; offset += 16) {
    const bytes = v128.load(at + offset);
    const found = v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, lineFeeds));
    bits |= <u64>i8x16.bitmask(found) << <u64>offset;
  }
  return bits;
}

/** The second way: two usual integers, perhaps a blank before each, LF or CRLF, in 64 bytes. Stops at the first other line. */
function parseUsualLines(state: TextState, firsts: usize, seconds: usize, from: i32, capacity: i32): i32 {
  let at: usize = state.at;
  const end: usize = state.end;
  if (end - at < FAST_READ_BYTES) return from;
  const limit = end - FAST_READ_BYTES;
  const delimiter = state.delimiter;
  const delimiters = i8x16.splat(<i8>delimiter);
  let written = from;
  let start: u64 = 1;
  while (start != 0 && at <= limit && written < capacity) {
    let separators = separatorBits(at, delimiters);
    start = 0;
    while (written < capacity) {
      const middle = at + <usize>ctz(separators);
      separators &= separators - 1;
      if (separators == 0) break;
      const second = ctz(separators);
      separators &= separators - 1;
      const lineFeed = at + <usize>second;
      if (load<u8>(middle) != delimiter || load<u8>(lineFeed) != 10) break;
      const key = at + <usize>start + <usize>isBlank(load<u8>(at + <usize>start), delimiter);
      if (readUsualInteger(key, firsts + (<usize>written << 3)) != middle) break;
      const value = middle + 1 + <usize>isBlank(load<u8>(middle, 1), delimiter);
      const valueEnd = lineFeed - <usize>(load<u8>(lineFeed - 1) == 13);
      if (readUsualInteger(value, seconds + (<usize>written << 3)) != valueEnd) break;
      written++;
      start = second + 1;
    }
    at += <usize>start;
  }
  state.lines += written - from;
  state.at = <u32>at;
  return written;
}

/** One bit for each of 64 bytes: no digit. */
// @ts-ignore: decorator
@inline
function nonDigitBits(at: usize): u64 {
  const zero = i8x16.splat(48);
  const nine = i8x16.splat(9);
  const first = <u64>i8x16.bitmask(v128.gt<u8>(v128.sub<i8>(v128.load(at), zero), nine));
  const second = <u64>i8x16.bitmask(v128.gt<u8>(v128.sub<i8>(v128.load(at, 16), zero), nine));
  const third = <u64>i8x16.bitmask(v128.gt<u8>(v128.sub<i8>(v128.load(at, 32), zero), nine));
  const fourth = <u64>i8x16.bitmask(v128.gt<u8>(v128.sub<i8>(v128.load(at, 48), zero), nine));
  return (first | (second << 16)) | ((third | (fourth << 16)) << 32);
}

/** The numbers that two times eight digits (as bytes 0 to 9, the first the lowest) make. */
// @ts-ignore: decorator
@inline
function eightDigitsTwice(digits: v128): v128 {
  const upper = i16x8.mul(v128.and(digits, i16x8.splat(0x00ff)), i16x8.splat(10));
  const pairs = i16x8.add(upper, i16x8.shr_u(digits, 8));
  const fours = i32x4.dot_i16x8_s(pairs, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
  const narrow = i16x8.narrow_i32x4_u(fours, fours);
  const eights = i32x4.dot_i16x8_s(narrow, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1));
  return i64x2.extend_low_i32x4_u(eights);
}

/**
 * The first way: `digits,digits` and a line feed, 1 to 8 digits each; stops at the first other line. Where fields end in
 * 64 bytes is found at once, so that a line need not wait for the one before to be read.
 */
function parseShortLines(state: TextState, firsts: usize, seconds: usize, from: i32, capacity: i32): i32 {
  let at: usize = state.at;
  const end: usize = state.end;
  if (end - at < FAST_READ_BYTES) return from;
  const limit = end - FAST_READ_BYTES;
  const delimiter = <u64>state.delimiter;
  let written = from;
  let start: u64 = 1;
  while (start != 0 && at <= limit && written < capacity) {
    let others = nonDigitBits(at);
    start = 0;
    while (written < capacity) {
      const first = ctz(others);
      others &= others - 1;
      const second = ctz(others);
      const length = first - start;
      const secondLength = second - first - 1;
      // Fewer than two field ends give a length far above 8.
      if (((length - 1) | (secondLength - 1)) > 7) break;
      const middle = at + <usize>first;
      if (((<u64>load<u8>(middle) ^ delimiter) | (<u64>load<u8>(at + <usize>second) ^ 10)) != 0) break;
      others &= others - 1;
      const digits = (load<u64>(at + <usize>start) ^ 0x3030303030303030) << (64 - (length << 3));
      const secondDigits = (load<u64>(middle, 1) ^ 0x3030303030303030) << (64 - (secondLength << 3));
      const both = eightDigitsTwice(i64x2.replace_lane(i64x2.splat(digits), 1, secondDigits));
      v128.store_lane<u64>(firsts + (<usize>written << 3), both, 0);
      v128.store_lane<u64>(seconds + (<usize>written << 3), both, 1);
      written++;
      start = second + 1;
    }
    at += <usize>start;
  }
  state.lines += written - from;
  state.at = <u32>at;
  return written;
}

// @ts-ignore: decorator
@inline
function isBlank(character: u32, delimiter: u32): bool {
  return (character == 32 || character == 9) && character != delimiter;
}

function isBlankLine(state: TextState): bool {
  const end: usize = state.lineEnd;
  let at: usize = state.lineStart;
  while (at < end && isBlank(load<u8>(at), state.delimiter)) at++;
  return at == end;
}

/** One line that is not blank, by the whole grammar. False: the state says what is wrong. */
function parseLine(state: TextState, key: usize, value: usize): bool {
  const end: usize = state.lineEnd;
  const delimiter = state.delimiter;
  let keyStart: usize = 0;
  let keyEnd: usize = 0;
  let valueStart: usize = 0;
  let valueEnd: usize = 0;
  let start: usize = state.lineStart;
  let column: u32 = 0;
  for (;;) {
    const fieldEnd = findFieldEnd(start, end, delimiter);
    if (fieldEnd == 0) {
      reportBad(state, PROBLEM_OPEN_QUOTE);
      return false;
    }
    if (column == state.keyColumn) {
      keyStart = start;
      keyEnd = fieldEnd;
    }
    if (column == state.valueColumn) {
      valueStart = start;
      valueEnd = fieldEnd;
    }
    column++;
    if (fieldEnd == end) break;
    start = fieldEnd + 1;
  }
  const needed = max(state.keyColumn, state.valueColumn) + 1;
  if (state.exactlyTwoFields ? column != 2 : column < needed) {
    state.found = column;
    reportBad(state, PROBLEM_FIELD_COUNT);
    return false;
  }
  if (!parseField(state, keyStart, keyEnd)) return false;
  store<i64>(key, state.integer);
  if (!parseField(state, valueStart, valueEnd)) return false;
  store<i64>(value, state.integer);
  return true;
}

/** Where the field's delimiter or the line's end is; 0 if a quote is never closed. */
function findFieldEnd(start: usize, end: usize, delimiter: u32): usize {
  let at = start;
  while (at < end && isBlank(load<u8>(at), delimiter)) at++;
  if (at < end && load<u8>(at) == 34) {
    at++;
    for (;;) {
      while (at < end && load<u8>(at) != 34) at++;
      if (at == end) return 0;
      at++;
      // A doubled quote stands for one quote.
      if (at == end || load<u8>(at) != 34) break;
      at++;
    }
  }
  const pattern = i8x16.splat(<i8>delimiter);
  for (; at < end; at += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), pattern));
    // Behind the line's end another delimiter may have been found.
    if (found != 0) return min(at + <usize>ctz(found), end);
  }
  return end;
}

/** Blanks, a pair of quotes and blanks inside it fall away; the rest must be an integer. */
function parseField(state: TextState, from: usize, to: usize): bool {
  const delimiter = state.delimiter;
  let start = from;
  let end = to;
  while (start < end && isBlank(load<u8>(start), delimiter)) start++;
  while (start < end && isBlank(load<u8>(end - 1), delimiter)) end--;
  if (end - start >= 2 && load<u8>(start) == 34 && load<u8>(end - 1) == 34) {
    start++;
    end--;
    while (start < end && isInnerBlank(load<u8>(start))) start++;
    while (start < end && isInnerBlank(load<u8>(end - 1))) end--;
  }
  state.fieldStart = <u32>start;
  state.fieldEnd = <u32>end;
  const problem = start == end ? PROBLEM_EMPTY_FIELD : parseInteger(state, start, end);
  if (problem == PROBLEM_NONE) return true;
  reportBad(state, problem);
  return false;
}

/** Inside quotes a blank is a blank even where it is the delimiter. */
// @ts-ignore: decorator
@inline
function isInnerBlank(character: u32): bool {
  return character == 32 || character == 9;
}
