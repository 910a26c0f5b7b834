/**
 * Chooses where the final order is cut into ranges, from the first pairs of sorted blocks alone.
 *
 * Owns: the choice; it is the same for every kernel set.
 * Never: reads a block or a run's header.
 *
 * C1. The splitters ascend without equals and depend on the set of blocks, not on their order.
 * C2. A pair that alone weighs more than a range gets a range of its own: from it to the pair after it.
 */
import type { OutputRange } from "./kernel-set.ts";

/** Key and value. Compared by key, then by value. */
export type BoundPair = readonly [bigint, bigint];

/** A sorted block by its first pair, or all blocks that begin with the same one. */
export interface WeightedPair {
  readonly pair: BoundPair;
  /** In pairs. */
  readonly weight: number;
}

/**
 * Shape: empty if there are no blocks, otherwise ranges without gap or overlap, the first open below, the last above.
 *        `pairAfter` gives the pair that follows in (key, value) order, or undefined if there can be none.
 * Cost:  sorts the blocks.
 */
export function cutRanges(
  blocks: readonly WeightedPair[],
  weightMax: number,
  pairAfter: (pair: BoundPair) => BoundPair | undefined,
): OutputRange[] {
  if (blocks.length === 0) return [];
  const splitters = chooseSplitters(gatherEquals(blocks), weightMax, pairAfter);
  const ranges: OutputRange[] = [];
  for (let index = 0; index <= splitters.length; index += 1) {
    ranges.push({ index, from: splitters[index - 1], below: splitters[index] });
  }
  return ranges;
}

export function comparePairs(left: BoundPair, right: BoundPair): number {
  if (left[0] !== right[0]) return left[0] < right[0] ? -1 : 1;
  if (left[1] !== right[1]) return left[1] < right[1] ? -1 : 1;
  return 0;
}

function gatherEquals(blocks: readonly WeightedPair[]): WeightedPair[] {
  const gathered: WeightedPair[] = [];
  for (const block of blocks.toSorted((left, right) => comparePairs(left.pair, right.pair))) {
    const last = gathered.at(-1);
    if (last === undefined || comparePairs(last.pair, block.pair) !== 0) gathered.push(block);
    else gathered[gathered.length - 1] = { pair: last.pair, weight: last.weight + block.weight };
  }
  return gathered;
}

function chooseSplitters(
  weighted: readonly WeightedPair[],
  weightMax: number,
  pairAfter: (pair: BoundPair) => BoundPair | undefined,
): BoundPair[] {
  const splitters: BoundPair[] = [];
  let weightSoFar = 0;
  weighted.forEach(({ pair, weight }, index) => {
    const heavy = weight > weightMax;
    const begunHere = splitters.length > 0 && comparePairs(splitters[splitters.length - 1], pair) === 0;
    if (index > 0 && !begunHere && (heavy || weightSoFar + weight > weightMax)) {
      splitters.push(pair);
      weightSoFar = 0;
    }
    weightSoFar += weight;
    if (!heavy) return;
    if (index === 0) splitters.push(pair);
    const next = pairAfter(pair);
    if (next !== undefined) splitters.push(next);
    weightSoFar = 0;
  });
  return splitters;
}
