/**
 * Keeps the inputs that submitters upload, each a file in one directory.
 *
 * Owns: that directory: what is complete lies in it by name, what is not lies in a directory of its own inside.
 *
 * U1. An upload appears complete, by a rename after a sync, or not at all.
 * U2. An upload never takes the place of another: a job may be reading it.
 * U3. Bytes are accounted for before they are written.
 * U4. What a job may still read is not removed. Which uploads the jobs of an earlier coordinator read is not known here,
 *     so that those that were complete before such a job was submitted stay until it has ended.
 */
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { quoteText } from "../../programs/quote-text.ts";
import type { Clock } from "../../runtime/clock.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { isEnded, type JobStatus } from "../cluster/control.ts";
import { isUploadName } from "../cluster/data-root.ts";
import type { GatewayLimits } from "./limits.ts";
import { RequestError } from "./reply.ts";

interface Upload {
  readonly byteLength: number;
  /** ISO 8601, by the clock of the file system. */
  readonly completedAt: string;
  /** Monotonic milliseconds of this process. */
  readonly knownSinceMs: number;
}

export interface UploadStoreOptions {
  readonly directory: string;
  readonly limits: GatewayLimits;
  readonly clock: Clock;
  readonly jobs: () => readonly JobStatus[];
}

/** Takes a piece of an upload. Errors: REQUEST_TOO_LARGE, UPLOADS_FULL, DISK_FULL, UPLOAD_FAILED. */
export type WritePiece = (piece: Buffer) => Promise<void>;

const PARTIAL = ".partial";

export class UploadStore {
  readonly #options: UploadStoreOptions;
  readonly #uploads = new Map<string, Upload>();
  /** Names of those under way, and the bytes that they have taken. */
  readonly #inFlight = new Map<string, number>();
  /** Of the jobs that were submitted to this process. */
  readonly #uploadsOfJobs = new Map<string, readonly string[]>();
  #sequence = 0;

  constructor(options: UploadStoreOptions) {
    this.#options = options;
  }

  /** Finds what an earlier process left; what was not complete is removed. */
  async open(): Promise<void> {
    const { directory, clock } = this.#options;
    await rm(path.join(directory, PARTIAL), { recursive: true, force: true });
    await mkdir(path.join(directory, PARTIAL), { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      const status = await lstat(path.join(directory, name));
      if (!isUploadName(name) || !status.isFile()) continue;
      this.#uploads.set(name, {
        byteLength: status.size,
        completedAt: status.mtime.toISOString(),
        knownSinceMs: clock.nowMs(),
      });
    }
  }

  get isBusy(): boolean {
    return this.#inFlight.size >= this.#options.limits.uploadsInFlightMax;
  }

  has(name: string): boolean {
    return this.#uploads.has(name);
  }

  /** `send` is given what writes; its end is the end of the upload. Returns its bytes. Errors: UPLOAD_EXISTS, UPLOADS_FULL, those of `send` and of `WritePiece`. */
  async receive(name: string, announcedBytes: number, send: (write: WritePiece) => Promise<void>): Promise<number> {
    if (!isUploadName(name)) throw new RequestError(`${quoteText(name)} is no name for an upload`);
    await this.sweep();
    if (this.#uploads.has(name) || this.#inFlight.has(name)) {
      throw new RuntimeError("UPLOAD_EXISTS", `there is an upload ${quoteText(name)} already`);
    }
    this.#sequence += 1;
    const temporary = path.join(this.#options.directory, PARTIAL, `${this.#sequence}`);
    this.#inFlight.set(name, 0);
    try {
      this.#require(announcedBytes);
      return await this.#write(name, temporary, send);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      this.#inFlight.delete(name);
    }
  }

  /** Errors: UPLOAD_UNKNOWN, UPLOAD_IN_USE. */
  async remove(name: string): Promise<void> {
    const upload = this.#uploads.get(name);
    if (upload === undefined) throw new RuntimeError("UPLOAD_UNKNOWN", `no upload ${quoteText(name)}`);
    if (this.#isInUse(name, upload)) {
      throw new RuntimeError("UPLOAD_IN_USE", `a job may still read upload ${quoteText(name)}`);
    }
    this.#uploads.delete(name);
    await rm(path.join(this.#options.directory, name), { force: true });
  }

  /** A job was submitted that reads these. */
  use(job: string, names: readonly string[]): void {
    this.#uploadsOfJobs.set(job, names);
  }

  /** Removes what was kept long enough. */
  async sweep(): Promise<void> {
    const { clock, limits } = this.#options;
    for (const [name, upload] of this.#uploads) {
      const isOld = clock.nowMs() - upload.knownSinceMs >= limits.uploadKeptMs;
      if (isOld && !this.#isInUse(name, upload)) await this.remove(name);
    }
    const known = new Set(this.#options.jobs().map(({ id }) => id));
    for (const job of this.#uploadsOfJobs.keys()) if (!known.has(job)) this.#uploadsOfJobs.delete(job);
  }

  async #write(name: string, temporary: string, send: (write: WritePiece) => Promise<void>): Promise<number> {
    const { directory, limits, clock } = this.#options;
    let byteLength = 0;
    const handle = await attempt(() => open(temporary, "wx", 0o600));
    try {
      await send(async (piece) => {
        byteLength += piece.length;
        if (byteLength > limits.uploadBytesMax) {
          throw new RuntimeError("REQUEST_TOO_LARGE", `an upload may have ${limits.uploadBytesMax} bytes`);
        }
        this.#require(piece.length);
        this.#inFlight.set(name, byteLength);
        await attempt(() => writeAll(handle, piece));
      });
      await attempt(() => handle.sync());
    } finally {
      await handle.close();
    }
    const file = path.join(directory, name);
    await attempt(() => rename(temporary, file));
    await attempt(() => syncDirectory(directory));
    const { mtime } = await attempt(() => stat(file));
    this.#uploads.set(name, { byteLength, completedAt: mtime.toISOString(), knownSinceMs: clock.nowMs() });
    return byteLength;
  }

  /** U3. */
  #require(byteCount: number): void {
    const { uploadsBytesMax, uploadsMax } = this.#options.limits;
    let total = byteCount;
    for (const { byteLength } of this.#uploads.values()) total += byteLength;
    for (const byteLength of this.#inFlight.values()) total += byteLength;
    if (total <= uploadsBytesMax && this.#uploads.size + this.#inFlight.size <= uploadsMax) return;
    throw new RuntimeError(
      "UPLOADS_FULL",
      `there is room for ${uploadsBytesMax} bytes of uploads, and for ${uploadsMax} of them; remove some, or wait`,
    );
  }

  /** U4. */
  #isInUse(name: string, { completedAt }: Upload): boolean {
    return this.#options.jobs().some(({ id, state, submittedAt }) => {
      if (isEnded(state)) return false;
      const used = this.#uploadsOfJobs.get(id);
      return used === undefined ? completedAt <= submittedAt : used.includes(name);
    });
  }
}

async function writeAll(handle: FileHandle, piece: Buffer): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, done);
    done += bytesWritten;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function attempt<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isFull = code === "ENOSPC" || code === "EDQUOT";
    if (isFull) throw new RuntimeError("DISK_FULL", "no room for the upload on the coordinator's disk", error);
    throw new RuntimeError("UPLOAD_FAILED", `cannot keep the upload: ${message}`, error);
  }
}
