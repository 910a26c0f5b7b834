/**
 * Copies of stretches of other workers' segments, at the same places in files of the same names: references hold here as
 * they do there, and what has not been copied reads as zeros, which no checksum fits.
 *
 * Owns: the mirror files of a directory, which stretches are there, and their count on the disk's meter.
 * Never: decides what is copied; checks it.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { RuntimeError } from "../../runtime/errors.ts";
import { namedIfDiskFull } from "../../runtime/journal/disk-full.ts";
import type { DiskMeter } from "../../runtime/journal/disk-meter.ts";
import { isSegmentName, type SegmentReference } from "../../runtime/journal/segment-files.ts";
import { isSegmentBelow } from "../executor/messages.ts";

interface MirrorFile {
  readonly descriptor: number;
  /** `offset:byteLength` of what was copied. */
  readonly stretches: Set<string>;
  byteCount: number;
}

export class Mirror {
  readonly #directory: string;
  readonly #meter: DiskMeter | undefined;
  /** By job, then by segment. */
  readonly #jobs = new Map<string, Map<string, MirrorFile>>();

  constructor(directory: string, meter?: DiskMeter) {
    this.#directory = directory;
    this.#meter = meter;
  }

  has(job: string, { segment, offset, byteLength }: SegmentReference): boolean {
    return this.#jobs.get(job)?.get(segment)?.stretches.has(`${offset}:${byteLength}`) === true;
  }

  /** Errors: `DISK_FULL`, `DISK_BUDGET_EXCEEDED`, `MIRROR_FAILED`. */
  write(job: string, { segment, offset, byteLength }: SegmentReference, bytes: Uint8Array): void {
    if (this.#meter?.takeAtOnce(bytes.length) === false) {
      const text = `${bytes.length} bytes of other workers' blocks find no room below the limit of the disk's use`;
      throw new RuntimeError("DISK_BUDGET_EXCEEDED", text);
    }
    const file = this.#attempt(segment, () => this.#open(job, segment));
    // What could not be written is on the disk for all that is known.
    file.byteCount += bytes.length;
    this.#attempt(segment, () => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(file.descriptor, bytes, done, bytes.length - done, offset + done);
      }
    });
    file.stretches.add(`${offset}:${byteLength}`);
  }

  /** What was copied, zeros where nothing was. */
  read(job: string, { segment, offset, byteLength }: SegmentReference): Uint8Array {
    const bytes = new Uint8Array(byteLength);
    readSync(this.#open(job, segment).descriptor, bytes, 0, byteLength, offset);
    return bytes;
  }

  /** Removes what was copied of stages before `below`; returns its bytes, which are the caller's to count. */
  free(job: string, below: number): number {
    return this.#remove(job, (segment) => isSegmentBelow(segment, below));
  }

  /** Removes one copy. */
  remove(job: string, segment: string): void {
    this.#meter?.beginFreeing();
    this.#meter?.endFreeing(this.#remove(job, (copied) => copied === segment));
  }

  /** Removes what was copied for a job. */
  close(job: string): void {
    this.#meter?.beginFreeing();
    this.#meter?.endFreeing(this.#remove(job, () => true));
    this.#jobs.delete(job);
  }

  closeAll(): void {
    for (const job of this.#jobs.keys()) this.close(job);
  }

  #remove(job: string, isRemoved: (segment: string) => boolean): number {
    let byteCount = 0;
    const files = this.#jobs.get(job) ?? new Map<string, MirrorFile>();
    for (const [segment, file] of files) {
      if (!isRemoved(segment)) continue;
      closeSync(file.descriptor);
      rmSync(path.join(this.#directory, segment), { force: true });
      files.delete(segment);
      byteCount += file.byteCount;
    }
    return byteCount;
  }

  #open(job: string, segment: string): MirrorFile {
    const files = this.#jobs.get(job) ?? new Map<string, MirrorFile>();
    this.#jobs.set(job, files);
    let file = files.get(segment);
    if (file === undefined) {
      // Names come from other processes.
      if (!isSegmentName(segment)) throw new RuntimeError("MIRROR_FAILED", `${JSON.stringify(segment)} is no segment`);
      // What an earlier process copied may not be whole.
      file = { descriptor: openSync(path.join(this.#directory, segment), "w+"), stretches: new Set(), byteCount: 0 };
      files.set(segment, file);
    }
    return file;
  }

  #attempt<Result>(segment: string, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      const named = namedIfDiskFull(error, segment);
      if (named instanceof RuntimeError) throw named;
      throw new RuntimeError("MIRROR_FAILED", `a copy of ${segment} cannot be written: ${String(error)}`, error);
    }
  }
}
