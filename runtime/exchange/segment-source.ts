/**
 * Reads stretches of segment files for a block server, without holding up its thread for a disk.
 *
 * A thread that does nothing else reads at a third of the cost through `journal/segment-reader.ts`, synchronously.
 *
 * Owns: the open files, at most so many.
 * Never: decides who may read; checks the bytes.
 */
import { read as readFile } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../errors.ts";
import { isSegmentName } from "../journal/segment-files.ts";
import { OPEN_FILES_MAX } from "./limits.ts";
import type { BlockRead } from "./sending.ts";

export interface SegmentSource {
  /** Errors: `SEGMENT_MISSING`, `SEGMENT_TRUNCATED`, `SEGMENT_READ_FAILED`. */
  readonly read: (request: BlockRead) => Promise<void>;
  /** Closes a segment's file, so that deleting it gives its room back. */
  release(job: string, segment: string): void;
  close(): void;
}

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  /** Reads under way; a file is closed when there are none. */
  readers: number;
  closing: boolean;
}

/** `directoryOf` says where a job's segments are; undefined if there is no such job. */
export function createSegmentSource(directoryOf: (job: string) => string | undefined): SegmentSource {
  /** By path, in the order of their last use, the least recent first. */
  const files = new Map<string, OpenFile>();
  const close = (file: string): void => {
    const opened = files.get(file);
    if (opened === undefined) return;
    files.delete(file);
    opened.closing = true;
    closeUnread(opened);
  };
  const use = (file: string): OpenFile => {
    const opened = files.get(file) ?? { handle: open(file, "r"), readers: 0, closing: false };
    files.delete(file);
    files.set(file, opened);
    if (files.size > OPEN_FILES_MAX) close(files.keys().next().value!);
    return opened;
  };
  return {
    read: async (request) => {
      const file = pathOf(request, directoryOf(request.job));
      const opened = use(file);
      opened.readers += 1;
      try {
        await fill(request, file, await opened.handle);
      } catch (error) {
        throw named(error, file);
      } finally {
        opened.readers -= 1;
        if (
          opened.readers === 0 &&
          (await opened.handle.then(
            () => false,
            () => true,
          ))
        )
          close(file);
        closeUnread(opened);
      }
    },
    release: (job, segment) => {
      const directory = directoryOf(job);
      if (directory !== undefined) close(path.join(directory, segment));
    },
    close: () => {
      for (const file of [...files.keys()]) close(file);
    },
  };
}

function pathOf({ job, reference }: BlockRead, directory: string | undefined): string {
  if (directory === undefined) throw new RuntimeError("SEGMENT_MISSING", `there is no job ${JSON.stringify(job)} here`);
  if (!isSegmentName(reference.segment)) {
    throw new RuntimeError("SEGMENT_MISSING", `${JSON.stringify(reference.segment)} is no name of a segment`);
  }
  return path.join(directory, reference.segment);
}

async function fill({ reference, offset, target }: BlockRead, file: string, handle: FileHandle): Promise<void> {
  const position = reference.offset + offset;
  for (let done = 0; done < target.length; ) {
    const bytesRead = await readSome(handle, target.subarray(done), position + done);
    if (bytesRead === 0) {
      const needed = `before ${position + target.length}`;
      throw new RuntimeError("SEGMENT_TRUNCATED", `segment ${file} ends at ${position + done}, ${needed}`);
    }
    done += bytesRead;
  }
}

/** By callback: a promise of `handle.read` costs half as much again as the read itself. */
async function readSome(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    readFile(handle.fd, target, 0, target.length, position, (error, bytesRead) => {
      if (error === null) resolve(bytesRead);
      else reject(error);
    });
  });
}

function closeUnread(opened: OpenFile): void {
  if (!opened.closing || opened.readers > 0) return;
  // What cannot be opened need not be closed; and what was only read loses nothing by a failed close.
  opened.handle.then((handle) => handle.close()).catch(() => undefined);
}

function named(error: unknown, file: string): RuntimeError {
  if (error instanceof RuntimeError) return error;
  if (error instanceof Error && "code" in error && error.code === "ENOENT") {
    return new RuntimeError("SEGMENT_MISSING", `there is no segment ${file}`, error);
  }
  return new RuntimeError("SEGMENT_READ_FAILED", `segment ${file} cannot be read`, error);
}
