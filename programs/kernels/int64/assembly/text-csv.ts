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
const FAST_READ_BYTES: usize = 80;

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

/** The second way: two usual integers with blanks before them; LF or CRLF. Stops at the first other line. */
function parseUsualLines(state: TextState, firsts: usize, seconds: usize, from: i32, capacity: i32): i32 {
  let at: usize = state.at;
  const end: usize = state.end;
  if (end - at < FAST_READ_BYTES) return from;
  const limit = end - FAST_READ_BYTES;
  const delimiter = state.delimiter;
  let written = from;
  while (written < capacity && at <= limit) {
    if (isBlank(load<u8>(at), delimiter)) at++;
    const first = readUsualInteger(at, firsts + (<usize>written << 3));
    if (first == 0 || load<u8>(first) != delimiter) break;
    let second = first + 1;
    if (isBlank(load<u8>(second), delimiter)) second++;
    second = readUsualInteger(second, seconds + (<usize>written << 3));
    if (second == 0) break;
    if (load<u8>(second) == 13) second++;
    if (load<u8>(second) != 10) break;
    at = second + 1;
    written++;
    // Only whole lines are consumed.
    state.at = <u32>at;
  }
  state.lines += written - from;
  return written;
}

/** The first way: `digits,digits` and a line feed, 16 bytes at most; stops at the first other line. */
function parseShortLines(state: TextState, firsts: usize, seconds: usize, from: i32, capacity: i32): i32 {
  let at: usize = state.at;
  const end: usize = state.end;
  if (end - at < FAST_READ_BYTES) return from;
  const limit = end - FAST_READ_BYTES;
  const delimiter = state.delimiter;
  const zero = i8x16.splat(48);
  const nine = i8x16.splat(9);
  let written = from;
  while (written < capacity && at <= limit) {
    const nibbles = v128.sub<i8>(v128.load(at), zero);
    const others = i8x16.bitmask(v128.gt<u8>(nibbles, nine));
    const first: u32 = ctz(others);
    const rest = others & (others - 1);
    const second: u32 = ctz(rest);
    const length = second - first - 1;
    // One comparison for both: 1 to 8 digits each, with two non-digits found.
    if (rest == 0 || first - 1 > 7 || length - 1 > 7) break;
    if (load<u8>(at + first) != delimiter || load<u8>(at + second) != 10) break;
    const firstDigits = (load<u64>(at) - 0x3030303030303030) << (64 - (first << 3));
    const secondDigits = (load<u64>(at + first + 1) - 0x3030303030303030) << (64 - (length << 3));
    store<u64>(firsts + (<usize>written << 3), eightDigits(firstDigits));
    store<u64>(seconds + (<usize>written << 3), eightDigits(secondDigits));
    written++;
    at += second + 1;
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
  while (at < end && load<u8>(at) != delimiter) at++;
  return at;
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
