/**
 * Finds the ends of JSON strings and values, strictly by RFC 8259, and reads strings.
 *
 * Owns: the grammar. Only bytes are looked at: whether a string is well-formed UTF-8 is not checked.
 * Never: makes a number of digits, which would pass through a double.
 *
 * Every function that finds an end returns 0 where the grammar is broken.
 */

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
export const QUOTE = 34;
export const COMMA = 44;
export const COLON = 58;
export const OPEN_BRACKET = 91;
const BACKSLASH = 92;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;
const LETTER_U = 117;

/** What stands behind a backslash, and what it stands for. */
const ESCAPES = new Map([...'"\\/bfnrt'].map((character, index) => [character.charCodeAt(0), '"\\/\b\f\n\r\t'[index]]));
const LITERALS = ["true", "false", "null"];

export function skipWhitespace(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isWhitespace(bytes[at])) at += 1;
  return at;
}

function isWhitespace(character: number): boolean {
  return character === SPACE || character === 9 || character === CARRIAGE_RETURN || character === LINE_FEED;
}

/** The end of the string that opens at `from`. */
export function skipString(bytes: Buffer, from: number, end: number): number {
  let at = from + 1;
  while (at < end) {
    const character = bytes[at];
    at += 1;
    if (character === QUOTE) return at;
    if (character < SPACE) return 0;
    if (character !== BACKSLASH) continue;
    const escaped = bytes[at];
    at += 1;
    if (escaped === LETTER_U) {
      for (let digit = 0; digit < 4; digit += 1, at += 1) if (at >= end || !isHexDigit(bytes[at])) return 0;
    } else if (!ESCAPES.has(escaped)) return 0;
  }
  return 0;
}

/**
 * The end of the value that begins at `from`.
 *
 * Cost: a byte for each level of nesting, no stack.
 */
export function skipValue(bytes: Buffer, from: number, end: number): number {
  if (from >= end) return 0;
  if (bytes[from] !== OPEN_BRACE && bytes[from] !== OPEN_BRACKET) return skipScalar(bytes, from, end);
  /** What closes each level that is open, innermost last. */
  const closers: number[] = [];
  let at = from;
  while (at < end) {
    const character = bytes[at];
    let isOpened = false;
    if (character === OPEN_BRACE || character === OPEN_BRACKET) {
      closers.push(character === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET);
      at = skipWhitespace(bytes, at + 1, end);
      if (at === end) return 0;
      isOpened = bytes[at] !== closers.at(-1);
    } else {
      at = skipScalar(bytes, at, end);
      if (at === 0) return 0;
    }
    if (!isOpened) {
      at = closeLevels(bytes, at, end, closers);
      if (at === 0 || closers.length === 0) return at;
    }
    if (closers.at(-1) === CLOSE_BRACE) {
      at = skipName(bytes, at, end);
      if (at === 0) return 0;
    }
  }
  return 0;
}

/** Closes as many levels as end here, then, unless that were all, steps over a comma. */
function closeLevels(bytes: Buffer, from: number, end: number, closers: number[]): number {
  let at = skipWhitespace(bytes, from, end);
  while (at < end && bytes[at] === closers.at(-1)) {
    closers.pop();
    at += 1;
    if (closers.length === 0) return at;
    at = skipWhitespace(bytes, at, end);
  }
  return at < end && bytes[at] === COMMA ? skipWhitespace(bytes, at + 1, end) : 0;
}

/** The place of a member's value, behind its name and the colon. */
export function skipName(bytes: Buffer, from: number, end: number): number {
  const nameEnd = from < end && bytes[from] === QUOTE ? skipString(bytes, from, end) : 0;
  if (nameEnd === 0) return 0;
  const colon = skipWhitespace(bytes, nameEnd, end);
  return colon < end && bytes[colon] === COLON ? skipWhitespace(bytes, colon + 1, end) : 0;
}

/** What the well-formed string in [start, end), quotes included, stands for, as UTF-8. */
export function unescapeString(bytes: Buffer, start: number, end: number): Buffer {
  const inside = bytes.subarray(start + 1, end - 1);
  if (!inside.includes(BACKSLASH)) return inside;
  const pieces: Buffer[] = [];
  for (let at = 0; at < inside.length; ) {
    const backslash = inside.indexOf(BACKSLASH, at);
    const plainEnd = backslash < 0 ? inside.length : backslash;
    pieces.push(inside.subarray(at, plainEnd));
    at = plainEnd;
    let escaped = "";
    while (at < inside.length && inside[at] === BACKSLASH) {
      const isCode = inside[at + 1] === LETTER_U;
      escaped += isCode ? String.fromCharCode(hexCode(inside, at + 2)) : ESCAPES.get(inside[at + 1]);
      at += isCode ? 6 : 2;
    }
    pieces.push(Buffer.from(escaped));
  }
  return Buffer.concat(pieces);
}

function hexCode(bytes: Buffer, from: number): number {
  return Number.parseInt(bytes.toString("latin1", from, from + 4), 16);
}

/** The end of a value without parts. */
function skipScalar(bytes: Buffer, from: number, end: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from, end);
  if (first === 45 || isDigit(first)) return skipNumber(bytes, from, end);
  const literal = LITERALS.find((text) => bytes.toString("latin1", from, Math.min(end, from + text.length)) === text);
  return literal === undefined ? 0 : from + literal.length;
}

function skipNumber(bytes: Buffer, from: number, end: number): number {
  let at = bytes[from] === 45 ? from + 1 : from;
  if (at === end) return 0;
  at = bytes[at] === 48 ? at + 1 : skipDigits(bytes, at, end);
  if (at === 0) return 0;
  if (at < end && bytes[at] === 46) {
    at = skipDigits(bytes, at + 1, end);
    if (at === 0) return 0;
  }
  if (at < end && (bytes[at] | 0x20) === 101) {
    at += 1;
    if (at < end && (bytes[at] === 43 || bytes[at] === 45)) at += 1;
    at = skipDigits(bytes, at, end);
  }
  return at;
}

/** One digit or more. */
function skipDigits(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isDigit(bytes[at])) at += 1;
  return at === from ? 0 : at;
}

function isDigit(character: number): boolean {
  return character >= 48 && character <= 57;
}

function isHexDigit(character: number): boolean {
  const lower = character | 0x20;
  return isDigit(character) || (lower >= 97 && lower <= 102);
}
