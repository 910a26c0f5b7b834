/**
 * A bundle: all blocks that one task emits at once, one for each target partition that has pairs, behind an index.
 *
 * Owns: the layout of the index.
 * Never: looks into a block.
 *
 * Layout (little endian): u32 magic, u32 target count P, (P + 1) u32 offsets relative to the first block;
 * block t occupies [offset[t], offset[t + 1]) and is absent where they are equal.
 */
import assert from "node:assert/strict";

export const BUNDLE_MAGIC = 0x31424441;

/** Bytes before the first block. */
export function bundleHeaderBytes(targetCount: number): number {
  return 8 + 4 * (targetCount + 1);
}

/** Writes the index; `offsets` has targetCount + 1 entries, ascending from 0. */
export function writeBundleHeader(bytes: Uint8Array, offsets: Uint32Array): void {
  const targetCount = offsets.length - 1;
  assert(targetCount > 0 && bytes.length >= bundleHeaderBytes(targetCount) && offsets[0] === 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(0, BUNDLE_MAGIC, true);
  view.setUint32(4, targetCount, true);
  for (let index = 0; index <= targetCount; index += 1) view.setUint32(8 + 4 * index, offsets[index], true);
}

/** Where in a bundle its index says where the blocks of `count` targets from `first` on lie. */
export function bundleIndexStretch(
  first: number,
  count: number,
): { readonly offset: number; readonly byteLength: number } {
  return { offset: 8 + 4 * first, byteLength: 4 * (count + 1) };
}

/** Reads a stretch of the index: where in the bundle each of its blocks begins, and behind them where the last one ends. */
export function readBundleIndex(stretch: Uint8Array, targetCount: number): number[] {
  assert(stretch.length >= 8 && stretch.length % 4 === 0);
  const view = new DataView(stretch.buffer, stretch.byteOffset, stretch.byteLength);
  const body = bundleHeaderBytes(targetCount);
  const offsets: number[] = [];
  for (let at = 0; at < stretch.length; at += 4) {
    const offset = body + view.getUint32(at, true);
    assert(at === 0 || offset >= offsets[offsets.length - 1], "a bundle's index must ascend");
    offsets.push(offset);
  }
  return offsets;
}
