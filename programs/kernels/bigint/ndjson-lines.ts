/**
 * Reads lines of NDJSON: an object or an array of two on each.
 *
 * Owns: what a pair looks like in JSON. A line is checked against the grammar as a whole while the two members are picked out.
 * Never: finds lines.
 */
import type { TextFormat } from "../kernel-set.ts";
import { RECORD_REASON } from "../record-reasons.ts";
import type { Integer } from "./integer.ts";
import { notIntegerReason, readInteger } from "./integer-text.ts";
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipName,
  skipString,
  skipValue,
  skipWhitespace,
  unescapeString,
} from "./json-scan.ts";
import type { LineReader } from "./line-reader.ts";

type NdjsonFormat = TextFormat & { readonly format: "ndjson" };

export class NdjsonLines implements LineReader {
  key: Integer = 0;
  value: Integer = 0;
  readonly #format: NdjsonFormat;
  readonly #keyName: Buffer;
  readonly #valueName: Buffer;
  /** Where the members begin and end, as far as they were found: an end of 0 says that there is none. */
  #keyStart = 0;
  #keyEnd = 0;
  #valueStart = 0;
  #valueEnd = 0;

  constructor(format: NdjsonFormat) {
    this.#format = format;
    this.#keyName = Buffer.from(format.keyMember);
    this.#valueName = Buffer.from(format.valueMember);
  }

  /** There is no quicker way. */
  readUsual(_bytes: Buffer, from: number): { readonly at: number; readonly lines: number } {
    return { at: from, lines: 0 };
  }

  isBlank(bytes: Buffer, start: number, end: number): boolean {
    return skipWhitespace(bytes, start, end) === end;
  }

  read(bytes: Buffer, lineStart: number, end: number): string | undefined {
    const start = skipWhitespace(bytes, lineStart, end);
    if (bytes[start] === OPEN_BRACE) return this.#readObject(bytes, start, end);
    if (bytes[start] === OPEN_BRACKET) return this.#readArray(bytes, start, end);
    const after = skipValue(bytes, start, end);
    const isJson = after !== 0 && skipWhitespace(bytes, after, end) === end;
    return isJson ? RECORD_REASON.notAPair : RECORD_REASON.notJson;
  }

  /** Of a member that occurs twice the last one counts. */
  #readObject(bytes: Buffer, start: number, end: number): string | undefined {
    this.#keyEnd = 0;
    this.#valueEnd = 0;
    let at = skipWhitespace(bytes, start + 1, end);
    let isOpen = at === end || bytes[at] !== CLOSE_BRACE;
    while (isOpen) {
      const nameStart = at;
      const memberStart = skipName(bytes, at, end);
      const memberEnd = memberStart === 0 ? 0 : skipValue(bytes, memberStart, end);
      if (memberEnd === 0) return RECORD_REASON.notJson;
      if (isNamed(bytes, nameStart, end, this.#keyName)) [this.#keyStart, this.#keyEnd] = [memberStart, memberEnd];
      if (isNamed(bytes, nameStart, end, this.#valueName)) {
        [this.#valueStart, this.#valueEnd] = [memberStart, memberEnd];
      }
      at = skipWhitespace(bytes, memberEnd, end);
      if (at === end || (bytes[at] !== COMMA && bytes[at] !== CLOSE_BRACE)) return RECORD_REASON.notJson;
      isOpen = bytes[at] === COMMA;
      if (isOpen) at = skipWhitespace(bytes, at + 1, end);
    }
    if (skipWhitespace(bytes, at + 1, end) !== end) return RECORD_REASON.notJson;
    if (this.#keyEnd === 0) return RECORD_REASON.noMember(this.#format.keyMember);
    if (this.#valueEnd === 0) return RECORD_REASON.noMember(this.#format.valueMember);
    return this.#readMembers(bytes);
  }

  #readArray(bytes: Buffer, start: number, end: number): string | undefined {
    let count = 0;
    let at = skipWhitespace(bytes, start + 1, end);
    let isOpen = at === end || bytes[at] !== CLOSE_BRACKET;
    while (isOpen) {
      const elementEnd = skipValue(bytes, at, end);
      if (elementEnd === 0) return RECORD_REASON.notJson;
      if (count === 0) [this.#keyStart, this.#keyEnd] = [at, elementEnd];
      if (count === 1) [this.#valueStart, this.#valueEnd] = [at, elementEnd];
      count += 1;
      at = skipWhitespace(bytes, elementEnd, end);
      if (at === end || (bytes[at] !== COMMA && bytes[at] !== CLOSE_BRACKET)) return RECORD_REASON.notJson;
      isOpen = bytes[at] === COMMA;
      if (isOpen) at = skipWhitespace(bytes, at + 1, end);
    }
    if (skipWhitespace(bytes, at + 1, end) !== end) return RECORD_REASON.notJson;
    return count === 2 ? this.#readMembers(bytes) : RECORD_REASON.wrongElementCount(count);
  }

  #readMembers(bytes: Buffer): string | undefined {
    const key = readMember(bytes, this.#keyStart, this.#keyEnd);
    if (typeof key === "string") return key;
    const value = readMember(bytes, this.#valueStart, this.#valueEnd);
    if (typeof value === "string") return value;
    this.key = key;
    this.value = value;
    return undefined;
  }
}

/** A number without point and exponent, or a string of digits with an optional sign; otherwise it is told why not. */
function readMember(bytes: Buffer, start: number, end: number): Integer | string {
  if (bytes[start] !== QUOTE) return readInteger(bytes, start, end) ?? notIntegerReason(bytes, start, end);
  const text = unescapeString(bytes, start, end);
  return readInteger(text, 0, text.length) ?? notIntegerReason(text, 0, text.length);
}

/** Whether the string that opens at `start` says the name. */
function isNamed(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  const nameEnd = skipString(bytes, start, end);
  // An escaped name is longer than what it stands for.
  if (nameEnd - start - 2 < name.length) return false;
  return unescapeString(bytes, start, nameEnd).equals(name);
}
