/**
 * The input files of a job as one thread reads them: open descriptors, and the check that a file is still the same.
 *
 * Owns: descriptors of inputs.
 * Never: interprets a line.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { RuntimeError } from "../../runtime/errors.ts";
import type { InputFile } from "../job/messages.ts";

const LINE_FEED = 0x0a;
const SCAN_BYTES = 65_536;

export class InputFiles {
  readonly #files: readonly InputFile[];
  readonly #descriptors = new Map<number, number>();

  constructor(files: readonly InputFile[]) {
    this.#files = files;
  }

  /** Errors: INPUT_UNREADABLE; INPUT_CHANGED where size or time differ from those at the job's start. */
  open(index: number): { readonly descriptor: number; readonly file: InputFile } {
    const file = this.#files[index];
    let descriptor = this.#descriptors.get(index);
    if (descriptor === undefined) {
      try {
        descriptor = openSync(file.absolutePath, "r");
      } catch (error) {
        throw new RuntimeError(
          "INPUT_UNREADABLE",
          `cannot read input "${file.name}": ${(error as Error).message}`,
          error,
        );
      }
      this.#descriptors.set(index, descriptor);
    }
    this.requireUnchanged(index);
    return { descriptor, file };
  }

  requireUnchanged(index: number): void {
    const file = this.#files[index];
    const status = fstatSync(this.#descriptors.get(index) as number);
    if (status.size === file.byteLength && status.mtimeMs === file.modifiedMs) return;
    throw new RuntimeError("INPUT_CHANGED", `input "${file.name}" changed while it was being read`);
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }
}

/** Position behind the first line feed at or after `from`, or `limit` if there is none before it. */
export function nextLineStart(descriptor: number, from: number, limit: number): number {
  const bytes = Buffer.allocUnsafe(SCAN_BYTES);
  for (let position = from; position < limit; ) {
    const byteCount = readSync(descriptor, bytes, 0, Math.min(SCAN_BYTES, limit - position), position);
    if (byteCount === 0) return limit;
    const found = bytes.subarray(0, byteCount).indexOf(LINE_FEED);
    if (found >= 0) return position + found + 1;
    position += byteCount;
  }
  return limit;
}

/** Line feeds in [0, end): the number of the line that begins at `end`, from 0. */
export function countLines(descriptor: number, end: number): number {
  const bytes = Buffer.allocUnsafe(1 << 20);
  let lines = 0;
  for (let position = 0; position < end; ) {
    const byteCount = readSync(descriptor, bytes, 0, Math.min(bytes.length, end - position), position);
    if (byteCount === 0) break;
    const piece = bytes.subarray(0, byteCount);
    for (let found = piece.indexOf(LINE_FEED); found >= 0; found = piece.indexOf(LINE_FEED, found + 1)) lines += 1;
    position += byteCount;
  }
  return lines;
}
