/**
 * Cuts the final order into ranges that can be sorted and formatted independently, from the headers of sorted runs alone.
 *
 * Owns: what a block weighs, and which stretch of a run a range needs; where ranges are cut is `range-splitters.ts`.
 * Never: sees a pair other than the first one of each block.
 *
 * R1. A range has about `pairsPerRange` pairs, fewer where they are long, unless it is the range of one single pair value.
 */
import assert from "node:assert/strict";
import type { OutputRange } from "../kernel-set.ts";
import { type BoundPair, comparePairs, cutRanges, type WeightedPair } from "../range-splitters.ts";
import { RunHeader } from "./run-header.ts";

/** Bytes of a block that weigh as much as a pair: several times those of a usual pair. */
const BYTES_PER_WEIGHT = 64;

/** Shape: empty if there are no pairs, otherwise at least one range. */
export function planRanges(runHeaders: readonly Uint8Array[], pairsPerRange: number): OutputRange[] {
  assert(pairsPerRange > 0);
  const blocks: WeightedPair[] = [];
  for (const bytes of runHeaders) {
    const header = new RunHeader(bytes);
    for (let block = 0; block < header.blockCount; block += 1) {
      const byteLength = header.offset(block + 1) - header.offset(block);
      const weight = Math.max(header.pairCount(block), Math.floor(byteLength / BYTES_PER_WEIGHT));
      blocks.push({ pair: header.first(block), weight });
    }
  }
  return cutRanges(blocks, pairsPerRange, pairAfter);
}

/** The stretch of blocks that may have pairs of the range. */
export function rangeExtent(
  runHeader: Uint8Array,
  { from, below }: OutputRange,
): { readonly offset: number; readonly byteLength: number } | undefined {
  const header = new RunHeader(runHeader);
  if (from !== undefined && comparePairs(header.last, from) < 0) return undefined;
  // The block before may end with pairs of the range, even with the same pair as the next one begins with.
  const firstBlock = from === undefined ? 0 : Math.max(0, header.lowerBound(from) - 1);
  const endBlock = below === undefined ? header.blockCount : header.lowerBound(below);
  if (endBlock <= firstBlock) return undefined;
  const offset = header.offset(firstBlock);
  return { offset, byteLength: header.offset(endBlock) - offset };
}

/** Whether the range holds nothing but copies of its `from`. */
export function isSinglePair({ from, below }: OutputRange): boolean {
  return from !== undefined && below !== undefined && comparePairs(pairAfter(from), below) === 0;
}

/** Of integers without limit there is always a next one; that of the key never comes, for there is no largest value. */
export function pairAfter([key, value]: BoundPair): BoundPair {
  return [key, value + 1n];
}
