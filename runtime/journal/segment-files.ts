/**
 * Append-only files beside the journal for bulk bytes, written and read synchronously on executor threads.
 *
 * Owns: the files' names, appending whole, reading exactly, and what a failed write or sync means.
 * Never: knows what the bytes are; checks them (their makers do); decides when a file may go.
 *
 * S1. A file is only ever appended to by the writer that made it; a later life writes files of its own.
 * S2. A reference is returned only when all its bytes were written.
 * S3. After one failed write or sync the writer does nothing more: a failed fsync may have dropped what it could not
 *     write, and a second one would succeed without it.
 */
import assert from "node:assert/strict";
import { closeSync, fdatasyncSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { unlink } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../errors.ts";
import { syncDirectory } from "../make-directory.ts";
import { isDiskFull } from "./disk-full.ts";
import type { DiskMeter } from "./disk-meter.ts";

export interface SegmentReference {
  /** A file's name, without a directory. */
  readonly segment: string;
  readonly offset: number;
  readonly byteLength: number;
}

export interface SegmentWriterOptions {
  /** A file that would pass this gets a successor; bytes that are longer by themselves get a file of their own. */
  readonly segmentBytesMax?: number;
  /** Counts what is written, and refuses what is too much. */
  readonly meter?: DiskMeter;
}

/** Large enough that a job has few files, small enough that freeing blocks gives room back soon. */
const SEGMENT_BYTES_MAX_DEFAULT = 1024 * 1024 * 1024;
/** Full files kept open until the next sync; beyond this the oldest is synced at once. */
const UNSYNCED_FILES_MAX = 16;
const SEGMENT_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}\.segment$/;

export class SegmentWriter {
  readonly #directory: string;
  readonly #name: string;
  readonly #segmentBytesMax: number;
  readonly #meter: DiskMeter | undefined;
  #fileCount = 0;
  #current: { readonly segment: string; readonly descriptor: number; byteLength: number } | undefined;
  #fullDescriptors: number[] = [];
  #directoryDirty = false;
  #failure: RuntimeError | undefined;
  #closed = false;

  /**
   * Makes no file before the first `append`.
   *
   * @param name unique for each life of a writer in this directory; files are called `NAME-INDEX.segment`
   */
  constructor(directory: string, name: string, options: SegmentWriterOptions = {}) {
    this.#directory = directory;
    this.#name = name;
    this.#meter = options.meter;
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX_DEFAULT;
    assert(isSegmentName(`${name}-0.segment`), `${name} is no name for a segment`);
  }

  /**
   * Writes all of `bytes` behind what was written before.
   *
   * Errors: `SEGMENT_EXISTS` if an earlier life used the name; `DISK_FULL`; `DISK_BUDGET_EXCEEDED`;
   *         `SEGMENT_WRITE_FAILED`. All are final.
   */
  append(bytes: Uint8Array): SegmentReference {
    return this.#orFail("SEGMENT_WRITE_FAILED", () => {
      if (this.#meter?.take(bytes.length) === false) throw budgetError(this.#meter, bytes.length);
      if (this.#current !== undefined && this.#current.byteLength > 0) {
        if (this.#current.byteLength + bytes.length > this.#segmentBytesMax) this.#finishFile();
      }
      this.#current ??= this.#makeFile();
      const { segment, descriptor, byteLength: offset } = this.#current;
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      this.#current.byteLength += bytes.length;
      return { segment, offset, byteLength: bytes.length };
    });
  }

  /** Returns when all that was appended is on stable storage, the files' names too. Errors: as `append`, and final. */
  sync(): void {
    this.#orFail("SEGMENT_WRITE_FAILED", () => {
      while (this.#fullDescriptors.length > 0) this.#syncOldestFullFile();
      if (this.#current !== undefined) fdatasyncSync(this.#current.descriptor);
      if (!this.#directoryDirty) return;
      syncDirectory(this.#directory);
      this.#directoryDirty = false;
    });
  }

  /** Lets go of the files without syncing them; does nothing the second time. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const descriptor of this.#fullDescriptors) closeSync(descriptor);
    if (this.#current !== undefined) closeSync(this.#current.descriptor);
  }

  #makeFile(): { segment: string; descriptor: number; byteLength: number } {
    const segment = `${this.#name}-${this.#fileCount}.segment`;
    const descriptor = openSync(path.join(this.#directory, segment), "wx");
    this.#fileCount += 1;
    this.#directoryDirty = true;
    return { segment, descriptor, byteLength: 0 };
  }

  #finishFile(): void {
    if (this.#current === undefined) return;
    this.#fullDescriptors.push(this.#current.descriptor);
    this.#current = undefined;
    if (this.#fullDescriptors.length > UNSYNCED_FILES_MAX) this.#syncOldestFullFile();
  }

  #syncOldestFullFile(): void {
    fdatasyncSync(this.#fullDescriptors[0]);
    closeSync(this.#fullDescriptors.shift()!);
  }

  #orFail<T>(code: string, work: () => T): T {
    assert(!this.#closed, "the writer is closed");
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return work();
    } catch (error) {
      this.#failure = writeError(code, path.join(this.#directory, this.#name), error);
      throw this.#failure;
    }
  }
}

/** What may be the name of a segment file; a reference may come from elsewhere and must not lead out of the directory. */
export function isSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name);
}

/** The segment files of a directory, sorted by name; none if there is no such directory. */
export function listSegments(directory: string): { readonly segment: string; readonly byteLength: number }[] {
  return segmentNames(directory).map((segment) => ({ segment, byteLength: sizeOf(path.join(directory, segment)) }));
}

/** What all segments of a directory take. */
export function segmentBytes(directory: string): number {
  return listSegments(directory).reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** How long the segment files of a directory are at the first question, each looked at once; 0 for one that is missing. */
export class SegmentLengths {
  readonly #directory: string;
  readonly #known = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  of(segment: string): number {
    const known = this.#known.get(segment);
    if (known !== undefined) return known;
    const byteLength = isSegmentName(segment) ? sizeOf(path.join(this.#directory, segment)) : 0;
    this.#known.set(segment, byteLength);
    return byteLength;
  }
}

/** Deletes segment files without keeping the thread; returns how many bytes went. One that is gone already has none. */
export async function deleteSegments(directory: string, segments: readonly string[]): Promise<number> {
  let byteCount = 0;
  for (const segment of segments) {
    assert(isSegmentName(segment), `${segment} is no name of a segment`);
    const file = path.join(directory, segment);
    const byteLength = sizeOf(file);
    try {
      await unlink(file);
      byteCount += byteLength;
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
  return byteCount;
}

/** Deletes the segment files that `keep` does not want; returns the deleted ones. Other files stay. */
export function removeSegments(
  directory: string,
  keep: (segment: string) => boolean,
): { readonly segment: string; readonly byteLength: number }[] {
  const removed = listSegments(directory).filter(({ segment }) => !keep(segment));
  for (const { segment } of removed) rmSync(path.join(directory, segment), { force: true });
  return removed;
}

function segmentNames(directory: string): string[] {
  try {
    return readdirSync(directory).filter(isSegmentName).sort();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** 0 for a file that is not there, or went while it was being looked at. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function budgetError(meter: DiskMeter, byteCount: number): RuntimeError {
  const { usedBytes, limitBytes } = meter;
  const needed = `${usedBytes + byteCount} bytes of blocks are needed at once by now, and ${limitBytes} are allowed`;
  return new RuntimeError("DISK_BUDGET_EXCEEDED", needed);
}

function writeError(code: string, place: string, error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  if (isDiskFull(error)) return new RuntimeError("DISK_FULL", `no space left for segment ${place}`, error);
  if (codeOf(error) === "EEXIST") return new RuntimeError("SEGMENT_EXISTS", `segment ${place} was used before`, error);
  const reason = error instanceof Error ? error.message : String(error);
  return new RuntimeError(code, `segment ${place} takes no more: ${reason}`, error);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
