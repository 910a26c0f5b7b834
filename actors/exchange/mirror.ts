/**
 * Copies of stretches of other workers' segments, at the same places in files of the same names: references hold here as
 * they do there, and what has not been copied reads as zeros, which no checksum fits.
 *
 * Owns: the mirror files of a directory, and which stretches are there.
 * Never: decides what is copied; checks it.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";

interface MirrorFile {
  readonly descriptor: number;
  /** `offset:byteLength` of what was copied. */
  readonly stretches: Set<string>;
}

export class Mirror {
  readonly #directory: string;
  /** By job, then by segment. */
  readonly #jobs = new Map<string, Map<string, MirrorFile>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  has(job: string, { segment, offset, byteLength }: SegmentReference): boolean {
    return this.#jobs.get(job)?.get(segment)?.stretches.has(`${offset}:${byteLength}`) === true;
  }

  /** Errors: those of the file system. */
  write(job: string, { segment, offset, byteLength }: SegmentReference, bytes: Uint8Array): void {
    const file = this.#open(job, segment);
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(file.descriptor, bytes, done, bytes.length - done, offset + done);
    }
    file.stretches.add(`${offset}:${byteLength}`);
  }

  /** What was copied, zeros where nothing was. */
  read(job: string, { segment, offset, byteLength }: SegmentReference): Uint8Array {
    const bytes = new Uint8Array(byteLength);
    readSync(this.#open(job, segment).descriptor, bytes, 0, byteLength, offset);
    return bytes;
  }

  /** Removes what was copied for a job. */
  close(job: string): void {
    for (const [segment, { descriptor }] of this.#jobs.get(job) ?? []) {
      closeSync(descriptor);
      rmSync(path.join(this.#directory, segment), { force: true });
    }
    this.#jobs.delete(job);
  }

  closeAll(): void {
    for (const job of this.#jobs.keys()) this.close(job);
  }

  #open(job: string, segment: string): MirrorFile {
    const files = this.#jobs.get(job) ?? new Map<string, MirrorFile>();
    this.#jobs.set(job, files);
    let file = files.get(segment);
    if (file === undefined) {
      // What an earlier process copied may not be whole.
      file = { descriptor: openSync(path.join(this.#directory, segment), "w+"), stretches: new Set() };
      files.set(segment, file);
    }
    return file;
  }
}
