/**
 * Checks all bytes that commits refer to, as the tasks that need them would, and computes nothing.
 *
 * Owns: what is checked of each kind of stored thing (docs/journal.md).
 * Never: writes.
 */
import { BUNDLE_PREFIX_BYTES, readBundlePrefix } from "../../programs/blocks/bundle.ts";
import { crc32c } from "../../programs/blocks/crc32c.ts";
import { BrokenBlockError } from "../../programs/errors.ts";
import { damageFound } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import { SpanReader, storedBundles } from "./bundle-source.ts";
import type { StoredReference, StoredResult } from "./messages.ts";
import { checkExtent, readRunHeader } from "./stored-input.ts";

export class StoredVerifier {
  /** Bytes looked at so far. */
  byteCount = 0;
  readonly #segments: SegmentReader;

  constructor(segments: SegmentReader) {
    this.#segments = segments;
  }

  /** What of a task's result is not as it was written. Errors: those of the reader that mean no damage. */
  damageOf(result: StoredResult): SegmentReference[] {
    const damaged: SegmentReference[] = [];
    const look = (at: StoredReference, check: () => void): void => {
      this.byteCount += at.byteLength;
      if (isDamaged(at, check)) damaged.push(at);
    };
    for (const { at } of result.bundles) look(at, () => this.#checkBundle(at));
    for (const run of result.runs) {
      look(run.at, () => {
        readRunHeader(this.#segments, run);
        const byteLength = run.at.byteLength - run.headerBytes;
        checkExtent(this.#segments, run.at, { offset: run.headerBytes, byteLength });
      });
    }
    for (const at of result.rejects) look(at, () => this.#checkRejects(at));
    return damaged;
  }

  #checkBundle(at: StoredReference): void {
    const prefix = new Uint8Array(BUNDLE_PREFIX_BYTES);
    this.#segments.read(at, prefix, { offset: 0, byteLength: prefix.length });
    const partitions = readBundlePrefix(prefix, at.crc);
    // A damaged count leads out of the bundle, or to entries that are not right.
    if (partitions * 12 >= at.byteLength) throw new BrokenBlockError("a bundle's index is broken");
    const [bundle] = storedBundles(this.#segments, [at]);
    new SpanReader({ first: 0, count: partitions }, partitions).check(bundle);
  }

  #checkRejects(at: StoredReference): void {
    const bytes = new Uint8Array(at.byteLength);
    this.#segments.read(at, bytes);
    if (crc32c(bytes, 0, bytes.length) !== at.crc) throw new BrokenBlockError("rejects are broken");
  }
}

function isDamaged(at: SegmentReference, check: () => void): boolean {
  try {
    check();
    return false;
  } catch (error) {
    if (error instanceof BrokenBlockError || damageFound(error, at).length > 0) return true;
    throw error;
  }
}
