/**
 * Cuts the final order into ranges that can be sorted and formatted independently, from the headers of sorted runs alone.
 *
 * Owns: which stretch of a run a range needs; where ranges are cut is `range-splitters.ts`.
 * Never: sees a pair other than the first one of each block.
 *
 * R1. The ranges follow one another without gap or overlap; the first is open below, the last above.
 * R2. The ranges depend on the set of headers, not on their order.
 * R3. A range has about `pairsPerRange` pairs: at most one block of each run more than the splitters know of, unless it
 *     is the range of one single pair value (`below` is the pair after `from`), which may have any number.
 */
import assert from "node:assert/strict";
import type { OutputRange } from "../kernel-set.ts";
import { type BoundPair, comparePairs, cutRanges, type WeightedPair } from "../range-splitters.ts";
import { RunHeader } from "./run-header.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Shape: empty if there are no pairs, otherwise at least one range.
 * Cost: sorts the first pairs of all blocks.
 */
export function planRanges(runHeaders: readonly Uint8Array[], pairsPerRange: number): OutputRange[] {
  assert(pairsPerRange > 0);
  return cutRanges(firstPairs(runHeaders), pairsPerRange, pairAfter);
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
  if (from === undefined) return false;
  const next = pairAfter(from);
  if (next === undefined || below === undefined) return next === below;
  return comparePairs(next, below) === 0;
}

function firstPairs(runHeaders: readonly Uint8Array[]): WeightedPair[] {
  const blocks: WeightedPair[] = [];
  for (const bytes of runHeaders) {
    const header = new RunHeader(bytes);
    for (let block = 0; block < header.blockCount; block += 1) {
      blocks.push({ pair: header.first(block), weight: header.pairCount(block) });
    }
  }
  return blocks;
}

/** The pair that follows in (key, value) order; undefined after the last one there is. */
export function pairAfter([key, value]: BoundPair): BoundPair | undefined {
  if (value < INT64_MAX) return [key, value + 1n];
  if (key < INT64_MAX) return [key + 1n, INT64_MIN];
  return undefined;
}
