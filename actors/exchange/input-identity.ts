/**
 * Whether a file on this machine is an input of a job, as it was when the job began.
 *
 * Owns: the comparison: size, time of modification, and both ends. A path alone says nothing.
 */
import { type FileHandle, open } from "node:fs/promises";
import { hashOfEnds, type InputFile } from "../job/messages.ts";
import { FILE_IDENTITY_BYTES } from "../options.ts";

/** The open file; undefined if it is another one. Errors: those of the file system. */
export async function openSame(file: InputFile): Promise<FileHandle | undefined> {
  const handle = await open(file.absolutePath, "r");
  try {
    if ((await isUnchanged(handle, file)) && (await endsHashOf(handle, file)) === file.endsHash) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

export async function isUnchanged(handle: FileHandle, { byteLength, modifiedMs }: InputFile): Promise<boolean> {
  const status = await handle.stat();
  return status.isFile() && status.size === byteLength && status.mtimeMs === modifiedMs;
}

async function endsHashOf(handle: FileHandle, { byteLength }: InputFile): Promise<string> {
  const head = await readAt(handle, 0);
  return hashOfEnds(head, await readAt(handle, Math.max(0, byteLength - FILE_IDENTITY_BYTES)));
}

async function readAt(handle: FileHandle, position: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(FILE_IDENTITY_BYTES);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
  return bytes.subarray(0, bytesRead);
}
