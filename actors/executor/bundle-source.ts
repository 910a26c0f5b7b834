/**
 * Bundles as a task reads them: those that earlier tasks stored, and those that the stage before left in memory.
 *
 * Owns: how the blocks of consecutive partitions are found in a bundle, with as few reads as can be, and that they are
 * those that were written.
 * Never: looks into a block.
 */
import {
  type BundleEntry,
  bundleCheck,
  bundleIndexStretch,
  isEntryOf,
  isWholeBlock,
  readBundleIndex,
} from "../../programs/blocks/bundle.ts";
import { BrokenBlockError } from "../../programs/errors.ts";
import type { Task } from "../../programs/kernels/kernel-set.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import type { StoredReference } from "./messages.ts";

export interface BundleSource {
  /** Where it is stored; undefined for one in memory. */
  readonly at: SegmentReference | undefined;
  readonly byteLength: number;
  /** See `programs/blocks/bundle.ts`. */
  readonly check: number;
  /** Fills `target` with the bytes of the bundle from `offset` on. */
  read(offset: number, target: Uint8Array): void;
}

/** Consecutive partitions. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

export function storedBundles(segments: SegmentReader, references: readonly StoredReference[]): BundleSource[] {
  return references.map((at) => ({
    at,
    byteLength: at.byteLength,
    check: at.crc,
    read: (offset, target) => segments.read(at, target, { offset, byteLength: target.length }),
  }));
}

export function heldBundles(bundles: readonly Uint8Array[]): BundleSource[] {
  return bundles.map((bytes) => ({
    at: undefined,
    byteLength: bytes.length,
    check: bundleCheck(bytes),
    read: (offset, target) => target.set(bytes.subarray(offset, offset + target.length)),
  }));
}

/** Hands the blocks of the span's partitions to a task; remembers memory from one bundle to the next. */
export class SpanReader {
  readonly #span: Span;
  readonly #partitionCount: number;
  readonly #index: Uint8Array;
  readonly #indexOffset: number;
  #body = new Uint8Array(0);

  constructor(span: Span, partitionCount: number) {
    const { offset, byteLength } = bundleIndexStretch(span.first, span.count);
    this.#span = span;
    this.#partitionCount = partitionCount;
    this.#index = new Uint8Array(byteLength);
    this.#indexOffset = offset;
  }

  /**
   * Pushes the blocks of one bundle in the order of their partitions; returns their bytes.
   *
   * Errors: BrokenBlockError where what is read is not what was written; those of the source and of the task.
   */
  push(bundle: BundleSource, task: Task): number {
    const { entries, start, byteLength } = this.#readIndex(bundle);
    if (this.#span.count === 1) {
      const block = byteLength === 0 ? this.#bodyOf(0) : task.window(byteLength);
      if (byteLength > 0) bundle.read(start, block);
      this.#requireEntry(bundle, 0, block);
      if (byteLength > 0) task.push(byteLength);
      return byteLength;
    }
    for (const block of this.#readBlocks(bundle, entries)) {
      task.window(block.length).set(block);
      task.push(block.length);
    }
    return byteLength;
  }

  /** Checks all that `push` and the task's kernels would. Errors: as `push`. */
  check(bundle: BundleSource): void {
    const { entries } = this.#readIndex(bundle);
    for (const block of this.#readBlocks(bundle, entries)) {
      if (!isWholeBlock(block)) throw new BrokenBlockError(`a block of ${block.length} bytes is broken`);
    }
  }

  #readIndex(bundle: BundleSource): { entries: readonly BundleEntry[]; start: number; byteLength: number } {
    bundle.read(this.#indexOffset, this.#index);
    const entries = readBundleIndex(this.#index, this.#partitionCount);
    const { offset: start } = entries[0];
    const last = entries[entries.length - 1];
    const end = last.offset + last.byteLength;
    if (end > bundle.byteLength) throw new BrokenBlockError("a bundle's index leads out of it");
    return { entries, start, byteLength: end - start };
  }

  /** Every block that there is, checked against its entry; valid until the next call. */
  *#readBlocks(bundle: BundleSource, entries: readonly BundleEntry[]): Generator<Uint8Array> {
    const start = entries[0].offset;
    const last = entries[entries.length - 1];
    const body = this.#bodyOf(last.offset + last.byteLength - start);
    if (body.length > 0) bundle.read(start, body);
    for (const [index, { offset, byteLength }] of entries.entries()) {
      const block = body.subarray(offset - start, offset - start + byteLength);
      this.#requireEntry(bundle, index, block);
      if (byteLength > 0) yield block;
    }
  }

  #requireEntry({ check }: BundleSource, index: number, block: Uint8Array): void {
    const place = { check, target: this.#span.first + index, index };
    if (!isEntryOf(this.#index, place, block)) throw new BrokenBlockError("a bundle's index does not fit its block");
  }

  #bodyOf(byteLength: number): Uint8Array {
    if (this.#body.length < byteLength) this.#body = new Uint8Array(2 ** Math.ceil(Math.log2(byteLength)));
    return this.#body.subarray(0, byteLength);
  }
}
