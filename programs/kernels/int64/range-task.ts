/**
 * Makes the text of one range of the final order out of stretches of sorted runs.
 *
 * Owns: the pairs of the range.
 * Never: looks beyond the range: pairs of neighbouring ranges in the same blocks are left out.
 *
 * G1. A range of one single pair value is counted, not collected: it may have more copies than memory has room for.
 */
import { BrokenBlockError } from "../../errors.ts";
import type { TextFormatName } from "../../program.ts";
import type { OutputRange, RangeTask } from "../kernel-set.ts";
import type { BoundPair } from "../range-splitters.ts";
import { decodeRows, openBlock } from "./block-codec.ts";
import type { KernelInstance, PairColumns } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { INT64_BYTES, type PairBuffer, type ScratchRegion } from "./memory-pool.ts";
import { isSinglePair } from "./output-ranges.ts";
import { BLOCK_LENGTH_BYTES, readBlockLength } from "./run-header.ts";
import { sortPairs } from "./sort.ts";
import type { TextFormatter } from "./text-formatter.ts";

/** Pairs of one piece of text: 1 to 4 MB. */
const PIECE_PAIRS = 81_920;

export class SortedRangeTask implements RangeTask {
  readonly #resources: KernelResources;
  readonly #format: TextFormatName;
  /** Undefined: no order; everything is kept as it stands. */
  readonly #range: OutputRange | undefined;
  readonly #singlePair: boolean;
  readonly #pairs: PairBuffer;
  readonly #window: ScratchRegion;
  #copies = 0;

  constructor(resources: KernelResources, format: TextFormatName, range: OutputRange | undefined) {
    this.#resources = resources;
    this.#format = format;
    this.#range = range;
    this.#singlePair = range !== undefined && isSinglePair(range);
    this.#pairs = resources.acquirePairs();
    this.#window = resources.acquireWindow();
  }

  window(byteCount: number): Uint8Array {
    return this.#resources.instance.bytes(this.#window.ensure(byteCount), byteCount);
  }

  push(byteCount: number): void {
    const { instance } = this.#resources;
    const extent = this.#window.ensure(byteCount);
    let offset = 0;
    while (offset < byteCount) {
      const block = extent + offset + BLOCK_LENGTH_BYTES;
      offset += BLOCK_LENGTH_BYTES;
      const lengthBytes = instance.bytes(block - BLOCK_LENGTH_BYTES, BLOCK_LENGTH_BYTES);
      const byteLength = offset > byteCount ? 0 : readBlockLength(lengthBytes);
      offset += byteLength;
      if (offset > byteCount) throw new BrokenBlockError(`an extent of ${byteCount} bytes ends inside a block`);
      const { count } = openBlock(instance, block, byteLength);
      const target = this.#pairs.reserve(count);
      decodeRows(instance, block, 0, count, [target.keys, target.values]);
      this.#keep(target, count);
    }
  }

  finish(text: (bytes: Uint8Array, pairCount: number) => void): void {
    const formatter = this.#resources.formatter(this.#format);
    if (this.#singlePair) this.#formatCopies(formatter, text);
    else this.#formatPairs(formatter, text);
    this.#resources.releasePairs(this.#pairs);
    this.#resources.releaseWindow(this.#window);
  }

  /** Keeps those of a block's rows, just decoded behind the pairs there are, that belong to the range. */
  #keep(target: PairColumns, count: number): void {
    const { instance } = this.#resources;
    if (this.#range === undefined) {
      this.#pairs.count += count;
      return;
    }
    const { from, below } = this.#range;
    const start = from === undefined ? 0 : lowerBoundRow(instance, target, count, from);
    const end = below === undefined ? count : lowerBoundRow(instance, target, count, below);
    const kept = Math.max(0, end - start);
    if (this.#singlePair) {
      this.#copies += kept;
      return;
    }
    if (start > 0 && kept > 0) {
      instance.int64s(target.keys, count).copyWithin(0, start, end);
      instance.int64s(target.values, count).copyWithin(0, start, end);
    }
    this.#pairs.count += kept;
  }

  #formatPairs(formatter: TextFormatter, text: (bytes: Uint8Array, pairCount: number) => void): void {
    const { count, columns } = this.#pairs;
    if (this.#range !== undefined) sortPairs(this.#resources.instance, columns.keys, columns.values, count);
    for (let from = 0; from < count; from += PIECE_PAIRS) {
      const pairCount = Math.min(PIECE_PAIRS, count - from);
      const offset = from * INT64_BYTES;
      text(formatter.format(columns.keys + offset, columns.values + offset, pairCount), pairCount);
    }
  }

  #formatCopies(formatter: TextFormatter, text: (bytes: Uint8Array, pairCount: number) => void): void {
    const { instance } = this.#resources;
    const pieceMax = Math.min(PIECE_PAIRS, this.#copies);
    const { keys, values } = this.#pairs.reserve(pieceMax);
    const [key, value] = this.#range?.from ?? [0n, 0n];
    instance.int64s(keys, pieceMax).fill(key);
    instance.int64s(values, pieceMax).fill(value);
    for (let from = 0; from < this.#copies; from += pieceMax) {
      const pairCount = Math.min(pieceMax, this.#copies - from);
      text(formatter.format(keys, values, pairCount), pairCount);
    }
  }
}

/** The first of `count` sorted rows that is `pair` or a later one. */
function lowerBoundRow(instance: KernelInstance, columns: PairColumns, count: number, pair: BoundPair): number {
  const keys = instance.int64s(columns.keys, count);
  const values = instance.int64s(columns.values, count);
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle] < pair[0] || (keys[middle] === pair[0] && values[middle] < pair[1])) low = middle + 1;
    else high = middle;
  }
  return low;
}
