/**
 * The journal in a LevelDB directory.
 *
 * Owns: the options that LevelDB is opened with, and the file that names the holder of the lock.
 * Never: opens LevelDB's own `LOCK` file: closing any descriptor of it would give up this process's lock (fcntl(2)).
 */
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Level } from "level";
import { RuntimeError } from "../errors.ts";
import { ChainedJournal } from "./chained-journal.ts";
import type { Journal, JournalOptions } from "./journal.ts";
import type { OrderedStore, StoreOperation } from "./ordered-store.ts";
import type { KeyRange } from "./record-key.ts";

export type LevelStorage = Level<Uint8Array, Uint8Array>;

export interface LevelJournalOptions extends JournalOptions {
  /** Made if missing; belongs to the journal alone. */
  readonly directory: string;
  /** Makes the LevelDB of a directory, not yet opened; tests inject faults here. Default: `createLevel`. */
  readonly makeLevel?: (directory: string) => LevelStorage;
}

/** The encodings leave bytes alone; compressing costs more than it saves (docs/journal.md). */
export const LEVEL_OPTIONS = { keyEncoding: "view", valueEncoding: "view", compression: false } as const;
/** LevelDB ignores, and never deletes, files whose names it does not know. */
const HOLDER_FILE = "HOLDER";

/** A journal in `options.directory`. */
export function createLevelJournal(options: LevelJournalOptions): Journal {
  const { directory, makeLevel = createLevel, ...journalOptions } = options;
  return new ChainedJournal(new LevelStore(directory, makeLevel), journalOptions);
}

export function createLevel(directory: string): LevelStorage {
  return new Level<Uint8Array, Uint8Array>(directory, LEVEL_OPTIONS);
}

/** The store of a directory; exported for whoever must look at or repair what is stored. */
export class LevelStore implements OrderedStore {
  readonly name: string;
  readonly #makeLevel: (directory: string) => LevelStorage;
  #level: LevelStorage | undefined;

  constructor(directory: string, makeLevel: (directory: string) => LevelStorage = createLevel) {
    this.name = directory;
    this.#makeLevel = makeLevel;
  }

  async open(): Promise<void> {
    // A fresh instance each time: one that failed may remember it.
    const level = this.#makeLevel(this.name);
    try {
      await level.open();
    } catch (error) {
      await level.close();
      if (isLocked(error)) throw lockedError(this.name, error);
      throw causeOf(error);
    }
    this.#level = level;
    nameHolder(this.name);
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#opened().get(key);
  }

  async entries({ from, below }: KeyRange): Promise<[Uint8Array, Uint8Array][]> {
    return await this.#opened().iterator({ gte: from, lt: below }).all();
  }

  async firstKey({ from, below }: KeyRange): Promise<Uint8Array | undefined> {
    const keys = await this.#opened().keys({ gte: from, lt: below, limit: 1 }).all();
    return keys.at(0);
  }

  async write(operations: readonly StoreOperation[], sync: boolean): Promise<void> {
    await this.#opened().batch([...operations], { sync });
  }

  async close(): Promise<void> {
    const level = this.#level;
    this.#level = undefined;
    if (level === undefined) return;
    // Before the lock goes, so that the file of the next holder is not the one deleted.
    rmSync(path.join(this.name, HOLDER_FILE), { force: true });
    await level.close();
  }

  #opened(): LevelStorage {
    if (this.#level === undefined) throw new RuntimeError("JOURNAL_CLOSED", `${this.name} is not open`);
    return this.#level;
  }
}

/** Of LevelDB, and the holder's. Source: LevelDB, `doc/impl.md` and `db/filename.cc`. */
const FILE_NAME = /^(CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp)|lost)$/;

/** Whether a file of that name in a journal's directory may be the journal's. */
export function isJournalFile(name: string): boolean {
  return name === HOLDER_FILE || FILE_NAME.test(name);
}

/** Writes down who holds the lock. It is only for the message to the next opener, so failing to is no failure. */
function nameHolder(directory: string): void {
  try {
    writeFileSync(path.join(directory, HOLDER_FILE), `${process.pid}\n`);
  } catch {
    // On a full disk the journal's own first write tells.
  }
}

function lockedError(directory: string, cause: unknown): RuntimeError {
  const known = holderOf(directory);
  const holder = known === undefined ? "another process" : `process ${known.pid}, since ${known.since}`;
  return new RuntimeError("JOURNAL_LOCKED", `${directory} is held by ${holder}`, cause);
}

/** The living process that the holder's file names; the file of one that was killed stays behind. */
export function holderOf(directory: string): { readonly pid: number; readonly since: string } | undefined {
  try {
    const file = path.join(directory, HOLDER_FILE);
    const pid = Number(readFileSync(file, "utf8"));
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    if (!isAlive(pid)) return undefined;
    // Written when the lock was taken, and never since.
    return { pid, since: statSync(file).mtime.toISOString() };
  } catch {
    // It is only for a message.
    return undefined;
  }
}

/** A process of another user cannot be signalled, but lives. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isLocked(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED";
}

/** LevelDB's own error; the package wraps it in one that says only that the database failed to open. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
