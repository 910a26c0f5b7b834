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

/** Where in a bundle the index entry of a target begins: 8 bytes, start and end of its block. */
export function bundleEntryOffset(target: number): number {
  return 8 + 4 * target;
}

/** Reads an index entry of 8 bytes into the stretch of the bundle that holds the block. */
export function readBundleEntry(
  entry: Uint8Array,
  targetCount: number,
): { readonly offset: number; readonly byteLength: number } {
  assert(entry.length === 8);
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const start = view.getUint32(0, true);
  const end = view.getUint32(4, true);
  assert(start <= end, "a bundle's index must ascend");
  return { offset: bundleHeaderBytes(targetCount) + start, byteLength: end - start };
}
