/**
 * The frame of a run of output: a header that says where its blocks lie and with which pair each begins, then the blocks.
 *
 * Owns: the layout, and searching it.
 * Never: looks into a block.
 *
 * Layout (little endian): u32 magic, u32 block count B, u32 bytes of the header, u32 bytes of the run; then B entries of
 * u32 pairs, u32 offset of the block from the run's start, u32 offset of its first pair from the header's start; then u32
 * offset of the run's last pair; then those pairs, as `integer-writer.ts` writes key and value.
 * Behind the header each block follows its own length, a u32, at its offset.
 * In a run that is not sorted, first and last pairs mean nothing.
 */
import assert from "node:assert/strict";
import { type BoundPair, comparePairs } from "../range-splitters.ts";
import type { Integer } from "./integer.ts";
import { IntegerReader } from "./integer-reader.ts";
import { IntegerWriter } from "./integer-writer.ts";

const RUN_MAGIC = 0x324e5552;
const PREFIX_BYTES = 16;
const ENTRY_BYTES = 12;

/** Bytes of the length in front of each block. */
export const BLOCK_LENGTH_BYTES = 4;

export interface RunBlock {
  readonly first: readonly [Integer, Integer];
  readonly pairCount: number;
  /** With the length in front of it. */
  readonly byteLength: number;
}

/** The header of a run of these blocks, in this order without gaps. */
export function makeRunHeader(blocks: readonly RunBlock[], last: readonly [Integer, Integer]): Uint8Array {
  const writer = new IntegerWriter();
  const tableBytes = PREFIX_BYTES + blocks.length * ENTRY_BYTES + 4;
  writer.reserve(tableBytes);
  writer.length = tableBytes;
  const pairOffsets = [...blocks.map(({ first }) => first), last].map(([key, value]) => {
    const offset = writer.length;
    writer.write(key);
    writer.write(value);
    return offset;
  });
  const header = writer.bytes;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  let end = header.length;
  for (const [index, { pairCount, byteLength }] of blocks.entries()) {
    const entry = PREFIX_BYTES + index * ENTRY_BYTES;
    view.setUint32(entry, pairCount, true);
    view.setUint32(entry + 4, end, true);
    view.setUint32(entry + 8, pairOffsets[index], true);
    end += byteLength;
  }
  view.setUint32(tableBytes - 4, pairOffsets[blocks.length], true);
  for (const [index, number] of [RUN_MAGIC, blocks.length, header.length, end].entries()) {
    view.setUint32(4 * index, number, true);
  }
  return header;
}

/** A header as it lies in memory. */
export class RunHeader {
  readonly blockCount: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(header: Uint8Array) {
    assert(header.length >= PREFIX_BYTES, "a run's header is too short");
    this.#bytes = header;
    this.#view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    assert(this.#view.getUint32(0, true) === RUN_MAGIC, "these bytes are no run of output");
    assert(header.length >= this.#view.getUint32(8, true), "a run's header is too short");
    this.blockCount = this.#view.getUint32(4, true);
  }

  get last(): BoundPair {
    return this.#pairAt(this.#view.getUint32(this.#entry(this.blockCount), true));
  }

  first(block: number): BoundPair {
    return this.#pairAt(this.#view.getUint32(this.#entry(block) + 8, true));
  }

  pairCount(block: number): number {
    return this.#view.getUint32(this.#entry(block), true);
  }

  /** Offset of a block from the run's start; with `block` equal to the block count, the run's length. */
  offset(block: number): number {
    return this.#view.getUint32(block === this.blockCount ? 12 : this.#entry(block) + 4, true);
  }

  /** The first block that begins with `pair` or a later one. */
  lowerBound(pair: BoundPair): number {
    let low = 0;
    let high = this.blockCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePairs(this.first(middle), pair) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #entry(block: number): number {
    return PREFIX_BYTES + block * ENTRY_BYTES;
  }

  #pairAt(offset: number): BoundPair {
    const reader = new IntegerReader(this.#bytes, offset);
    return [BigInt(reader.read()), BigInt(reader.read())];
  }
}
