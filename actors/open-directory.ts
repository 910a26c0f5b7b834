/**
 * Opens the journal of a data directory for one job, and puts the directory in order before anything runs.
 *
 * Owns: what happens to a journal that cannot be read, to one of another job, and to segments that nobody refers to.
 * Never: runs a task.
 *
 * O5. A directory with files of somebody else, or of a coordinator or a worker, is refused: what a run leaves is removed
 *     when it is done.
 * O1. A directory with an unfinished job of another program, input or version is refused by name, never mixed (R1 of
 *     `run-job.ts`).
 * O2. All logs are read once, while nothing depends on them: what is broken in them is cut off, and told, here.
 * O3. A journal that LevelDB cannot read is as good as a lost disk: where the directory is known to be this job's, it is
 *     put aside, and everything is computed again. Nothing else that fails (no permission, a full disk) leads to that.
 * O4. Segments that no commit refers to are what an earlier life wrote last: they are removed, which gives room.
 */
import { renameSync, rmSync } from "node:fs";
import path from "node:path";
import { RuntimeError } from "../runtime/errors.ts";
import { isDiskFull } from "../runtime/journal/disk-full.ts";
import type { Journal, JournalBreak, JournalDurability } from "../runtime/journal/journal.ts";
import { createLevelJournal } from "../runtime/journal/level-journal.ts";
import { makeDirectory, syncDirectory } from "../runtime/make-directory.ts";
import { roleOf } from "./cluster/process-life.ts";
import { JOB_LOG_PREFIX, jobLog } from "./coordinator/messages.ts";
import { type DirectoryIdentity, differenceOf, identityOf, readIdentity, writeIdentity } from "./directory-identity.ts";
import type { JobDescription } from "./job/messages.ts";
import { ofAnotherRole, requireOwnContent } from "./own-content.ts";
import { partitionLogPrefix } from "./partition/messages.ts";
import { removeUnusedSegments } from "./remove-unused-segments.ts";

export interface DirectoryOptions {
  readonly dataDirectory: string;
  readonly job: JobDescription;
  /** What the program is called in messages. */
  readonly program: string;
  readonly durability: JournalDurability;
  readonly onBreak?: (found: JournalBreak) => void;
  /** A journal was put aside (O3); the error says why. */
  readonly onRestart?: (error: RuntimeError) => void;
}

export interface DirectoryPlaces {
  readonly journal: string;
  readonly segments: string;
}

export function directoryPlaces(dataDirectory: string): DirectoryPlaces {
  return { journal: path.join(dataDirectory, "journal"), segments: path.join(dataDirectory, "segments") };
}

/**
 * Takes the lock of the directory; the journal that comes back is open.
 *
 * Errors: DATA_DIRECTORY_UNUSABLE, DATA_DIRECTORY_OF_ANOTHER_JOB, DATA_DIRECTORY_OF_ANOTHER_VERSION, DISK_FULL, and those
 *         of opening a journal.
 */
export async function openDirectory(options: DirectoryOptions): Promise<Journal> {
  const { dataDirectory, job, program, durability, onRestart } = options;
  const places = directoryPlaces(dataDirectory);
  try {
    requireOwnContent(dataDirectory, places);
    for (const place of [places.journal, places.segments]) createDirectory(place, dataDirectory);
    const theirs = readIdentity(dataDirectory);
    const ours = identityOf(job, program);
    if (durability === "host") syncNames(dataDirectory);
    try {
      return await openJournal(options, { places, theirs, ours });
    } catch (error) {
      if (theirs?.job !== job.id || !isUnreadable(error)) throw error;
      putAside(places.journal);
      createDirectory(places.journal, dataDirectory);
      onRestart?.(error as RuntimeError);
      return await openJournal(options, { places, theirs, ours });
    }
  } catch (error) {
    throw namedForDirectory(error, dataDirectory);
  }
}

/** Makes a directory below, or as, the data directory. Errors: DATA_DIRECTORY_UNUSABLE. */
export function createDirectory(directory: string, dataDirectory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    if (isDiskFull(error)) throw error;
    const message = `cannot use "${dataDirectory}" as data directory: ${(error as Error).message}`;
    throw new RuntimeError("DATA_DIRECTORY_UNUSABLE", message, error);
  }
}

/** What the system says of the directory itself, of its names and of `job.json`, has no code yet. */
function namedForDirectory(error: unknown, dataDirectory: string): unknown {
  const named = namedForJob(error);
  if (named instanceof RuntimeError || !(named instanceof Error && "syscall" in named)) return named;
  const message = `cannot use "${dataDirectory}" as data directory: ${named.message}`;
  return new RuntimeError("DATA_DIRECTORY_UNUSABLE", message, named);
}

/** A full disk has a code of its own, however deep it is found, for there is a remedy. */
export function namedForJob(error: unknown): unknown {
  if (!isDiskFull(error) || (error instanceof RuntimeError && error.code === "DISK_FULL")) return error;
  return new RuntimeError("DISK_FULL", (error as Error).message, error);
}

interface Identities {
  readonly places: DirectoryPlaces;
  readonly theirs: DirectoryIdentity | undefined;
  readonly ours: DirectoryIdentity;
}

async function openJournal(
  { dataDirectory, job, durability, onBreak }: DirectoryOptions,
  { places, theirs, ours }: Identities,
): Promise<Journal> {
  const journal = createLevelJournal({ directory: places.journal, durability, onBreak });
  await journal.open();
  try {
    const role = await roleOf(journal);
    if (role !== undefined) throw ofAnotherRole(dataDirectory, `a ${role}`);
    if (await holdsOtherJob(journal, job.id)) throw otherJob(dataDirectory, differenceOf(theirs, ours));
    // O2 and O4.
    await removeUnusedSegments(journal, places.segments, partitionLogPrefix(job.id));
    if (JSON.stringify(theirs) !== JSON.stringify(ours)) writeIdentity(dataDirectory, ours);
    return journal;
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** A log with another name and without a record that can be believed has a damaged key: reading it has it discarded. */
async function holdsOtherJob(journal: Journal, id: string): Promise<boolean> {
  let others = 0;
  for (const actor of await journal.actors(JOB_LOG_PREFIX)) {
    const records = await journal.read(actor);
    if (actor !== jobLog(id)) others += records.length;
  }
  return others > 0;
}

function otherJob(dataDirectory: string, difference: string): RuntimeError {
  const message =
    `data directory "${dataDirectory}" holds an unfinished job ${difference}; ` +
    "finish that one, or name another directory, or remove this one";
  return new RuntimeError("DATA_DIRECTORY_OF_ANOTHER_JOB", message);
}

/** Whether LevelDB has found its own files to be wrong, or the journal has; an error of the system is neither. */
function isUnreadable(error: unknown): boolean {
  if (!(error instanceof RuntimeError) || !["JOURNAL_UNREADABLE", "JOURNAL_FAILED"].includes(error.code)) return false;
  const { cause } = error;
  if (cause === undefined) return error.code === "JOURNAL_UNREADABLE";
  if (!(cause instanceof Error)) return false;
  const isCorruption = "code" in cause && cause.code === "LEVEL_CORRUPTION";
  return isCorruption || /corruption|no such file/i.test(cause.message);
}

/** One is kept, for whoever wants to look at it; it goes with the job. */
function putAside(directory: string): void {
  const aside = unreadableJournal(directory);
  rmSync(aside, { recursive: true, force: true });
  renameSync(directory, aside);
}

export function unreadableJournal(journalDirectory: string): string {
  return `${journalDirectory}-unreadable`;
}

/** So that after a loss of power the directory is found as a whole. */
function syncNames(dataDirectory: string): void {
  for (const directory of [dataDirectory, path.dirname(path.resolve(dataDirectory))]) {
    try {
      syncDirectory(directory);
    } catch (error) {
      // A parent that may not be opened was not made by us.
      if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error;
    }
  }
}
