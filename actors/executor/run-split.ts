/**
 * Runs stage 0 on one split: reads the lines that begin in it and pushes them through the kernels.
 *
 * Owns: which bytes belong to a split.
 * Never: parses one.
 *
 * S1. Every line of a file belongs to exactly one split: the one in which its first byte lies.
 */
import { readSync } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../../programs/errors.ts";
import type { Task as KernelTask, StageKernels, TaskSink, TaskStatistics } from "../../programs/kernels/kernel-set.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { InputFile, Split } from "../job/messages.ts";
import { READ_BYTES } from "../options.ts";
import { countLines, type InputFiles, type InputView, nextLineStart } from "./input-files.ts";
import type { InputCopy } from "./messages.ts";

const COMPRESSED_READ_BYTES = 65_536;

export interface SplitContext {
  readonly files: InputFiles;
  readonly kernels: StageKernels;
  readonly sink: TaskSink;
  readonly progressed: () => void;
}

/** A bad record of a split, with its line in the whole file (from 1). */
export class SplitError extends Error {
  readonly error: DataError;
  readonly file: string;
  readonly line: number;
  /** Where lines were counted from, if that is not the file's beginning; then the message names no line. */
  readonly linesFrom: number | undefined;

  constructor(error: DataError, place: { readonly file: string; readonly line: number; readonly linesFrom?: number }) {
    const { file, line, linesFrom } = place;
    super(linesFrom === undefined ? `${file}:${line}: ${error.message}` : error.message);
    this.name = "SplitError";
    this.error = error;
    this.file = file;
    this.line = line;
    this.linesFrom = linesFrom;
  }
}

/**
 * `copy` is read instead of the file.
 *
 * Errors: DataError for arithmetic, SplitError for bad records; INPUT_CHANGED, INPUT_CORRUPT, INPUT_UNREADABLE.
 */
export async function runSplit(
  split: Split,
  context: SplitContext,
  copy?: InputCopy,
): Promise<TaskStatistics & { bytesIn: number }> {
  const view = copy === undefined ? context.files.open(split.file) : context.files.openCopy(split.file, copy);
  try {
    return await readSplit(split, context, view);
  } finally {
    view.close();
  }
}

async function readSplit(
  split: Split,
  context: SplitContext,
  { descriptor, file, isWhole, requireUnchanged }: InputView,
): Promise<TaskStatistics & { bytesIn: number }> {
  const task = context.kernels.beginSplit(file.text, context.sink);
  const stretch = { start: file.dataStart };
  try {
    const bytesIn = file.compressed
      ? await pushCompressed(descriptor, file, task, context)
      : pushLines(descriptor, file, task, { split, stretch, context });
    const statistics = task.finish();
    requireUnchanged();
    return { ...statistics, bytesIn };
  } catch (error) {
    throw named(error, file, (line) => {
      if (file.compressed) return { line: file.headerLines + line };
      if (!isWhole) return { line, linesFrom: stretch.start };
      const { progressed } = context;
      return { line: countLines(descriptor, { from: 0, to: stretch.start, progressed }) + line };
    });
  }
}

/** The lines that begin in a split of a file that is not compressed, from 1. Cost: reads the file up to the split's end. */
export function linesOfSplit(
  descriptor: number,
  file: InputFile,
  split: Split,
  progressed: () => void,
): { readonly first: number; readonly last: number } {
  const before = { from: split.start - 1, to: split.end, progressed };
  const start = split.start > file.dataStart ? nextLineStart(descriptor, before) : file.dataStart;
  const first = countLines(descriptor, { from: 0, to: start, progressed }) + 1;
  // The line in which the split ends is its last one, whether it has an end itself or not.
  return { first, last: first + countLines(descriptor, { from: start, to: split.end - 1, progressed }) };
}

interface LinesOfSplit {
  readonly split: Split;
  /** Told where the first line of the split begins. */
  readonly stretch: { start: number };
  readonly context: SplitContext;
}

/** Pushes the lines that begin in the split (S1); returns how many bytes they have. */
function pushLines(descriptor: number, file: InputFile, task: KernelTask, lines: LinesOfSplit): number {
  const { split, stretch, context } = lines;
  const { progressed } = context;
  if (split.start > file.dataStart) {
    stretch.start = nextLineStart(descriptor, { from: split.start - 1, to: split.end, progressed });
  }
  // Inside one very long line there is nothing to read, and its end is not looked for once a split.
  if (stretch.start >= split.end) return 0;
  const behind = { from: split.end - 1, to: file.byteLength, progressed };
  const end = split.end >= file.byteLength ? split.end : nextLineStart(descriptor, behind);
  for (let position = stretch.start; position < end; ) {
    const wanted = Math.min(READ_BYTES, end - position);
    const byteCount = readSync(descriptor, task.window(wanted), 0, wanted, position);
    if (byteCount === 0)
      throw new RuntimeError("INPUT_CHANGED", `input "${file.name}" became shorter while it was being read`);
    task.push(byteCount);
    position += byteCount;
    progressed();
  }
  return end - stretch.start;
}

/** Returns the compressed bytes. The descriptor is read, not the path, so that what is read is what is checked. */
async function pushCompressed(
  descriptor: number,
  file: InputFile,
  task: KernelTask,
  context: SplitContext,
): Promise<number> {
  const gunzip = createGunzip();
  // A file stream closes its descriptor when it is destroyed, and this one stays open for the next split.
  const source = Readable.from(compressedPieces(descriptor, file.byteLength), { objectMode: false });
  source.on("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  let skip = file.dataStart;
  try {
    for await (const piece of gunzip) {
      const text = (piece as Buffer).subarray(Math.min(skip, (piece as Buffer).length));
      skip -= (piece as Buffer).length - text.length;
      if (text.length > 0) {
        task.window(text.length).set(text);
        task.push(text.length);
      }
      context.progressed();
    }
    return file.byteLength;
  } finally {
    source.destroy();
  }
}

function* compressedPieces(descriptor: number, end: number): Generator<Buffer> {
  for (let position = 0; position < end; ) {
    const bytes = Buffer.allocUnsafe(Math.min(COMPRESSED_READ_BYTES, end - position));
    const byteCount = readSync(descriptor, bytes, 0, bytes.length, position);
    // What is missing is told by gunzip, or by the check of the file's size.
    if (byteCount === 0) return;
    yield bytes.subarray(0, byteCount);
    position += byteCount;
  }
}

/** Names what went wrong while the split was read; anything else is a bug and stays as it is. */
function named(
  error: unknown,
  file: InputFile,
  placeOf: (line: number) => { readonly line: number; readonly linesFrom?: number },
): unknown {
  if (error instanceof DataError) {
    if (error.detail.kind !== "record") return error;
    return new SplitError(error, { file: file.name, ...placeOf(error.detail.line + 1) });
  }
  if (!(error instanceof Error) || error instanceof RuntimeError) return error;
  if ("code" in error && String(error.code).startsWith("Z_")) {
    return new RuntimeError("INPUT_CORRUPT", `input "${file.name}" is not whole gzip data: ${error.message}`, error);
  }
  if (!("syscall" in error)) return error;
  return new RuntimeError("INPUT_UNREADABLE", `cannot read input "${file.name}": ${error.message}`, error);
}
