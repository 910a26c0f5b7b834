/**
 * Reads runs that earlier tasks stored, and tells what of a task's inputs is damaged.
 *
 * Owns: the checks between a reference of the journal and the bytes that a kernel is given; those of bundles are in
 * `bundle-source.ts`.
 * Never: computes; looks into a block.
 *
 * I1. Bytes that are not those that were written never reach a result: bundles by the checks of their index, headers of
 *     runs by the checksum of their reference, blocks by their own checksum, which the kernels look at.
 * I2. Where one input of a task is damaged the others are looked at as well, so that all is made again at once.
 */
import { isWholeBlock } from "../../programs/blocks/bundle.ts";
import { crc32c } from "../../programs/blocks/crc32c.ts";
import { BrokenBlockError } from "../../programs/errors.ts";
import { damageFound, SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import type { RunReference } from "./messages.ts";

const BLOCK_LENGTH_BYTES = 4;

/** Reads the header of a run. Errors: SEGMENT_DAMAGED, and those of the reader. */
export function readRunHeader(segments: SegmentReader, { at, headerBytes }: RunReference): Uint8Array {
  const header = new Uint8Array(headerBytes);
  segments.read(at, header, { offset: 0, byteLength: headerBytes });
  if (crc32c(header, 0, header.length) !== at.crc) throw new SegmentDamageError([at]);
  return header;
}

/** Checks a stretch of a run, each block behind its length, as a kernel would. Errors: as `readRunHeader`. */
export function checkExtent(
  segments: SegmentReader,
  at: SegmentReference,
  extent: { readonly offset: number; readonly byteLength: number },
): void {
  const bytes = new Uint8Array(extent.byteLength);
  segments.read(at, bytes, extent);
  const view = new DataView(bytes.buffer);
  for (let offset = 0; offset < bytes.length; ) {
    const start = offset + BLOCK_LENGTH_BYTES;
    offset = start > bytes.length ? start : start + view.getUint32(offset, true);
    if (offset > bytes.length || !isWholeBlock(bytes.subarray(start, offset))) throw new SegmentDamageError([at]);
  }
}

/**
 * Has each input used in turn; once one is damaged, the others are checked instead, and one error names them all (I2).
 *
 * Errors: SEGMENT_DAMAGED; what `use` throws otherwise, and what `check` throws that is no damage.
 */
export function useEach<Input>(
  inputs: readonly Input[],
  act: {
    /** Undefined for one that is not stored: it cannot be damaged, so an error is a bug. */
    readonly at: (input: Input) => SegmentReference | undefined;
    readonly use: (input: Input) => void;
    readonly check: (input: Input) => void;
  },
): void {
  for (const [index, input] of inputs.entries()) {
    try {
      act.use(input);
    } catch (error) {
      const found = foundIn(error, act.at(input));
      if (found.length === 0) throw error;
      const others = inputs.slice(index + 1).flatMap((other) => damageOf(other, act));
      throw new SegmentDamageError([...found, ...others], error);
    }
  }
}

function damageOf<Input>(
  input: Input,
  {
    at,
    check,
  }: { readonly at: (input: Input) => SegmentReference | undefined; readonly check: (input: Input) => void },
): readonly SegmentReference[] {
  try {
    check(input);
    return [];
  } catch (error) {
    const found = foundIn(error, at(input));
    if (found.length === 0) throw error;
    return found;
  }
}

function foundIn(error: unknown, at: SegmentReference | undefined): readonly SegmentReference[] {
  if (at === undefined) return [];
  return error instanceof BrokenBlockError ? [at] : damageFound(error, at);
}
