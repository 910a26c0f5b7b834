/**
 * The frame of a run of output: a header that says where its blocks lie and with which pair each begins, then the blocks.
 *
 * Owns: the layout, and searching it.
 * Never: looks into a block.
 *
 * Layout (little endian): u32 magic, u32 block count B, i64 key and i64 value of the run's last pair; then B entries of
 * i64 first key, i64 first value, u32 pairs, u32 offset of the block from the run's start; then u32 bytes of the run, u32 0.
 * Behind the header each block follows its own length, a u32, at its offset.
 * In a run that is not sorted, first and last pairs mean nothing.
 */
import assert from "node:assert/strict";
import { type BoundPair, comparePairs } from "../range-splitters.ts";

const RUN_MAGIC = 0x314e5552;
const PREFIX_BYTES = 24;
const ENTRY_BYTES = 24;
const SUFFIX_BYTES = 8;

/** Bytes of the length in front of each block. */
export const BLOCK_LENGTH_BYTES = 4;

export interface RunBlock {
  readonly first: BoundPair;
  readonly pairCount: number;
  /** From the run's start. */
  readonly offset: number;
}

export function runHeaderBytes(blockCount: number): number {
  return PREFIX_BYTES + blockCount * ENTRY_BYTES + SUFFIX_BYTES;
}

/** Writes the header into the first `runHeaderBytes(blocks.length)` bytes of the finished run. */
export function writeRunHeader(run: Uint8Array, blocks: readonly RunBlock[], last: BoundPair): void {
  const view = new DataView(run.buffer, run.byteOffset, run.byteLength);
  view.setUint32(0, RUN_MAGIC, true);
  view.setUint32(4, blocks.length, true);
  view.setBigInt64(8, last[0], true);
  view.setBigInt64(16, last[1], true);
  let offset = PREFIX_BYTES;
  for (const block of blocks) {
    view.setBigInt64(offset, block.first[0], true);
    view.setBigInt64(offset + 8, block.first[1], true);
    view.setUint32(offset + 16, block.pairCount, true);
    view.setUint32(offset + 20, block.offset, true);
    offset += ENTRY_BYTES;
  }
  view.setUint32(offset, run.byteLength, true);
  view.setUint32(offset + 4, 0, true);
}

/** Writes the length that stands in front of a block. */
export function writeBlockLength(bytes: Uint8Array, byteLength: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, BLOCK_LENGTH_BYTES).setUint32(0, byteLength, true);
}

export function readBlockLength(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, BLOCK_LENGTH_BYTES).getUint32(0, true);
}

/** A header as it lies in memory. */
export class RunHeader {
  readonly blockCount: number;
  readonly #view: DataView;

  constructor(header: Uint8Array) {
    assert(header.length >= runHeaderBytes(0), "a run's header is too short");
    this.#view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    assert(this.#view.getUint32(0, true) === RUN_MAGIC, "these bytes are no run of output");
    this.blockCount = this.#view.getUint32(4, true);
    assert(header.length >= runHeaderBytes(this.blockCount), "a run's header is too short");
  }

  get last(): BoundPair {
    return [this.#view.getBigInt64(8, true), this.#view.getBigInt64(16, true)];
  }

  first(block: number): BoundPair {
    const offset = PREFIX_BYTES + block * ENTRY_BYTES;
    return [this.#view.getBigInt64(offset, true), this.#view.getBigInt64(offset + 8, true)];
  }

  pairCount(block: number): number {
    return this.#view.getUint32(PREFIX_BYTES + block * ENTRY_BYTES + 16, true);
  }

  /** Offset of a block from the run's start; with `block` equal to the block count, the run's length. */
  offset(block: number): number {
    const entry = PREFIX_BYTES + block * ENTRY_BYTES;
    return this.#view.getUint32(block === this.blockCount ? entry : entry + 20, true);
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
}
