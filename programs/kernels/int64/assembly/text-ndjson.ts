// NDJSON: an object or an array of two on each line. The line is checked against the JSON grammar as a whole while the
// two members are picked out; numbers are read from their digits and never pass through a double.
import {
  PROBLEM_ELEMENT_COUNT,
  PROBLEM_NONE,
  PROBLEM_NOT_A_PAIR,
  PROBLEM_NOT_INTEGER,
  PROBLEM_NOT_JSON,
  PROBLEM_NO_KEY,
  PROBLEM_NO_VALUE,
  STATUS_FULL,
  TextState,
  parseInteger,
  readUsualInteger,
  reportBad,
  takeLine,
} from "./text-state";
import { skipString, skipValue, skipWhitespace, unescapeString } from "./json-scan";

/** Bytes that the fast path may read behind the first byte of a line, without the names. */
const FAST_READ_BYTES: usize = 96;

/** Parses until the columns are full, text is missing or a line is bad; returns the pairs written. */
export function parseNdjson(pointer: usize, keys: usize, values: usize, capacity: i32): i32 {
  const state = changetype<TextState>(pointer);
  let written = 0;
  while (written < capacity) {
    if (!state.discarding) {
      written = parseUsualLines(state, keys, values, written, capacity);
      if (written == capacity) break;
    }
    if (!takeLine(state)) return written;
    const end: usize = state.lineEnd;
    const start = skipWhitespace(state.lineStart, end);
    if (start == end) continue;
    const key = keys + (<usize>written << 3);
    const value = values + (<usize>written << 3);
    const first = load<u8>(start);
    let good = false;
    if (first == 123) good = parseObject(state, start, end, key, value);
    else if (first == 91) good = parseArray(state, start, end, key, value);
    else {
      const after = skipValue(start, end, state.nesting);
      const isJson = after != 0 && skipWhitespace(after, end) == end;
      reportBad(state, isJson ? PROBLEM_NOT_A_PAIR : PROBLEM_NOT_JSON);
    }
    if (!good) return written;
    written++;
  }
  state.status = STATUS_FULL;
  return written;
}

/** The fast path: an object of just the key and the value in this order, or an array; stops at the first other line. */
function parseUsualLines(state: TextState, keys: usize, values: usize, from: i32, capacity: i32): i32 {
  let at: usize = state.at;
  const end: usize = state.end;
  const readBytes = FAST_READ_BYTES + state.keyNameLength + state.valueNameLength;
  if (end - at < readBytes || !state.plainNames) return from;
  const limit = end - readBytes;
  let written = from;
  while (written < capacity && at <= limit) {
    const open = load<u8>(at);
    let next = skipSpace(at + 1);
    if (open == 123) next = matchName(next, state.keyName - 1, state.keyNameLength + 2);
    else if (open != 91) break;
    if (next == 0) break;
    next = readNumber(next, keys + (<usize>written << 3));
    if (next == 0 || load<u8>(next) != 44) break;
    next = skipSpace(next + 1);
    if (open == 123) next = matchName(next, state.valueName - 1, state.valueNameLength + 2);
    if (next == 0) break;
    next = readNumber(next, values + (<usize>written << 3));
    // Both closing characters come two behind the opening ones.
    if (next == 0 || load<u8>(next) != open + 2) break;
    next++;
    if (load<u8>(next) == 13) next++;
    if (load<u8>(next) != 10) break;
    at = next + 1;
    written++;
    // Only whole lines are consumed.
    state.at = <u32>at;
  }
  state.lines += written - from;
  return written;
}

// @ts-ignore: decorator
@inline
function skipSpace(at: usize): usize {
  return at + <usize>(load<u8>(at) == 32);
}

/** The quoted name, a colon and perhaps a space; 0 if something else is there. */
// @ts-ignore: decorator
@inline
function matchName(at: usize, quoted: usize, length: usize): usize {
  if (length <= 8) {
    if ((load<u64>(at) ^ load<u64>(quoted)) << (64 - (<u64>length << 3)) != 0) return 0;
  } else if (memory.compare(at, quoted, length) != 0) {
    return 0;
  }
  return load<u8>(at + length) == 58 ? skipSpace(at + length + 1) : 0;
}

/** A usual integer without leading zeros, which JSON does not allow. */
// @ts-ignore: decorator
@inline
function readNumber(at: usize, out: usize): usize {
  const end = readUsualInteger(at, out);
  const digits = at + <usize>(load<u8>(at) == 45);
  return load<u8>(digits) == 48 && end - digits > 1 ? 0 : end;
}

function notJson(state: TextState): bool {
  reportBad(state, PROBLEM_NOT_JSON);
  return false;
}

/** `{...}` from `start` on. Of a member that occurs twice the last one counts. */
function parseObject(state: TextState, start: usize, end: usize, key: usize, value: usize): bool {
  let keyStart: usize = 0;
  let keyEnd: usize = 0;
  let valueStart: usize = 0;
  let valueEnd: usize = 0;
  let at = skipWhitespace(start + 1, end);
  if (at < end && load<u8>(at) == 125) {
    at++;
  } else {
    for (;;) {
      const nameStart = at;
      const nameEnd = at < end && load<u8>(at) == 34 ? skipString(at, end) : 0;
      if (nameEnd == 0) return notJson(state);
      at = skipWhitespace(nameEnd, end);
      if (at == end || load<u8>(at) != 58) return notJson(state);
      const memberStart = skipWhitespace(at + 1, end);
      const memberEnd = skipValue(memberStart, end, state.nesting);
      if (memberEnd == 0) return notJson(state);
      if (isNamed(state, nameStart, nameEnd, state.keyName, state.keyNameLength)) {
        keyStart = memberStart;
        keyEnd = memberEnd;
      }
      if (isNamed(state, nameStart, nameEnd, state.valueName, state.valueNameLength)) {
        valueStart = memberStart;
        valueEnd = memberEnd;
      }
      at = skipWhitespace(memberEnd, end);
      if (at == end) return notJson(state);
      const separator = load<u8>(at);
      if (separator == 125) {
        at++;
        break;
      }
      if (separator != 44) return notJson(state);
      at = skipWhitespace(at + 1, end);
    }
  }
  if (skipWhitespace(at, end) != end) return notJson(state);
  if (keyEnd == 0 || valueEnd == 0) {
    reportBad(state, keyEnd == 0 ? PROBLEM_NO_KEY : PROBLEM_NO_VALUE);
    return false;
  }
  return storeMembers(state, keyStart, keyEnd, valueStart, valueEnd, key, value);
}

/** `[key, value]` from `start` on. */
function parseArray(state: TextState, start: usize, end: usize, key: usize, value: usize): bool {
  let keyStart: usize = 0;
  let keyEnd: usize = 0;
  let valueStart: usize = 0;
  let valueEnd: usize = 0;
  let count: u32 = 0;
  let at = skipWhitespace(start + 1, end);
  if (at < end && load<u8>(at) == 93) {
    at++;
  } else {
    for (;;) {
      const elementStart = at;
      const elementEnd = skipValue(elementStart, end, state.nesting);
      if (elementEnd == 0) return notJson(state);
      if (count == 0) {
        keyStart = elementStart;
        keyEnd = elementEnd;
      } else if (count == 1) {
        valueStart = elementStart;
        valueEnd = elementEnd;
      }
      count++;
      at = skipWhitespace(elementEnd, end);
      if (at == end) return notJson(state);
      const separator = load<u8>(at);
      if (separator == 93) {
        at++;
        break;
      }
      if (separator != 44) return notJson(state);
      at = skipWhitespace(at + 1, end);
    }
  }
  if (skipWhitespace(at, end) != end) return notJson(state);
  if (count != 2) {
    state.found = count;
    reportBad(state, PROBLEM_ELEMENT_COUNT);
    return false;
  }
  return storeMembers(state, keyStart, keyEnd, valueStart, valueEnd, key, value);
}

function storeMembers(
  state: TextState,
  keyStart: usize,
  keyEnd: usize,
  valueStart: usize,
  valueEnd: usize,
  key: usize,
  value: usize,
): bool {
  if (!parseMember(state, keyStart, keyEnd)) return false;
  store<i64>(key, state.integer);
  if (!parseMember(state, valueStart, valueEnd)) return false;
  store<i64>(value, state.integer);
  return true;
}

/** A number without point and exponent, or a string of digits with an optional sign. */
function parseMember(state: TextState, from: usize, to: usize): bool {
  let start = from;
  let end = to;
  if (load<u8>(start) == 34) {
    end = <usize>state.scratch + unescapeString(start, end, state.scratch);
    start = state.scratch;
  }
  state.fieldStart = <u32>start;
  state.fieldEnd = <u32>end;
  const problem = start == end ? PROBLEM_NOT_INTEGER : parseInteger(state, start, end);
  if (problem == PROBLEM_NONE) return true;
  reportBad(state, problem);
  return false;
}

/** Whether the JSON string in [start, end) says the name. */
function isNamed(state: TextState, start: usize, end: usize, name: usize, length: u32): bool {
  let from = start + 1;
  let byteCount = end - start - 2;
  // An escaped name is longer than what it stands for.
  if (byteCount < length) return false;
  if (byteCount > length || memory.compare(from, name, length) != 0) {
    let at = from;
    while (at < end && load<u8>(at) != 92) at++;
    if (at == end) return false;
    byteCount = unescapeString(start, end, state.scratch);
    from = state.scratch;
  }
  return byteCount == length && memory.compare(from, name, length) == 0;
}
