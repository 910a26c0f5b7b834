/**
 * Writes pairs as text, digit by digit.
 *
 * Owns: the bytes of a piece of text, used again for the next one.
 * Never: keeps a piece.
 */
import type { TextFormatName } from "../../program.ts";
import type { Integer } from "./integer.ts";

const BYTES_MIN = 1 << 16;
/** A sign and the digits of 32 bits. */
const SHORT_BYTES_MAX = 11;
const MINUS = 45;
const DIGIT_ZERO = 48;

/** What stands before the key, between key and value, and behind the value. */
const FRAMES: Readonly<Record<TextFormatName, readonly [string, string, string]>> = {
  csv: ["", ",", "\n"],
  ndjson: ['{"k":', ',"v":', "}\n"],
};

export class TextFormatter {
  /** Bytes of text since the last `take`. */
  length = 0;
  readonly #before: Uint8Array;
  readonly #between: Uint8Array;
  readonly #behind: Uint8Array;
  #bytes = new Uint8Array(BYTES_MIN);

  constructor(format: TextFormatName) {
    [this.#before, this.#between, this.#behind] = FRAMES[format].map((text) => Buffer.from(text));
  }

  write(key: Integer, value: Integer): void {
    this.#writeBytes(this.#before);
    this.#writeInteger(key);
    this.#writeBytes(this.#between);
    this.#writeInteger(value);
    this.#writeBytes(this.#behind);
  }

  /** The text so far, valid until something is written; begins a new piece. */
  take(): Uint8Array {
    const text = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return text;
  }

  #writeBytes(source: Uint8Array): void {
    const bytes = this.#reserve(source.length);
    for (let index = 0; index < source.length; index += 1) bytes[this.length++] = source[index];
  }

  #writeInteger(integer: Integer): void {
    if (typeof integer === "number" && (integer | 0) === integer) {
      this.length = writeInt32(this.#reserve(SHORT_BYTES_MAX), this.length, integer);
      return;
    }
    const digits = integer.toString();
    const bytes = this.#reserve(digits.length);
    for (let index = 0; index < digits.length; index += 1) bytes[this.length++] = digits.charCodeAt(index);
  }

  #reserve(byteCount: number): Uint8Array {
    const needed = this.length + byteCount;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.length));
      this.#bytes = grown;
    }
    return this.#bytes;
  }
}

/** Returns where the digits end. */
function writeInt32(bytes: Uint8Array, from: number, integer: number): number {
  let at = from;
  if (integer < 0) bytes[at++] = MINUS;
  // The magnitude of -(2 ** 31) does not fit 32 bits with sign.
  let rest = Math.abs(integer) >>> 0;
  let digitCount = 1;
  for (let power = 10; power <= rest; power *= 10) digitCount += 1;
  const end = at + digitCount;
  for (let place = end - 1; place >= at; place -= 1) {
    const quotient = (rest / 10) >>> 0;
    bytes[place] = DIGIT_ZERO + rest - quotient * 10;
    rest = quotient;
  }
  return end;
}
