/**
 * Makes the text of one range of the final order out of stretches of sorted runs.
 *
 * Owns: the pairs of the range.
 * Never: looks beyond the range: pairs of neighbouring ranges in the same blocks are left out.
 *
 * G1. Copies of the range's last pair are counted, not collected, where they are known to be many.
 * G2. When the pairs collected are more than RANGE_PAIRS_MAX, or their long integers than BIGINT_GATHERED_BYTES_MAX, the
 *     range ends in the middle of them. What is behind is the rest; where a range is cut depends on the runs alone.
 */
import { BrokenBlockError } from "../../errors.ts";
import { BIGINT_GATHERED_BYTES_MAX, RANGE_PAIRS_MAX } from "../../limits.ts";
import type { TextFormatName } from "../../program.ts";
import type { OutputRange, RangeTask, TakeText } from "../kernel-set.ts";
import { openBlock } from "./block.ts";
import { ByteWindow } from "./byte-window.ts";
import { extraBytes, type Integer, integerOf } from "./integer.ts";
import { isSinglePair, pairAfter } from "./output-ranges.ts";
import { PairList } from "./pair-list.ts";
import { BLOCK_LENGTH_BYTES } from "./run-header.ts";
import { TextFormatter } from "./text-formatter.ts";

/** Bytes of one piece of text, but for its last pair. */
const PIECE_BYTES = 1 << 20;

type Bound = readonly [Integer, Integer];

export class SortedRangeTask implements RangeTask {
  readonly #format: TextFormatName;
  readonly #pairsMax: number;
  /** Undefined: no order; everything is kept as it stands. */
  readonly #range: OutputRange | undefined;
  readonly #from: Bound | undefined;
  /** Where the range ends for this task. */
  #below: Bound | undefined;
  #isCut = false;
  /** The range's last pair, if it is counted. */
  #counted: Bound | undefined;
  #pairs = new PairList();
  #extraBytes = 0;
  readonly #window = new ByteWindow();
  #copies = 0;

  constructor(format: TextFormatName, range: OutputRange | undefined, pairsMax = RANGE_PAIRS_MAX) {
    this.#pairsMax = pairsMax;
    this.#format = format;
    this.#range = range;
    this.#from = boundOf(range?.from);
    this.#below = boundOf(range?.below);
    this.#counted = range !== undefined && isSinglePair(range) ? this.#from : undefined;
  }

  window(byteCount: number): Uint8Array {
    return this.#window.open(byteCount);
  }

  push(byteCount: number): void {
    const extent = this.#window.open(byteCount);
    const view = new DataView(extent.buffer, extent.byteOffset, extent.length);
    for (let offset = 0; offset < byteCount; ) {
      const start = offset + BLOCK_LENGTH_BYTES;
      offset = start > byteCount ? start : start + view.getUint32(offset, true);
      if (offset > byteCount) throw new BrokenBlockError(`an extent of ${byteCount} bytes ends inside a block`);
      this.#takeBlock(extent.subarray(start, offset));
    }
  }

  finish(text: TakeText): OutputRange | undefined {
    const pairs = this.#pairs;
    if (this.#range !== undefined) pairs.sort();
    const formatter = new TextFormatter(this.#format);
    let pieceStart = 0;
    for (let index = 0; index < pairs.count; index += 1) {
      formatter.write(pairs.keys[index], pairs.values[index]);
      if (formatter.length < PIECE_BYTES && index < pairs.count - 1) continue;
      text(formatter.take(), index + 1 - pieceStart, 1);
      pieceStart = index + 1;
    }
    if (this.#counted !== undefined) this.#formatCopies(this.#counted, formatter, text);
    if (this.#range === undefined || !this.#isCut || this.#below === undefined) return undefined;
    const [key, value] = this.#below;
    return { ...this.#range, from: [BigInt(key), BigInt(value)] };
  }

  /** The same piece many times, then what is left. */
  #formatCopies([key, value]: Bound, formatter: TextFormatter, text: TakeText): void {
    let left = this.#copies;
    while (left > 0) {
      let count = 0;
      while (count < left && formatter.length < PIECE_BYTES) {
        formatter.write(key, value);
        count += 1;
      }
      const times = Math.floor(left / count);
      text(formatter.take(), count, times);
      left -= count * times;
    }
  }

  #takeBlock(bytes: Uint8Array): void {
    const { reader, rowCount } = openBlock(bytes);
    for (let row = 0; row < rowCount; row += 1) {
      const key = reader.read();
      const value = reader.read();
      if (this.#from !== undefined && isBefore(key, value, this.#from)) continue;
      if (this.#below !== undefined && !isBefore(key, value, this.#below)) continue;
      if (this.#counted !== undefined && !isBefore(key, value, this.#counted)) this.#copies += 1;
      else this.#collect(key, value);
    }
  }

  #collect(key: Integer, value: Integer): void {
    this.#pairs.add(key, value);
    if (this.#range === undefined) return;
    this.#extraBytes += extraBytes(key) + extraBytes(value);
    const { count } = this.#pairs;
    if (count > this.#pairsMax || (this.#extraBytes > BIGINT_GATHERED_BYTES_MAX && count > 1)) this.#cut();
  }

  /** Ends the range in the middle of its pairs, or behind the first one where that has so many copies. */
  #cut(): void {
    const sorted = this.#pairs;
    sorted.sort();
    const [key, value] = [sorted.keys[0], sorted.values[0]];
    const middle: Bound = [sorted.keys[sorted.count >>> 1], sorted.values[sorted.count >>> 1]];
    const isFirst = !isBefore(key, value, middle);
    const next = pairAfter([BigInt(key), BigInt(value)]);
    const below = isFirst ? boundOf(next) : middle;
    const copies = isFirst ? countBefore(sorted, below as Bound) : 0;
    this.#isCut = true;
    this.#below = below;
    this.#counted = isFirst ? [key, value] : undefined;
    this.#copies = copies;
    this.#pairs = new PairList();
    this.#extraBytes = 0;
    if (isFirst) return;
    for (let row = 0; isBefore(sorted.keys[row], sorted.values[row], middle); row += 1) {
      this.#pairs.add(sorted.keys[row], sorted.values[row]);
      this.#extraBytes += extraBytes(sorted.keys[row]) + extraBytes(sorted.values[row]);
    }
  }
}

function countBefore(sorted: PairList, bound: Bound): number {
  let count = 0;
  while (count < sorted.count && isBefore(sorted.keys[count], sorted.values[count], bound)) count += 1;
  return count;
}

function boundOf(bound: readonly [bigint, bigint] | undefined): Bound | undefined {
  return bound === undefined ? undefined : [integerOf(bound[0]), integerOf(bound[1])];
}

function isBefore(key: Integer, value: Integer, bound: Bound): boolean {
  return key === bound[0] ? value < bound[1] : key < bound[0];
}
