/**
 * Reads lines of CSV: `key,value`, or chosen columns of wider ones.
 *
 * Owns: what a field is. A quoted field may contain the delimiter, and a doubled quote stands for a quote, so that columns
 *       which are not asked for may hold anything.
 * Never: finds lines.
 */
import type { TextFormat } from "../kernel-set.ts";
import { fieldCountReason, RECORD_REASON } from "../record-reasons.ts";
import type { Integer } from "./integer.ts";
import { DIGIT_ZERO, MINUS, notIntegerReason, readInteger, SAFE_DIGITS } from "./integer-text.ts";
import type { LineReader, TakePair } from "./line-reader.ts";

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;

type CsvFormat = TextFormat & { readonly format: "csv" };

export class CsvLines implements LineReader {
  key: Integer = 0;
  value: Integer = 0;
  readonly #format: CsvFormat;
  readonly #swapped: boolean;
  /** Whether a usual line has just the two columns. */
  readonly #simple: boolean;

  constructor(format: CsvFormat) {
    this.#format = format;
    this.#swapped = format.keyColumn === 1 && format.valueColumn === 0;
    this.#simple = this.#swapped || (format.keyColumn === 0 && format.valueColumn === 1);
  }

  /** A usual line is two integers of at most SAFE_DIGITS digits without blanks, quotes or a plus, and LF or CRLF. */
  readUsual(bytes: Buffer, from: number, end: number, pair: TakePair): { readonly at: number; readonly lines: number } {
    const { delimiter } = this.#format;
    const swapped = this.#swapped;
    let start = from;
    let lines = 0;
    if (!this.#simple) return { at: start, lines };
    for (;;) {
      let at = start;
      const firstNegative = bytes[at] === MINUS;
      if (firstNegative) at += 1;
      const firstDigits = at;
      let first = 0;
      for (let digit = bytes[at] - DIGIT_ZERO; digit >>> 0 < 10; digit = bytes[at] - DIGIT_ZERO) {
        first = first * 10 + digit;
        at += 1;
      }
      if (at === firstDigits || at - firstDigits > SAFE_DIGITS || bytes[at] !== delimiter) break;
      at += 1;
      const secondNegative = bytes[at] === MINUS;
      if (secondNegative) at += 1;
      const secondDigits = at;
      let second = 0;
      for (let digit = bytes[at] - DIGIT_ZERO; digit >>> 0 < 10; digit = bytes[at] - DIGIT_ZERO) {
        second = second * 10 + digit;
        at += 1;
      }
      if (at === secondDigits || at - secondDigits > SAFE_DIGITS) break;
      if (bytes[at] === CARRIAGE_RETURN) at += 1;
      if (bytes[at] !== LINE_FEED || at >= end) break;
      start = at + 1;
      lines += 1;
      if (firstNegative) first = 0 - first;
      if (secondNegative) second = 0 - second;
      if (swapped) pair(second, first);
      else pair(first, second);
    }
    return { at: start, lines };
  }

  isBlank(bytes: Buffer, start: number, end: number): boolean {
    return skipBlanks(bytes, start, end, this.#format.delimiter) === end;
  }

  read(bytes: Buffer, start: number, end: number): string | undefined {
    const { delimiter, keyColumn, valueColumn, exactlyTwoFields } = this.#format;
    let key: readonly [number, number] | undefined;
    let value: readonly [number, number] | undefined;
    let fieldStart = start;
    let column = 0;
    for (;;) {
      const fieldEnd = findFieldEnd(bytes, fieldStart, end, delimiter);
      if (fieldEnd === undefined) return RECORD_REASON.openQuote;
      if (column === keyColumn) key = [fieldStart, fieldEnd];
      if (column === valueColumn) value = [fieldStart, fieldEnd];
      column += 1;
      if (fieldEnd === end) break;
      fieldStart = fieldEnd + 1;
    }
    const isWrongCount = exactlyTwoFields && column !== 2;
    if (isWrongCount || key === undefined || value === undefined) return fieldCountReason(this.#format, column);
    const readKey = readField(bytes, key[0], key[1], delimiter);
    if (typeof readKey === "string") return readKey;
    const readValue = readField(bytes, value[0], value[1], delimiter);
    if (typeof readValue === "string") return readValue;
    this.key = readKey;
    this.value = readValue;
    return undefined;
  }
}

/** A delimiter that is itself a blank makes fields, so it is none. Inside quotes no character is the delimiter: -1. */
function isBlank(character: number, delimiter: number): boolean {
  return (character === SPACE || character === TAB) && character !== delimiter;
}

function skipBlanks(bytes: Buffer, start: number, end: number, delimiter: number): number {
  let at = start;
  while (at < end && isBlank(bytes[at], delimiter)) at += 1;
  return at;
}

function skipBlanksBack(bytes: Buffer, start: number, end: number, delimiter: number): number {
  let at = end;
  while (at > start && isBlank(bytes[at - 1], delimiter)) at -= 1;
  return at;
}

/** Where the field's delimiter or the line's end is; undefined if a quote is never closed. */
function findFieldEnd(bytes: Buffer, start: number, end: number, delimiter: number): number | undefined {
  let at = skipBlanks(bytes, start, end, delimiter);
  if (at < end && bytes[at] === QUOTE) {
    at += 1;
    for (;;) {
      while (at < end && bytes[at] !== QUOTE) at += 1;
      if (at === end) return undefined;
      at += 1;
      // A doubled quote stands for one quote.
      if (at === end || bytes[at] !== QUOTE) break;
      at += 1;
    }
  }
  while (at < end && bytes[at] !== delimiter) at += 1;
  return at;
}

/** Blanks, a pair of quotes and blanks inside it fall away; the rest must be an integer, else it is told why not. */
function readField(bytes: Buffer, from: number, to: number, delimiter: number): Integer | string {
  let start = skipBlanks(bytes, from, to, delimiter);
  let end = skipBlanksBack(bytes, start, to, delimiter);
  if (end - start >= 2 && bytes[start] === QUOTE && bytes[end - 1] === QUOTE) {
    start = skipBlanks(bytes, start + 1, end - 1, -1);
    end = skipBlanksBack(bytes, start, end - 1, -1);
  }
  if (start === end) return RECORD_REASON.emptyField;
  return readInteger(bytes, start, end) ?? notIntegerReason(bytes, start, end);
}
