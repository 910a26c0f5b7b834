/**
 * Serves the input files of running jobs to workers that do not see them, over the coordinator's listener.
 *
 * Owns: the open files, at most so many.
 * Never: serves a file that is not the one that its job began with.
 *
 * N1. A peer names a job and the number of one of its files, never a path.
 * N2. What is sent was read from a file that was looked at before and after: one that has changed is gone (`BLOCK_GONE`).
 */
import { read as readFile } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { RuntimeError } from "../../runtime/errors.ts";
import { createBlockServer } from "../../runtime/exchange/block-server.ts";
import type { BlockRead } from "../../runtime/exchange/sending.ts";
import type { Listener } from "../../runtime/socket/listener.ts";
import type { InputFile } from "../job/messages.ts";
import { INPUTS_OPEN_MAX } from "../options.ts";
import { isUnchanged, openSame } from "./input-identity.ts";
import { inputNumber } from "./segment-names.ts";

export interface InputServingOptions {
  readonly listener: Listener;
  /** Whether a process may have the inputs of a job: one of its workers. */
  readonly allow: (process: string, job: string) => boolean;
  /** Undefined for a job that is not running. */
  readonly filesOf: (job: string) => readonly InputFile[] | undefined;
}

export interface InputServing {
  /** Closes the files of a job that has ended. */
  release(job: string): void;
  /** Hangs up on every peer; the listener stays open. */
  close(): void;
}

export function serveInputs({ listener, allow, filesOf }: InputServingOptions): InputServing {
  const inputs = new OpenInputs();
  const server = createBlockServer({
    listener,
    allow: ({ process }, job) => allow(process, job),
    read: async ({ job, reference, offset, target }: BlockRead) => {
      const number = inputNumber(reference.segment);
      const file = number === undefined ? undefined : filesOf(job)?.[number];
      if (file === undefined) throw gone(`${job} has no input ${reference.segment}`);
      await inputs.read(`${job}/${number}`, file, { position: reference.offset + offset, target });
    },
  });
  return {
    release: (job) => inputs.closeThose((name) => name.startsWith(`${job}/`)),
    close: () => {
      server.close();
      inputs.closeThose(() => true);
    },
  };
}

interface OpenInput {
  readonly handle: Promise<FileHandle | undefined>;
  readers: number;
  closing: boolean;
}

class OpenInputs {
  /** By job and number, in the order of their last use, the least recent first. */
  readonly #inputs = new Map<string, OpenInput>();

  /** Errors: SEGMENT_MISSING for a file that is another one now; those of the file system. */
  async read(name: string, file: InputFile, stretch: { position: number; target: Uint8Array }): Promise<void> {
    const input = this.#use(name, file);
    input.readers += 1;
    try {
      const handle = await input.handle;
      if (handle === undefined || !(await fill(handle, stretch)) || !(await isUnchanged(handle, file))) {
        throw gone(`input "${file.name}" is not what it was`);
      }
    } catch (error) {
      // It is looked at again when somebody asks again.
      if (this.#inputs.get(name) === input) this.closeThose((other) => other === name);
      throw error;
    } finally {
      input.readers -= 1;
      closeUnread(input);
    }
  }

  closeThose(isClosed: (name: string) => boolean): void {
    for (const [name, input] of this.#inputs) {
      if (!isClosed(name)) continue;
      this.#inputs.delete(name);
      input.closing = true;
      closeUnread(input);
    }
  }

  #use(name: string, file: InputFile): OpenInput {
    const input = this.#inputs.get(name) ?? { handle: openSame(file), readers: 0, closing: false };
    this.#inputs.delete(name);
    this.#inputs.set(name, input);
    const [oldest] = this.#inputs.keys();
    if (this.#inputs.size > INPUTS_OPEN_MAX) this.closeThose((other) => other === oldest);
    return input;
  }
}

function closeUnread({ handle, readers, closing }: OpenInput): void {
  if (!closing || readers > 0) return;
  // What could not be opened need not be closed; and what was only read loses nothing by a failed close.
  handle.then((opened) => opened?.close()).catch(() => undefined);
}

/** False if the file ends before. */
async function fill(
  handle: FileHandle,
  { position, target }: { readonly position: number; readonly target: Uint8Array },
): Promise<boolean> {
  for (let done = 0; done < target.length; ) {
    const from = done;
    const bytesRead = await new Promise<number>((resolve, reject) => {
      readFile(handle.fd, target, from, target.length - from, position + from, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}

/** Told as `BLOCK_GONE`. */
function gone(text: string): RuntimeError {
  return new RuntimeError("SEGMENT_MISSING", text);
}
