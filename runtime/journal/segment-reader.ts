/**
 * Reads what references into segment files name.
 *
 * Owns: the open descriptors, at most so many.
 * Never: checks the bytes; writes.
 */
import assert from "node:assert/strict";
import { closeSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { RuntimeError } from "../errors.ts";
import { isSegmentName, type SegmentReference } from "./segment-files.ts";

/** Far below the usual 1,024 descriptors of a process, with a reader on each of its threads. */
const OPEN_FILES_MAX = 64;

export class SegmentReader {
  readonly #directory: string;
  /** In the order of their last use, the least recent first. */
  readonly #descriptors = new Map<string, number>();
  #closed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Fills `target` with the referenced bytes, or with the stretch of them that `within` names.
   *
   * Shape:  `target` is as long as the stretch; `within.offset` counts from the reference's beginning.
   * Errors: `SEGMENT_MISSING` if there is no such file; `SEGMENT_TRUNCATED` if it ends before the stretch does;
   *         `SEGMENT_READ_FAILED`. What `target` holds after an error is undefined.
   */
  read(
    reference: SegmentReference,
    target: Uint8Array,
    within: { readonly offset: number; readonly byteLength: number } = { offset: 0, byteLength: reference.byteLength },
  ): void {
    assert(!this.#closed, "the reader is closed");
    assert(within.offset >= 0 && within.offset + within.byteLength <= reference.byteLength, "beyond the reference");
    assert(target.length === within.byteLength, "the target must be as long as what is read");
    if (target.length === 0) return;
    const descriptor = this.#descriptorOf(reference.segment);
    const position = reference.offset + within.offset;
    for (let done = 0; done < target.length; ) {
      const count = this.#readSome(reference.segment, descriptor, target, done, position + done);
      if (count === 0) throw truncated(reference, position + target.length, position + done);
      done += count;
    }
  }

  /** Closes a segment's file, so that deleting it gives its room back; it may be read again if it is still there. */
  release(segment: string): void {
    const descriptor = this.#descriptors.get(segment);
    if (descriptor === undefined) return;
    this.#descriptors.delete(segment);
    closeSync(descriptor);
  }

  /** Closes the files that `isFreed` names. */
  releaseAll(isFreed: (segment: string) => boolean): void {
    for (const segment of [...this.#descriptors.keys()]) if (isFreed(segment)) this.release(segment);
  }

  /** Closes all files; does nothing the second time. */
  close(): void {
    this.#closed = true;
    for (const segment of [...this.#descriptors.keys()]) this.release(segment);
  }

  #descriptorOf(segment: string): number {
    const known = this.#descriptors.get(segment);
    if (known !== undefined) {
      this.#descriptors.delete(segment);
      this.#descriptors.set(segment, known);
      return known;
    }
    const opened = this.#open(segment);
    if (this.#descriptors.size >= OPEN_FILES_MAX) this.release(this.#descriptors.keys().next().value!);
    this.#descriptors.set(segment, opened);
    return opened;
  }

  #open(segment: string): number {
    if (!isSegmentName(segment)) {
      throw new RuntimeError("SEGMENT_MISSING", `${JSON.stringify(segment)} is no name of a segment`);
    }
    const file = path.join(this.#directory, segment);
    try {
      return openSync(file, "r");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") {
        throw new RuntimeError("SEGMENT_MISSING", `there is no segment ${file}`, error);
      }
      throw new RuntimeError("SEGMENT_READ_FAILED", `segment ${file} cannot be opened`, error);
    }
  }

  #readSome(segment: string, descriptor: number, target: Uint8Array, done: number, position: number): number {
    try {
      return readSync(descriptor, target, done, target.length - done, position);
    } catch (error) {
      const file = path.join(this.#directory, segment);
      throw new RuntimeError("SEGMENT_READ_FAILED", `segment ${file} cannot be read at ${position}`, error);
    }
  }
}

function truncated(reference: SegmentReference, needed: number, present: number): RuntimeError {
  return new RuntimeError("SEGMENT_TRUNCATED", `segment ${reference.segment} ends at ${present}, before ${needed}`);
}
