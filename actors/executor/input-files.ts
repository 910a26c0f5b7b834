/**
 * The input files of a job as one thread reads them: open descriptors, and the check that a file is still the same.
 *
 * Owns: descriptors of inputs, at most INPUTS_OPEN_MAX of them, and of copies of their splits.
 * Never: interprets a line.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import { RuntimeError } from "../../runtime/errors.ts";
import type { InputFile } from "../job/messages.ts";
import { INPUTS_OPEN_MAX } from "../options.ts";
import type { InputCopy } from "./messages.ts";

const LINE_FEED = 0x0a;
const SCAN_BYTES = 65_536;
/** Read at once where a copy is looked at. */
const CHECKED_BYTES = 1 << 20;

/** A file of which at least one split can be read. */
export interface InputView {
  readonly file: InputFile;
  /** Open until this thread reads other files. */
  readonly descriptor: number;
  /** Whether all of the file is there. */
  readonly isWhole: boolean;
  /** Errors: INPUT_CHANGED where size or time differ from those at the job's start. */
  requireUnchanged(): void;
  /** Called when the split was read. */
  close(): void;
}

export class InputFiles {
  readonly #files: readonly InputFile[];
  readonly #directory: string;
  /** By the file's place; the last one used is the last. */
  readonly #descriptors = new Map<number, number>();

  /** Copies lie in `directory`. */
  constructor(files: readonly InputFile[], directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /** Errors: INPUT_UNREADABLE; INPUT_CHANGED. */
  open(index: number): InputView {
    const file = this.#files[index];
    const descriptor = this.#descriptors.get(index) ?? openInput(file, file.absolutePath);
    this.#descriptors.delete(index);
    this.#descriptors.set(index, descriptor);
    this.#closeOldest();
    const view: InputView = {
      ...{ file, descriptor, isWhole: true },
      requireUnchanged: () => requireUnchanged(file, descriptor),
      close: () => {},
    };
    view.requireUnchanged();
    return view;
  }

  /**
   * That what was copied is the file was checked where it was copied from; that it is here as it came, is checked here.
   *
   * Errors: INPUT_UNREADABLE.
   */
  openCopy(index: number, copy: InputCopy): InputView {
    const file = this.#files[index];
    const descriptor = openInput(file, path.join(this.#directory, copy.segment));
    // It goes with its task, and closed its room comes back.
    const close = (): void => closeSync(descriptor);
    if (!isAsItCame(descriptor, copy)) {
      close();
      throw new RuntimeError("INPUT_UNREADABLE", `the copy of input "${file.name}" is not what was copied`);
    }
    return { file, descriptor, isWhole: file.compressed, requireUnchanged: () => {}, close };
  }

  #closeOldest(): void {
    const [[oldest, descriptor]] = this.#descriptors;
    if (this.#descriptors.size <= INPUTS_OPEN_MAX) return;
    this.#descriptors.delete(oldest);
    closeSync(descriptor);
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }
}

function openInput(file: InputFile, place: string): number {
  try {
    return openSync(place, "r");
  } catch (error) {
    const text = `cannot read input "${file.name}": ${(error as Error).message}`;
    throw new RuntimeError("INPUT_UNREADABLE", text, error);
  }
}

function requireUnchanged(file: InputFile, descriptor: number): void {
  const status = fstatSync(descriptor);
  if (status.size === file.byteLength && status.mtimeMs === file.modifiedMs) return;
  throw new RuntimeError("INPUT_CHANGED", `input "${file.name}" changed while it was being read`);
}

function isAsItCame(descriptor: number, { offset, byteLength, crc }: InputCopy): boolean {
  const bytes = Buffer.allocUnsafe(Math.min(byteLength, CHECKED_BYTES));
  let found = 0;
  for (let done = 0; done < byteLength; ) {
    const byteCount = readSync(descriptor, bytes, 0, Math.min(bytes.length, byteLength - done), offset + done);
    if (byteCount === 0) return false;
    found = crc32(bytes.subarray(0, byteCount), found);
    done += byteCount;
  }
  return found === crc;
}

/** A stretch of a file; `progressed` is called while it is read, which may take long. */
interface Stretch {
  readonly from: number;
  /** Behind it. */
  readonly to: number;
  readonly progressed: () => void;
}

/** Position behind the first line feed of the stretch, or its end if there is none. */
export function nextLineStart(descriptor: number, { from, to: limit, progressed }: Stretch): number {
  const bytes = Buffer.allocUnsafe(SCAN_BYTES);
  for (let position = from; position < limit; ) {
    const byteCount = readSync(descriptor, bytes, 0, Math.min(SCAN_BYTES, limit - position), position);
    if (byteCount === 0) return limit;
    const found = bytes.subarray(0, byteCount).indexOf(LINE_FEED);
    if (found >= 0) return position + found + 1;
    position += byteCount;
    progressed();
  }
  return limit;
}

/** Line feeds in the stretch. */
export function countLines(descriptor: number, { from, to, progressed }: Stretch): number {
  const bytes = Buffer.allocUnsafe(1 << 20);
  let lines = 0;
  for (let position = from; position < to; ) {
    const byteCount = readSync(descriptor, bytes, 0, Math.min(bytes.length, to - position), position);
    if (byteCount === 0) break;
    const piece = bytes.subarray(0, byteCount);
    for (let found = piece.indexOf(LINE_FEED); found >= 0; found = piece.indexOf(LINE_FEED, found + 1)) lines += 1;
    position += byteCount;
    progressed();
  }
  return lines;
}
