/**
 * Bundles as a task reads them: those that earlier tasks stored, and those that the stage before left in memory.
 *
 * Owns: how the blocks of consecutive partitions are found in a bundle, with as few reads as can be.
 * Never: looks into a block.
 */
import { bundleIndexStretch, readBundleIndex } from "../../programs/blocks/bundle.ts";
import type { Task } from "../../programs/kernels/kernel-set.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { SegmentReader } from "../../runtime/journal/segment-reader.ts";

export interface BundleSource {
  /** Fills `target` with the bytes of the bundle from `offset` on. */
  read(offset: number, target: Uint8Array): void;
}

/** Consecutive partitions. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

export function storedBundles(segments: SegmentReader, references: readonly SegmentReference[]): BundleSource[] {
  return references.map((reference) => ({
    read: (offset, target) => segments.read(reference, target, { offset, byteLength: target.length }),
  }));
}

export function heldBundles(bundles: readonly Uint8Array[]): BundleSource[] {
  return bundles.map((bytes) => ({
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

  /** Pushes the blocks of one bundle in the order of their partitions; returns their bytes. */
  push(bundle: BundleSource, task: Task): number {
    bundle.read(this.#indexOffset, this.#index);
    const offsets = readBundleIndex(this.#index, this.#partitionCount);
    const { count } = this.#span;
    const [start, end] = [offsets[0], offsets[count]];
    if (start === end) return 0;
    if (count === 1) {
      bundle.read(start, task.window(end - start));
      task.push(end - start);
      return end - start;
    }
    const body = this.#bodyOf(end - start);
    bundle.read(start, body);
    for (let at = 0; at < count; at += 1) {
      const byteLength = offsets[at + 1] - offsets[at];
      if (byteLength === 0) continue;
      task.window(byteLength).set(body.subarray(offsets[at] - start, offsets[at + 1] - start));
      task.push(byteLength);
    }
    return end - start;
  }

  #bodyOf(byteLength: number): Uint8Array {
    if (this.#body.length < byteLength) this.#body = new Uint8Array(2 ** Math.ceil(Math.log2(byteLength)));
    return this.#body.subarray(0, byteLength);
  }
}
