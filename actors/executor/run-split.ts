/**
 * Runs stage 0 on one split: reads the lines that begin in it and pushes them through the kernels.
 *
 * Owns: which bytes belong to a split.
 * Never: parses one.
 *
 * S1. Every line of a file belongs to exactly one split: the one in which its first byte lies.
 */
import { createReadStream, readSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { DataError } from "../../programs/errors.ts";
import type { Task as KernelTask, StageKernels, TaskSink, TaskStatistics } from "../../programs/kernels/kernel-set.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { InputFile, Split } from "../job/messages.ts";
import { READ_BYTES } from "../options.ts";
import { countLines, type InputFiles, nextLineStart } from "./input-files.ts";

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

  constructor(error: DataError, file: string, line: number) {
    super(`${file}:${line}: ${error.message}`);
    this.name = "SplitError";
    this.error = error;
    this.file = file;
    this.line = line;
  }
}

/** Errors: DataError for arithmetic, SplitError for bad records; INPUT_CHANGED, INPUT_UNREADABLE. */
export async function runSplit(split: Split, context: SplitContext): Promise<TaskStatistics & { bytesIn: number }> {
  const { descriptor, file } = context.files.open(split.file);
  const task = context.kernels.beginSplit(file.text, context.sink);
  if (file.compressed) return await runCompressed(file, split, task, context);
  const start = split.start <= file.dataStart ? file.dataStart : nextLineStart(descriptor, split.start - 1, split.end);
  const end =
    split.end >= file.byteLength ? file.byteLength : nextLineStart(descriptor, split.end - 1, file.byteLength);
  const pushLines = (): TaskStatistics => {
    for (let position = start; position < end; ) {
      const wanted = Math.min(READ_BYTES, end - position);
      const byteCount = readSync(descriptor, task.window(wanted), 0, wanted, position);
      if (byteCount === 0)
        throw new RuntimeError("INPUT_CHANGED", `input "${file.name}" became shorter while it was being read`);
      task.push(byteCount);
      position += byteCount;
      context.progressed();
    }
    return task.finish();
  };
  try {
    const statistics = start < split.end ? pushLines() : task.finish();
    context.files.requireUnchanged(split.file);
    return { ...statistics, bytesIn: Math.max(0, end - start) };
  } catch (error) {
    throw locate(error, file, () => countLines(descriptor, start));
  }
}

async function runCompressed(
  file: InputFile,
  split: Split,
  task: KernelTask,
  context: SplitContext,
): Promise<TaskStatistics & { bytesIn: number }> {
  const gunzip = createGunzip();
  const source = createReadStream(file.absolutePath);
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
    const statistics = task.finish();
    context.files.requireUnchanged(split.file);
    return { ...statistics, bytesIn: file.byteLength };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z_")) {
      throw new RuntimeError(
        "INPUT_CORRUPT",
        `input "${file.name}" is not whole gzip data: ${(error as Error).message}`,
        error,
      );
    }
    throw locate(error, file, () => file.headerLines);
  } finally {
    source.destroy();
  }
}

function locate(error: unknown, file: InputFile, linesBefore: () => number): unknown {
  if (!(error instanceof DataError) || error.detail.kind !== "record") return error;
  return new SplitError(error, file.name, linesBefore() + error.detail.line + 1);
}
