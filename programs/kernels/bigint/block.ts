/**
 * The frame of a block of integers: a header, rows one after the other, a checksum. The layout is in `docs/block.md`.
 *
 * Owns: the frame.
 * Never: knows the rows: pairs are key and value, partial aggregates as `reduce-table.ts` writes them.
 */
import { crc32c } from "../../blocks/crc32c.ts";
import { BrokenBlockError } from "../../errors.ts";
import { IntegerReader } from "./integer-reader.ts";

/** 2: raw pairs. 3: partial aggregates. */
export type BlockKind = 2 | 3;

const HEADER_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** Bytes of a block besides its rows. */
export const BLOCK_FRAME_BYTES = HEADER_BYTES + CHECKSUM_BYTES;

export interface Block {
  readonly kind: BlockKind;
  readonly rowCount: number;
  /** At the first row. */
  readonly reader: IntegerReader;
}

/** Writes a block at `at` and returns where it ends. */
export function writeBlock(
  bytes: Uint8Array,
  at: number,
  { kind, rowCount, rows }: { readonly kind: BlockKind; readonly rowCount: number; readonly rows: Uint8Array },
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(at, kind, true);
  view.setUint32(at + 4, rowCount, true);
  bytes.set(rows, at + HEADER_BYTES);
  const end = at + HEADER_BYTES + rows.length;
  view.setUint32(end, crc32c(bytes, at, end), true);
  return end + CHECKSUM_BYTES;
}

/** Checks that exactly one whole block lies there, checksum included. Errors: BrokenBlockError. */
export function openBlock(bytes: Uint8Array): Block {
  if (bytes.length < BLOCK_FRAME_BYTES) throw broken(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - CHECKSUM_BYTES;
  const kind = view.getUint32(0, true);
  const isWhole = view.getUint32(end, true) === crc32c(bytes, 0, end);
  if (!isWhole || (kind !== 2 && kind !== 3)) throw broken(bytes);
  return { kind, rowCount: view.getUint32(4, true), reader: new IntegerReader(bytes, HEADER_BYTES) };
}

function broken(bytes: Uint8Array): BrokenBlockError {
  return new BrokenBlockError(`a block of ${bytes.length} bytes is broken`);
}
