/**
 * A bundle: all blocks that one task emits at once, one for each target partition that has pairs, behind an index.
 *
 * Owns: the layout of the index, and how a reader of one entry knows that entry and block are those that were written.
 * Never: looks into a block, but for the checksum at its end.
 *
 * Layout (little endian): u32 magic, u32 target count P, u32 check of the bundle; then for each target an entry of u32
 * offset of its block relative to the first block, u32 bytes of its block (0: it has none), u32 check of the entry.
 *
 * N1. The check of a bundle is the CRC-32C of its index with each block's own checksum in place of the entry's check.
 * N2. The check of an entry is the CRC-32C of the bundle's check, the target, offset, length and the block's checksum. So
 *     whoever knows the bundle's check, as the journal does, can tell from one entry and its block alone that both are right.
 */
import assert from "node:assert/strict";
import { BrokenBlockError } from "../errors.ts";
import { crc32c } from "./crc32c.ts";

const BUNDLE_MAGIC = 0x32424441;
const PREFIX_BYTES = 12;
const CHECKSUM_BYTES = 4;

const BUNDLE_ENTRY_BYTES = 12;

/** Bytes before the first block. */
export function bundleHeaderBytes(targetCount: number): number {
  return PREFIX_BYTES + BUNDLE_ENTRY_BYTES * targetCount;
}

/** Writes the index before the blocks, which are there already; `offsets` has targetCount + 1 entries, ascending from 0. */
export function writeBundleHeader(bytes: Uint8Array, offsets: Uint32Array): void {
  const targetCount = offsets.length - 1;
  const headerBytes = bundleHeaderBytes(targetCount);
  assert(targetCount > 0 && offsets[0] === 0 && bytes.length >= headerBytes + offsets[targetCount]);
  const view = viewOf(bytes);
  view.setUint32(0, BUNDLE_MAGIC, true);
  view.setUint32(4, targetCount, true);
  view.setUint32(8, 0, true);
  for (let target = 0; target < targetCount; target += 1) {
    const entry = entryOffset(target);
    const byteLength = offsets[target + 1] - offsets[target];
    view.setUint32(entry, offsets[target], true);
    view.setUint32(entry + 4, byteLength, true);
    const blockEnd = headerBytes + offsets[target + 1];
    view.setUint32(entry + 8, byteLength === 0 ? 0 : view.getUint32(blockEnd - CHECKSUM_BYTES, true), true);
  }
  const check = crc32c(bytes, 0, headerBytes);
  view.setUint32(8, check, true);
  for (let target = 0; target < targetCount; target += 1) {
    const at = entryOffset(target);
    const blockChecksum = view.getUint32(at + 8, true);
    const [offset, byteLength] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    view.setUint32(at + 8, entryCheck({ check, target, offset, byteLength, blockChecksum }), true);
  }
}

/** The check of a whole bundle (N1), for the reference to it. */
export function bundleCheck(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(8, true);
}

/** Bytes at a bundle's start that no reader of its blocks looks at. */
export const BUNDLE_PREFIX_BYTES = PREFIX_BYTES;

/**
 * The target count in a bundle's prefix, for whoever looks at all of a bundle.
 *
 * Errors: BrokenBlockError where it is not the prefix of a bundle with that check.
 */
export function readBundlePrefix(prefix: Uint8Array, check: number): number {
  const view = viewOf(prefix);
  const targetCount = view.getUint32(4, true);
  if (view.getUint32(0, true) === BUNDLE_MAGIC && targetCount > 0 && view.getUint32(8, true) === check)
    return targetCount;
  throw new BrokenBlockError("a bundle's first bytes are broken");
}

/** Where in a bundle the index entries of `count` targets from `first` on lie. */
export function bundleIndexStretch(
  first: number,
  count: number,
): { readonly offset: number; readonly byteLength: number } {
  return { offset: entryOffset(first), byteLength: BUNDLE_ENTRY_BYTES * count };
}

export interface BundleEntry {
  /** From the bundle's start. */
  readonly offset: number;
  /** 0: there is no block. */
  readonly byteLength: number;
}

/**
 * Reads a stretch of the index: where in the bundle the blocks should be; `isEntryOf` tells whether they are.
 *
 * Errors: BrokenBlockError where the blocks do not follow one another.
 */
export function readBundleIndex(stretch: Uint8Array, targetCount: number): BundleEntry[] {
  assert(stretch.length > 0 && stretch.length % BUNDLE_ENTRY_BYTES === 0);
  const view = viewOf(stretch);
  const body = bundleHeaderBytes(targetCount);
  const entries: BundleEntry[] = [];
  for (let at = 0; at < stretch.length; at += BUNDLE_ENTRY_BYTES) {
    const entry = { offset: body + view.getUint32(at, true), byteLength: view.getUint32(at + 4, true) };
    const previous = entries.at(-1);
    if (previous !== undefined && previous.offset + previous.byteLength !== entry.offset) {
      throw new BrokenBlockError("the blocks of a bundle's index do not follow one another");
    }
    entries.push(entry);
  }
  return entries;
}

export interface EntryPlace {
  /** Of the bundle (N1). */
  readonly check: number;
  readonly target: number;
  /** The index entry's place in `stretch`, counted in entries. */
  readonly index: number;
}

/** Whether an entry is that of `target` in the bundle with this check, and the block, which may be empty, its block (N2). */
export function isEntryOf(stretch: Uint8Array, { check, target, index }: EntryPlace, block: Uint8Array): boolean {
  const view = viewOf(stretch);
  const at = index * BUNDLE_ENTRY_BYTES;
  const [offset, byteLength] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
  if (byteLength !== block.length || (byteLength > 0 && byteLength < CHECKSUM_BYTES)) return false;
  const blockChecksum = byteLength === 0 ? 0 : viewOf(block).getUint32(byteLength - CHECKSUM_BYTES, true);
  return view.getUint32(at + 8, true) === entryCheck({ check, target, offset, byteLength, blockChecksum });
}

/** Whether the bytes end with the CRC-32C of all before, as blocks of every kind do. */
export function isWholeBlock(bytes: Uint8Array): boolean {
  const end = bytes.length - CHECKSUM_BYTES;
  return end >= 0 && viewOf(bytes).getUint32(end, true) === crc32c(bytes, 0, end);
}

interface EntryFacts {
  readonly check: number;
  readonly target: number;
  readonly offset: number;
  readonly byteLength: number;
  readonly blockChecksum: number;
}

/** Reused: an entry of every target of every bundle passes here. */
const facts = new DataView(new ArrayBuffer(20));
const factBytes = new Uint8Array(facts.buffer);

function entryCheck({ check, target, offset, byteLength, blockChecksum }: EntryFacts): number {
  facts.setUint32(0, check, true);
  facts.setUint32(4, target, true);
  facts.setUint32(8, offset, true);
  facts.setUint32(12, byteLength, true);
  facts.setUint32(16, blockChecksum, true);
  return crc32c(factBytes, 0, factBytes.length);
}

function entryOffset(target: number): number {
  return PREFIX_BYTES + BUNDLE_ENTRY_BYTES * target;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
