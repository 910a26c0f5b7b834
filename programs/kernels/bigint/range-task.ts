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
import { openBlock } from "./block.ts";
import { ByteWindow } from "./byte-window.ts";
import { type Integer, integerOf } from "./integer.ts";
import { isSinglePair } from "./output-ranges.ts";
import { PairList } from "./pair-list.ts";
import { BLOCK_LENGTH_BYTES } from "./run-header.ts";
import { TextFormatter } from "./text-formatter.ts";

/** Bytes of one piece of text, but for its last pair. */
const PIECE_BYTES = 1 << 20;

type Bound = readonly [Integer, Integer];

export class SortedRangeTask implements RangeTask {
  readonly #format: TextFormatName;
  /** False without a range: everything is kept as it stands. */
  readonly #ordered: boolean;
  readonly #from: Bound | undefined;
  readonly #below: Bound | undefined;
  readonly #singlePair: boolean;
  readonly #pairs = new PairList();
  readonly #window = new ByteWindow();
  #copies = 0;

  constructor(format: TextFormatName, range: OutputRange | undefined) {
    this.#format = format;
    this.#ordered = range !== undefined;
    this.#from = boundOf(range?.from);
    this.#below = boundOf(range?.below);
    this.#singlePair = range !== undefined && isSinglePair(range);
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

  finish(text: (bytes: Uint8Array, pairCount: number) => void): void {
    const pairs = this.#pairs;
    if (this.#ordered) pairs.sort();
    const [onlyKey, onlyValue] = this.#from ?? [0, 0];
    const formatter = new TextFormatter(this.#format);
    const count = this.#singlePair ? this.#copies : pairs.count;
    let pieceStart = 0;
    for (let index = 0; index < count; index += 1) {
      if (this.#singlePair) formatter.write(onlyKey, onlyValue);
      else formatter.write(pairs.keys[index], pairs.values[index]);
      if (formatter.length < PIECE_BYTES && index < count - 1) continue;
      text(formatter.take(), index + 1 - pieceStart);
      pieceStart = index + 1;
    }
  }

  #takeBlock(bytes: Uint8Array): void {
    const { reader, rowCount } = openBlock(bytes);
    const [from, below] = [this.#from, this.#below];
    for (let row = 0; row < rowCount; row += 1) {
      const key = reader.read();
      const value = reader.read();
      if (from !== undefined && isBefore(key, value, from)) continue;
      if (below !== undefined && !isBefore(key, value, below)) continue;
      if (this.#singlePair) this.#copies += 1;
      else this.#pairs.add(key, value);
    }
  }
}

function boundOf(bound: readonly [bigint, bigint] | undefined): Bound | undefined {
  return bound === undefined ? undefined : [integerOf(bound[0]), integerOf(bound[1])];
}

function isBefore(key: Integer, value: Integer, bound: Bound): boolean {
  return key === bound[0] ? value < bound[1] : key < bound[0];
}
