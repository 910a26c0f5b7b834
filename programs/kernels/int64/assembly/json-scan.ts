// Finds the ends of JSON strings and values, strictly by RFC 8259; 0 where the grammar is broken. Only bytes are looked
// at: whether a string is well-formed UTF-8 is not checked. Up to 15 bytes behind the end may be read.

// @ts-ignore: decorator
@inline
function isWhitespace(character: u32): bool {
  return character == 32 || character == 9 || character == 13 || character == 10;
}

export function skipWhitespace(from: usize, end: usize): usize {
  let at = from;
  while (at < end && isWhitespace(load<u8>(at))) at++;
  return at;
}

/** Quotes, backslashes and controls. */
// @ts-ignore: decorator
@inline
function specialInString(bytes: v128): v128 {
  const quotes = i8x16.eq(bytes, i8x16.splat(34));
  const backslashes = i8x16.eq(bytes, i8x16.splat(92));
  return v128.or(v128.or(quotes, backslashes), v128.lt<u8>(bytes, i8x16.splat(32)));
}

/** The end of the string that opens at `from`. */
export function skipString(from: usize, end: usize): usize {
  let at = from + 1;
  while (at < end) {
    // Sixteen bytes at a time are stepped over while none of them is special; what lies behind the end does no harm.
    const special = i8x16.bitmask(specialInString(v128.load(at)));
    if (special == 0) {
      at += 16;
      continue;
    }
    at += ctz(special);
    if (at >= end) return 0;
    const character = <u32>load<u8>(at);
    at++;
    if (character == 34) return at;
    if (character != 92 || at == end) return 0;
    const escaped = <u32>load<u8>(at);
    at++;
    if (escaped == 117) {
      if (end - at < 4) return 0;
      for (let digit = 0; digit < 4; digit++, at++) if (hexDigit(load<u8>(at)) > 15) return 0;
    } else if (simpleEscape(escaped) == 0) {
      return 0;
    }
  }
  return 0;
}

/** What `\"`, `\n` and so on stand for; 0 for no escape. */
function simpleEscape(character: u32): u32 {
  switch (character) {
    case 34: // quote, backslash and slash stand for themselves
    case 92:
    case 47:
      return character;
    case 98: // b
      return 8;
    case 102: // f
      return 12;
    case 110: // n
      return 10;
    case 114: // r
      return 13;
    case 116: // t
      return 9;
    default:
      return 0;
  }
}

function hexDigit(character: u32): u32 {
  if (character - 48 < 10) return character - 48;
  const lower = character | 32;
  return lower - 97 < 6 ? lower - 87 : 16;
}

function skipNumber(from: usize, end: usize): usize {
  let at = from;
  if (load<u8>(at) == 45) at++;
  if (at == end) return 0;
  if (load<u8>(at) == 48) at++;
  else {
    at = skipDigits(at, end);
    if (at == 0) return 0;
  }
  if (at < end && load<u8>(at) == 46) {
    at = skipDigits(at + 1, end);
    if (at == 0) return 0;
  }
  if (at < end && (load<u8>(at) | 32) == 101) {
    at++;
    if (at < end && (load<u8>(at) == 43 || load<u8>(at) == 45)) at++;
    at = skipDigits(at, end);
  }
  return at;
}

/** One digit or more. */
function skipDigits(from: usize, end: usize): usize {
  let at = from;
  while (at < end && <u32>load<u8>(at) - 48 < 10) at++;
  return at == from ? 0 : at;
}

function skipLiteral(from: usize, end: usize): usize {
  const first = load<u8>(from);
  if (end - from >= 4) {
    const word = load<u32>(from);
    // "true", "null", and "alse" behind an f, lowest byte first.
    if (word == 0x65757274 || word == 0x6c6c756e) return from + 4;
    if (first == 102 && end - from >= 5 && load<u32>(from + 1) == 0x65736c61) return from + 5;
  }
  return 0;
}

/** The end of a value without parts. */
function skipScalar(from: usize, end: usize): usize {
  const first = <u32>load<u8>(from);
  if (first == 34) return skipString(from, end);
  if (first == 45 || first - 48 < 10) return skipNumber(from, end);
  return skipLiteral(from, end);
}

/**
 * The end of the value that begins at `from`. Nesting is kept in `nesting`, one bit a level (1: object), so that a line
 * of any depth needs no stack; the caller gives as many bits as the line may have bytes.
 */
export function skipValue(from: usize, end: usize, nesting: usize): usize {
  if (from >= end) return 0;
  const first = load<u8>(from);
  if (first != 123 && first != 91) return skipScalar(from, end);
  let at = from;
  let depth: usize = 0;
  // Each turn begins at a value.
  while (at < end) {
    const character = load<u8>(at);
    let opened = false;
    if (character == 123 || character == 91) {
      setLevel(nesting, depth, character == 123);
      depth++;
      at = skipWhitespace(at + 1, end);
      if (at == end) return 0;
      // Both closing characters come two behind the opening ones.
      opened = load<u8>(at) != character + 2;
    } else {
      at = skipScalar(at, end);
      if (at == 0) return 0;
    }
    if (!opened) {
      // Close as many levels as end here, then step over a comma.
      for (;;) {
        at = skipWhitespace(at, end);
        if (at == end) return 0;
        const next = load<u8>(at);
        at++;
        if (next == 44) break;
        if (next != (isObjectLevel(nesting, depth - 1) ? 125 : 93)) return 0;
        depth--;
        if (depth == 0) return at;
      }
      at = skipWhitespace(at, end);
    }
    if (isObjectLevel(nesting, depth - 1)) {
      if (at >= end || load<u8>(at) != 34) return 0;
      at = skipString(at, end);
      if (at == 0) return 0;
      at = skipWhitespace(at, end);
      if (at == end || load<u8>(at) != 58) return 0;
      at = skipWhitespace(at + 1, end);
    }
  }
  return 0;
}

function setLevel(nesting: usize, depth: usize, isObject: bool): void {
  const pointer = nesting + (depth >> 3);
  const bit = <u32>1 << <u32>(depth & 7);
  const bits = <u32>load<u8>(pointer);
  store<u8>(pointer, isObject ? bits | bit : bits & ~bit);
}

function isObjectLevel(nesting: usize, depth: usize): bool {
  return ((<u32>load<u8>(nesting + (depth >> 3)) >> <u32>(depth & 7)) & 1) != 0;
}

/** Writes what a well-formed string in [start, end), quotes included, stands for as UTF-8; returns the bytes. */
export function unescapeString(start: usize, end: usize, out: usize): usize {
  let at = start + 1;
  const last = end - 1;
  let written = out;
  while (at < last) {
    const character = <u32>load<u8>(at);
    at++;
    if (character != 92) {
      store<u8>(written, character);
      written++;
      continue;
    }
    const escaped = <u32>load<u8>(at);
    at++;
    let point = simpleEscape(escaped);
    if (escaped == 117) {
      point = fourHexDigits(at);
      at += 4;
      const isHighSurrogate = point >> 10 == 0x36;
      if (isHighSurrogate && last - at >= 6 && load<u16>(at) == 0x755c && fourHexDigits(at + 2) >> 10 == 0x37) {
        point = 0x10000 + ((point & 0x3ff) << 10) + (fourHexDigits(at + 2) & 0x3ff);
        at += 6;
      }
    }
    written = writeCodePoint(point, written);
  }
  return written - out;
}

function fourHexDigits(at: usize): u32 {
  let number: u32 = 0;
  for (let digit: usize = 0; digit < 4; digit++) number = (number << 4) | hexDigit(load<u8>(at + digit));
  return number;
}

function writeCodePoint(point: u32, out: usize): usize {
  if (point < 0x80) {
    store<u8>(out, point);
    return out + 1;
  }
  if (point < 0x800) {
    store<u8>(out, 0xc0 | (point >> 6));
    store<u8>(out + 1, 0x80 | (point & 63));
    return out + 2;
  }
  if (point < 0x10000) {
    store<u8>(out, 0xe0 | (point >> 12));
    store<u8>(out + 1, 0x80 | ((point >> 6) & 63));
    store<u8>(out + 2, 0x80 | (point & 63));
    return out + 3;
  }
  store<u8>(out, 0xf0 | (point >> 18));
  store<u8>(out + 1, 0x80 | ((point >> 12) & 63));
  store<u8>(out + 2, 0x80 | ((point >> 6) & 63));
  store<u8>(out + 3, 0x80 | (point & 63));
  return out + 4;
}
