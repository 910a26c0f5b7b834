/**
 * Writes integers one after the other into bytes that grow. The layout is in `docs/block.md`.
 *
 * Owns: the form of an integer in bytes: the shortest one, so that equal integers are equal bytes.
 * Never: knows what the integers mean.
 */
import { fitsInt64, type Integer } from "./integer.ts";

const BYTES_MIN = 64;
/** Bytes of the longest short form. */
const SHORT_BYTES_MAX = 9;
const TWO_TO_32 = 0x1_0000_0000;

/** First bytes. */
export const INT32_MARK = 0xf4;
export const INT64_MARK = 0xf8;
export const LONG_MARK = 0xf9;

export class IntegerWriter {
  /** Bytes written so far. */
  length = 0;
  #bytes = new Uint8Array(BYTES_MIN);

  /** What was written; valid until something is written. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  /** Makes room for `byteCount` bytes and returns all bytes there are; whoever writes into them moves `length` on. */
  reserve(byteCount: number): Uint8Array {
    const needed = this.length + byteCount;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.bytes);
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  write(integer: Integer): void {
    if (typeof integer === "bigint") {
      this.#writeBigint(integer);
      return;
    }
    const bytes = this.reserve(SHORT_BYTES_MAX);
    let at = this.length;
    if ((integer | 0) !== integer) {
      this.length = writeWide(bytes, at, integer);
      return;
    }
    const zigzag = ((integer << 1) ^ (integer >> 31)) >>> 0;
    if (zigzag < 0x80) {
      bytes[at++] = zigzag;
    } else if (zigzag < 0x4000) {
      bytes[at++] = 0x80 | (zigzag >>> 8);
      bytes[at++] = zigzag;
    } else if (zigzag < 0x20_0000) {
      bytes[at++] = 0xc0 | (zigzag >>> 16);
      bytes[at++] = zigzag >>> 8;
      bytes[at++] = zigzag;
    } else if (zigzag < 0x1000_0000) {
      at = writeUint32(bytes, at, (0xe000_0000 | zigzag) >>> 0);
    } else {
      bytes[at++] = INT32_MARK;
      at = writeUint32(bytes, at, integer);
    }
    this.length = at;
  }

  #writeBigint(integer: bigint): void {
    if (fitsInt64(integer)) {
      const bytes = this.reserve(SHORT_BYTES_MAX);
      bytes[this.length] = INT64_MARK;
      new DataView(bytes.buffer).setBigInt64(this.length + 1, integer);
      this.length += SHORT_BYTES_MAX;
      return;
    }
    const digits = twosComplement(integer);
    const bytes = this.reserve(5 + digits.length);
    bytes[this.length] = LONG_MARK;
    writeUint32(bytes, this.length + 1, digits.length);
    bytes.set(digits, this.length + 5);
    this.length += 5 + digits.length;
  }
}

/** A safe integer beyond 32 bits, in 5 to 7 bytes behind its mark; returns where it ends. */
function writeWide(bytes: Uint8Array, from: number, integer: number): number {
  const high = Math.floor(integer / TWO_TO_32);
  const highBytes = (high << 24) >> 24 === high ? 1 : (high << 16) >> 16 === high ? 2 : 3;
  let at = from;
  bytes[at++] = INT32_MARK + highBytes;
  for (let shift = 8 * (highBytes - 1); shift >= 0; shift -= 8) bytes[at++] = high >> shift;
  return writeUint32(bytes, at, integer);
}

/** The lowest 32 bits, the most significant byte first. */
function writeUint32(bytes: Uint8Array, at: number, integer: number): number {
  bytes[at] = integer >>> 24;
  bytes[at + 1] = integer >>> 16;
  bytes[at + 2] = integer >>> 8;
  bytes[at + 3] = integer;
  return at + 4;
}

/** The fewest bytes that hold the integer with its sign, the most significant first. */
function twosComplement(integer: bigint): Uint8Array {
  const negative = integer < 0n;
  const hex = (negative ? ~integer : integer).toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  // The highest bit is the sign's.
  const bytes = Buffer.from(even[0] >= "8" ? `00${even}` : even, "hex");
  if (negative) for (let index = 0; index < bytes.length; index += 1) bytes[index] = ~bytes[index];
  return bytes;
}
