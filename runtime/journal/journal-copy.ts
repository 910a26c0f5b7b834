/**
 * Reads a LevelDB journal without touching it, even while another process writes it.
 *
 * LevelDB cannot be opened for reading alone: opening takes the lock, recovers, rewrites and deletes files. So the journal,
 * which is small beside its segments, is copied to a temporary directory, and the copy is opened there. While a journal is
 * in use its files change: the copy is made again until no file has come or gone meanwhile. A log that grows while it is
 * copied only ends earlier in the copy, as after a crash.
 *
 * Owns: the copy, and taking it away.
 * Never: writes to the directory, opens its `LOCK` file, repairs a chain: what is broken is only told.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { RuntimeError } from "../errors.ts";
import { verifyLog } from "./chain.ts";
import type { JournalBreak, JournalRecord } from "./journal.ts";
import { LevelStore } from "./level-journal.ts";
import { decodeMarker, JOURNAL_FORMAT_VERSION } from "./record.ts";
import { ALL_RECORDS, actorOfKey, MARKER_KEY } from "./record-key.ts";

export interface CopiedLog {
  readonly actor: string;
  readonly records: readonly JournalRecord[];
  /** Of the records' payloads. */
  readonly payloadBytes: number;
  /** Where the log cannot be believed any more; `discardedCount` records would be cut off. */
  readonly found: JournalBreak | undefined;
}

export interface JournalCopy {
  readonly logs: readonly CopiedLog[];
  /** Entries whose key is none that a journal makes. */
  readonly strayCount: number;
  /** Of the files. */
  readonly byteLength: number;
}

const COPY_ATTEMPTS_MAX = 20;
/** What LevelDB's files are called; `LOCK` and its old logs of messages are not needed. */
const NEEDED = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst))$/;

/** Errors: JOURNAL_UNREADABLE, JOURNAL_FORMAT_UNKNOWN. */
export async function readJournalCopy(directory: string): Promise<JournalCopy> {
  const parent = mkdtempSync(path.join(tmpdir(), "journal-copy-"));
  try {
    const copy = path.join(parent, "journal");
    const byteLength = copyWhole(directory, copy);
    return { ...(await readCopy(directory, copy)), byteLength };
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Copies until no file has come or gone meanwhile; returns the bytes. */
function copyWhole(directory: string, copy: string): number {
  for (let attempt = 0; attempt < COPY_ATTEMPTS_MAX; attempt += 1) {
    rmSync(copy, { recursive: true, force: true });
    const byteLength = copyOnce(directory, copy);
    if (byteLength !== undefined) return byteLength;
  }
  throw new RuntimeError("JOURNAL_UNREADABLE", `${directory} changes faster than it can be copied; try again`);
}

function copyOnce(directory: string, copy: string): number | undefined {
  mkdirSync(copy);
  const before = neededFiles(directory);
  let byteLength = 0;
  try {
    for (const file of before) {
      copyFileSync(path.join(directory, file), path.join(copy, file));
      byteLength += statSync(path.join(copy, file)).size;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(directory, error);
  }
  return neededFiles(directory).join("\n") === before.join("\n") ? byteLength : undefined;
}

function neededFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => NEEDED.test(name))
      .sort();
  } catch (error) {
    throw unreadable(directory, error);
  }
}

async function readCopy(directory: string, copy: string): Promise<Omit<JournalCopy, "byteLength">> {
  const store = new LevelStore(copy);
  try {
    await store.open();
    const marker = await store.get(MARKER_KEY);
    const entries = await store.entries(ALL_RECORDS);
    if (marker === undefined && entries.length === 0) return { logs: [], strayCount: 0 };
    requireVersion(directory, marker);
    return judge(entries);
  } catch (error) {
    throw error instanceof RuntimeError && error.code.startsWith("JOURNAL_") ? error : unreadable(directory, error);
  } finally {
    await store.close();
  }
}

function requireVersion(directory: string, marker: Uint8Array | undefined): void {
  const version = marker === undefined ? undefined : decodeMarker(marker);
  if (version === JOURNAL_FORMAT_VERSION) return;
  if (version === undefined) {
    throw new RuntimeError("JOURNAL_UNREADABLE", `${directory} has no format marker that can be read`);
  }
  const known = `this program knows version ${JOURNAL_FORMAT_VERSION}`;
  throw new RuntimeError("JOURNAL_FORMAT_UNKNOWN", `${directory} is a journal of version ${version}; ${known}`);
}

function judge(entries: readonly [Uint8Array, Uint8Array][]): Omit<JournalCopy, "byteLength"> {
  const byActor = new Map<string, [Uint8Array, Uint8Array][]>();
  let strayCount = 0;
  for (const entry of entries) {
    const actor = actorOfKey(entry[0]);
    if (actor === undefined) strayCount += 1;
    else pushTo(byActor, actor, entry);
  }
  const logs = [...byActor].map(([actor, own]): CopiedLog => {
    const { records, found } = verifyLog(actor, own);
    const payloadBytes = records.reduce((sum, { payload }) => sum + payload.length, 0);
    return { actor, records, payloadBytes, found };
  });
  return { logs, strayCount };
}

function unreadable(directory: string, error: unknown): RuntimeError {
  const text = error instanceof Error ? error.message : String(error);
  return new RuntimeError("JOURNAL_UNREADABLE", `${directory} cannot be read: ${text}`, error);
}

function pushTo<Item>(lists: Map<string, Item[]>, name: string, item: Item): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [item]);
  else list.push(item);
}
