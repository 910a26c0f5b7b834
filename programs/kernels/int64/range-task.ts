/**
 * Makes the text of one range of the final order out of stretches of sorted runs.
 *
 * Owns: the pairs of the range.
 * Never: looks beyond the range: pairs of neighbouring ranges in the same blocks are left out.
 *
 * G1. Copies of the range's last pair are counted, not collected, where they are known to be many.
 * G2. When RANGE_PAIRS_MAX pairs are collected and a block more, the range ends in the middle of them. What is behind is
 *     the rest; where a range is cut depends on the runs alone.
 */
import { BrokenBlockError } from "../../errors.ts";
import { RANGE_PAIRS_MAX } from "../../limits.ts";
import type { TextFormatName } from "../../program.ts";
import type { OutputRange, RangeTask, TakeText } from "../kernel-set.ts";
import { type BoundPair, comparePairs } from "../range-splitters.ts";
import { decodeRows, openBlock } from "./block-codec.ts";
import type { KernelInstance, PairColumns } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { INT64_BYTES, type PairBuffer, type ScratchRegion } from "./memory-pool.ts";
import { isSinglePair, pairAfter } from "./output-ranges.ts";
import { BLOCK_LENGTH_BYTES, readBlockLength } from "./run-header.ts";
import { sortPairs } from "./sort.ts";
import type { TextFormatter } from "./text-formatter.ts";

/** Pairs of one piece of text: 1 to 4 MB. */
const PIECE_PAIRS = 81_920;

export class SortedRangeTask implements RangeTask {
  readonly #resources: KernelResources;
  readonly #format: TextFormatName;
  readonly #pairsMax: number;
  /** Undefined: no order; everything is kept as it stands. */
  readonly #range: OutputRange | undefined;
  /** Where the range ends for this task. */
  #below: BoundPair | undefined;
  #isCut = false;
  /** The range's last pair, if it is counted. */
  #counted: BoundPair | undefined;
  readonly #pairs: PairBuffer;
  readonly #window: ScratchRegion;
  #copies = 0;

  constructor(
    resources: KernelResources,
    format: TextFormatName,
    range: OutputRange | undefined,
    pairsMax = RANGE_PAIRS_MAX,
  ) {
    this.#pairsMax = pairsMax;
    this.#resources = resources;
    this.#format = format;
    this.#range = range;
    this.#below = range?.below;
    this.#counted = range !== undefined && isSinglePair(range) ? range.from : undefined;
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

  finish(text: TakeText): OutputRange | undefined {
    const formatter = this.#resources.formatter(this.#format);
    this.#formatPairs(formatter, text);
    this.#formatCopies(formatter, text);
    this.#resources.releasePairs(this.#pairs);
    this.#resources.releaseWindow(this.#window);
    if (this.#range === undefined || !this.#isCut || this.#below === undefined) return undefined;
    return { ...this.#range, from: this.#below };
  }

  /** Keeps those of a block's rows, just decoded behind the pairs there are, that belong to the range. */
  #keep(target: PairColumns, count: number): void {
    const { instance } = this.#resources;
    if (this.#range === undefined) {
      this.#pairs.count += count;
      return;
    }
    const bound = (pair: BoundPair | undefined, open: number): number =>
      pair === undefined ? open : lowerBoundRow(instance, target, count, pair);
    const start = bound(this.#range.from, 0);
    const below = bound(this.#below, count);
    const end = bound(this.#counted, below);
    this.#copies += Math.max(0, below - Math.max(start, end));
    const kept = Math.max(0, end - start);
    if (start > 0 && kept > 0) {
      instance.int64s(target.keys, count).copyWithin(0, start, end);
      instance.int64s(target.values, count).copyWithin(0, start, end);
    }
    this.#pairs.count += kept;
    if (this.#pairs.count > this.#pairsMax) this.#cut();
  }

  /** Ends the range in the middle of its pairs, or behind the first one where that has so many copies. */
  #cut(): void {
    const { instance } = this.#resources;
    const { columns, count } = this.#pairs;
    sortPairs(instance, columns.keys, columns.values, count);
    const pairAt = (row: number): BoundPair => [
      instance.int64s(columns.keys + row * INT64_BYTES, 1)[0],
      instance.int64s(columns.values + row * INT64_BYTES, 1)[0],
    ];
    const first = pairAt(0);
    const middle = pairAt(count >>> 1);
    const rows = (pair: BoundPair | undefined): number =>
      pair === undefined ? count : lowerBoundRow(instance, columns, count, pair);
    this.#isCut = true;
    if (comparePairs(first, middle) < 0) {
      this.#below = middle;
      this.#counted = undefined;
      this.#copies = 0;
      this.#pairs.count = rows(middle);
    } else {
      this.#below = pairAfter(first);
      this.#counted = first;
      this.#copies = rows(this.#below);
      this.#pairs.count = 0;
    }
  }

  #formatPairs(formatter: TextFormatter, text: TakeText): void {
    const { count, columns } = this.#pairs;
    if (this.#range !== undefined) sortPairs(this.#resources.instance, columns.keys, columns.values, count);
    for (let from = 0; from < count; from += PIECE_PAIRS) {
      const pairCount = Math.min(PIECE_PAIRS, count - from);
      const offset = from * INT64_BYTES;
      text(formatter.format(columns.keys + offset, columns.values + offset, pairCount), pairCount, 1);
    }
  }

  /** The same piece many times, then what is left. */
  #formatCopies(formatter: TextFormatter, text: TakeText): void {
    if (this.#counted === undefined || this.#copies === 0) return;
    const { instance } = this.#resources;
    const pieceMax = Math.min(PIECE_PAIRS, this.#copies);
    this.#pairs.count = 0;
    const { keys, values } = this.#pairs.reserve(pieceMax);
    instance.int64s(keys, pieceMax).fill(this.#counted[0]);
    instance.int64s(values, pieceMax).fill(this.#counted[1]);
    const times = Math.floor(this.#copies / pieceMax);
    const rest = this.#copies % pieceMax;
    text(formatter.format(keys, values, pieceMax), pieceMax, times);
    if (rest > 0) text(formatter.format(keys, values, rest), rest, 1);
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
