/**
 * Encodes columns as blocks, narrowed and checksummed, and decodes rows of them.
 *
 * Owns: the calls; the layout is `docs/block.md`, the kernel `assembly/block.ts`.
 * Never: copies a block: it is made and read where it lies in the instance's memory.
 */
import assert from "node:assert/strict";
import { BrokenBlockError } from "../../errors.ts";
import type { KernelInstance, Pointer } from "./instance.ts";

interface BlockExports {
  columnPointers(): Pointer;
  encodeBlock(kind: number, columns: Pointer, columnCount: number, from: number, count: number, out: Pointer): number;
  verifyBlock(pointer: Pointer, byteLength: number): number;
  decodeRows(block: Pointer, from: number, count: number, columns: Pointer): void;
}

/** 0: raw pairs, two columns. 1: partial aggregates, a key column and state columns. */
export type BlockKind = 0 | 1;

export interface BlockHeader {
  readonly kind: BlockKind;
  readonly columnCount: number;
  /** Rows. */
  readonly count: number;
  readonly byteLength: number;
}

/** A column count is one byte. */
export const BLOCK_COLUMNS_MAX = 255;

/** Bytes that a block may take, and the 8 behind it that encoding may overwrite. */
export function encodedBytesMax(columnCount: number, count: number): number {
  return 8 + columnCount * (9 + 8 * count) + 4 + 8;
}

/**
 * Writes rows [from, from + count) as a block and returns its bytes.
 *
 * Shape: `out` has encodedBytesMax bytes; up to 8 bytes behind the block are overwritten, so write blocks forward.
 * Cost:  each column is read twice, for its range and to be narrowed to 0..8 bytes a row.
 */
export function encodeBlock(
  instance: KernelInstance,
  kind: BlockKind,
  columns: readonly Pointer[],
  from: number,
  count: number,
  out: Pointer,
): number {
  assert(columns.length > 0 && columns.length <= BLOCK_COLUMNS_MAX, "a block has 1 to 255 columns");
  assert(kind === 1 || columns.length === 2, "raw pairs are two columns");
  const exports = instance.exports as unknown as BlockExports;
  return exports.encodeBlock(kind, passPointers(instance, columns), columns.length, from, count, out) >>> 0;
}

/** Checks that exactly one whole block lies there, checksum included, and reads its header. Errors: BrokenBlockError. */
export function openBlock(instance: KernelInstance, pointer: Pointer, byteLength: number): BlockHeader {
  const exports = instance.exports as unknown as BlockExports;
  if (!exports.verifyBlock(pointer, byteLength)) throw new BrokenBlockError(`a block of ${byteLength} bytes is broken`);
  const bytes = instance.bytes(pointer, 8);
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  return { kind: bytes[0] as BlockKind, columnCount: bytes[1], count, byteLength };
}

/** Widens rows [from, from + count) of an opened block into int64 columns, one pointer for each of its columns. */
export function decodeRows(
  instance: KernelInstance,
  block: Pointer,
  from: number,
  count: number,
  columns: readonly Pointer[],
): void {
  const exports = instance.exports as unknown as BlockExports;
  assert(instance.bytes(block, 2)[1] === columns.length, "one pointer for each column");
  exports.decodeRows(block, from, count, passPointers(instance, columns));
}

/** Pointers are passed in a fixed place of the instance's memory; the kernel reads them before it returns. */
export function passPointers(instance: KernelInstance, columns: readonly Pointer[]): Pointer {
  const pointer = (instance.exports as unknown as BlockExports).columnPointers();
  instance.uint32s(pointer, columns.length).set(columns);
  return pointer;
}
