/**
 * Reads integers one after the other, as `integer-writer.ts` wrote them.
 *
 * Owns: the place in the bytes.
 * Never: checks the bytes: whoever has them has compared their checksum.
 */
import { type Integer, integerOf } from "./integer.ts";
import { INT32_MARK, INT64_MARK, LONG_MARK } from "./integer-writer.ts";

const TWO_TO_32 = 0x1_0000_0000;

export class IntegerReader {
  readonly #bytes: Uint8Array;
  /** Index of the next byte. */
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  read(): Integer {
    const bytes = this.#bytes;
    const at = this.at;
    const first = bytes[at];
    if (first < 0x80) {
      this.at = at + 1;
      return unzigzag(first);
    }
    if (first < 0xc0) {
      this.at = at + 2;
      return unzigzag(((first & 0x3f) << 8) | bytes[at + 1]);
    }
    if (first < 0xe0) {
      this.at = at + 3;
      return unzigzag(((first & 0x1f) << 16) | (bytes[at + 1] << 8) | bytes[at + 2]);
    }
    if (first < 0xf0) {
      this.at = at + 4;
      return unzigzag(((first & 0x0f) << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]);
    }
    return this.#readMarked(first, at + 1);
  }

  #readMarked(mark: number, from: number): Integer {
    const bytes = this.#bytes;
    if (mark === LONG_MARK) {
      const start = from + 4;
      this.at = start + (readInt32(bytes, from) >>> 0);
      return readTwosComplement(bytes.subarray(start, this.at));
    }
    if (mark === INT64_MARK) {
      this.at = from + 8;
      return new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(from);
    }
    this.at = from + 4 + mark - INT32_MARK;
    if (mark === INT32_MARK) return readInt32(bytes, from);
    let high = (bytes[from] << 24) >> 24;
    for (let at = from + 1; at < this.at - 4; at += 1) high = high * 256 + bytes[at];
    return high * TWO_TO_32 + (readInt32(bytes, this.at - 4) >>> 0);
  }
}

function unzigzag(zigzag: number): number {
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

function readTwosComplement(bytes: Uint8Array): Integer {
  const negative = bytes[0] >= 0x80;
  const magnitude = Buffer.from(bytes);
  if (negative) for (let index = 0; index < magnitude.length; index += 1) magnitude[index] = ~magnitude[index];
  const integer = BigInt(`0x${magnitude.toString("hex")}`);
  return integerOf(negative ? ~integer : integer);
}
