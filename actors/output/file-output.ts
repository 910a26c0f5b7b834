/**
 * Output to a file that appears complete or not at all: written beside its destination, renamed at the end.
 *
 * Owns: the temporary file.
 * Never: touches the destination before the rename.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";
import { RuntimeError } from "../../runtime/errors.ts";
import type { OutputPort } from "./output-port.ts";

/** Bytes of a file's name, on the file systems in use. */
const NAME_BYTES_MAX = 255;
/** Bytes read at once where what was written before is looked at. */
const CHECKED_BYTES = 1 << 20;
const PERMISSION_BITS = 0o777;
/** Whoever writes must be able to go on. */
const OWNER_BITS = 0o600;

export class FileOutput implements OutputPort {
  readonly #destination: string;
  readonly #temporary: string;
  readonly #durable: boolean;
  #handle: FileHandle | undefined;
  #position = 0;
  /** The latest call, and with it all before (O3 of the port). */
  #latest: Promise<unknown> = Promise.resolve();

  /** `job` makes the temporary name the same for every attempt of the same job, so that an attempt can go on. */
  constructor(destination: string, job: string, durable: boolean) {
    this.#destination = path.resolve(destination);
    const { dir, base } = path.parse(this.#destination);
    this.#temporary = path.join(dir, temporaryName(base, job));
    this.#durable = durable;
  }

  open(keepBytes: number, crc: number): Promise<number> {
    return this.#inTurn(() => this.#open(keepBytes, crc));
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#write(bytes));
  }

  commit(): Promise<void> {
    return this.#inTurn(() => this.#commit());
  }

  discard(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#close();
      await rm(this.#temporary, { force: true });
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#latest.then(action);
    // Whoever called hears of an error; the next call is not concerned.
    this.#latest = result.catch(() => {});
    return result;
  }

  async #open(keepBytes: number, crc: number): Promise<number> {
    await this.#close();
    const handle = await this.#attempt(() => open(this.#temporary, keepBytes > 0 ? "r+" : "w"), keepBytes > 0);
    if (handle === undefined) return await this.#open(0, 0);
    this.#handle = handle;
    await this.#takePermissions(handle);
    this.#position = (await this.#attempt(() => hasBytes(handle, keepBytes, crc))) ? keepBytes : 0;
    await this.#attempt(() => handle.truncate(this.#position));
    return this.#position;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const handle = this.#opened();
    for (let done = 0; done < bytes.length; ) {
      const from = done;
      const written = await this.#attempt(() => handle.write(bytes, from, bytes.length - from, this.#position + from));
      done += written?.bytesWritten ?? 0;
    }
    this.#position += bytes.length;
    // The journal is told next, and must not survive what it tells of.
    if (this.#durable) await this.#attempt(() => handle.datasync());
  }

  async #commit(): Promise<void> {
    const handle = this.#opened();
    if (this.#durable) await this.#attempt(() => handle.sync());
    await this.#close();
    await this.#attempt(() => rename(this.#temporary, this.#destination));
    if (this.#durable) await this.#attempt(() => this.#syncDirectory());
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** A file that only its owner may read is not replaced by one that everybody may. */
  async #takePermissions(handle: FileHandle): Promise<void> {
    const replaced = await this.#attempt(() => stat(this.#destination), true);
    if (replaced !== undefined) await this.#attempt(() => handle.chmod((replaced.mode & PERMISSION_BITS) | OWNER_BITS));
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(path.dirname(this.#destination), "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  #opened(): FileHandle {
    if (this.#handle === undefined)
      throw new RuntimeError("OUTPUT_FAILED", `output "${this.#destination}" is not open`);
    return this.#handle;
  }

  /** Gives every error of the file system its name; `missing` says that a file that is not there is no error. */
  async #attempt<Result>(action: () => Promise<Result>, missing = false): Promise<Result | undefined> {
    try {
      return await action();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (missing && code === "ENOENT") return undefined;
      const full = code === "ENOSPC" || code === "EDQUOT";
      const text = `cannot write output "${this.#destination}": ${full ? "no space is left" : message}`;
      throw new RuntimeError(full ? "DISK_FULL" : "OUTPUT_FAILED", text, error);
    }
  }
}

/** Whether the file begins with so many bytes that have that CRC-32: whoever goes on behind them answers for them. */
async function hasBytes(handle: FileHandle, byteCount: number, crc: number): Promise<boolean> {
  const bytes = Buffer.allocUnsafe(Math.min(byteCount, CHECKED_BYTES));
  let found = 0;
  for (let position = 0; position < byteCount; ) {
    const wanted = Math.min(bytes.length, byteCount - position);
    const { bytesRead } = await handle.read(bytes, 0, wanted, position);
    if (bytesRead === 0) return false;
    found = crc32(bytes.subarray(0, bytesRead), found);
    position += bytesRead;
  }
  return found === crc;
}

/** Tells whose it is, where a name can be that long. */
function temporaryName(base: string, job: string): string {
  const name = `.${base}.${job}.partial`;
  if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return name;
  return `.${createHash("sha256").update(base).digest("hex").slice(0, 16)}.${job}.partial`;
}
