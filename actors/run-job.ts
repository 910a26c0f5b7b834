/**
 * Runs one job in this process: coordinator and worker embedded, journal and segments in a data directory.
 *
 * Owns: the life of a data directory: opened (`open-directory.ts`), removed when the job is done.
 * Never: parses programs, prints anything.
 *
 * R1. A data directory belongs to one job until that is done; another job's is refused, never mixed.
 * R2. However a run ends, what is committed stays for the next one; only a job that is done, or given up, frees it.
 * R3. What is freed is put aside while the lock is held: whoever takes the lock next finds nothing that is about to go.
 *     What a run that was killed then has left goes with the next one.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import type { Clock } from "../runtime/clock.ts";
import { RuntimeError } from "../runtime/errors.ts";
import { openDiskAccount } from "../runtime/journal/disk-meter.ts";
import type { Journal, JournalBreak, JournalDurability } from "../runtime/journal/journal.ts";
import { createMemoryJournal } from "../runtime/journal/memory-journal.ts";
import { segmentBytes } from "../runtime/journal/segment-files.ts";
import type { Random } from "../runtime/random.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { identityFile } from "./directory-identity.ts";
import { kernelModule } from "./executor/kernel-module.ts";
import type { FunctionModule } from "./executor/messages.ts";
import type { ThreadSource } from "./executor/thread-source.ts";
import type { JobDescription, JobOutcome } from "./job/messages.ts";
import { executorMemory } from "./memory-budget.ts";
import { createDirectory, directoryPlaces, namedForJob, openDirectory, unreadableJournal } from "./open-directory.ts";
import type { OutputPort } from "./output/output-port.ts";
import { startTree, type Tree } from "./tree.ts";

/** Each waits 100 ms more than the one before. */
const REMOVE_RETRIES_MAX = 5;
/** Between a directory's name and random digits, where it is put aside. */
const ASIDE = "-freed-";

export interface RunJobOptions {
  readonly job: JobDescription;
  /** Created if missing. */
  readonly dataDirectory: string;
  /** False: cursors are kept in memory only, and nothing survives the process. */
  readonly journaled: boolean;
  readonly durability: JournalDurability;
  /** Executor threads. */
  readonly executorCount: number;
  /** What the process may have, in bytes; by default half of the machine's or the container's memory. */
  readonly memoryBytes?: number;
  /** Where the job names functions of the operator's own. */
  readonly functions?: FunctionModule | undefined;
  /** Threads that were started ahead; whoever made the source closes it. */
  readonly threads?: ThreadSource;
  /** What blocks may take of the disk at once, in bytes; by default all of it. */
  readonly diskBytes?: number;
  readonly port: OutputPort;
  readonly rejectsPort: OutputPort | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly onNotice?: (supervisor: string, notice: SupervisorNotice) => void;
  readonly onBreak?: (found: JournalBreak) => void;
  /** The journal could not be read and was begun anew. */
  readonly onRestart?: (error: RuntimeError) => void;
  /** What people call the program; default: the job's id. */
  readonly program?: string;
  /** A job that is done leaves its journal and its segments, to be looked at. */
  readonly keepJournal?: boolean;
  /** Restarts of one child within a minute; the supervisors' own default. More end the job. */
  readonly restartsMax?: number;
}

export interface RunningJob {
  readonly outcome: Promise<JobOutcome>;
  readonly tree: Tree;
  /**
   * Ends everything and gives the data directory back; a job that is done leaves nothing in it. `free`: nor does this
   * one, although it is not done.
   */
  close(options?: { readonly free?: boolean }): Promise<void>;
}

/**
 * Errors: MEMORY_TOO_SMALL, and those of `openDirectory`. `outcome` rejects with RESTARTS_EXHAUSTED where a supervisor
 *         gave up, and with JOURNAL_FAILED or DISK_FULL where the journal did.
 */
export async function runJob(options: RunJobOptions): Promise<RunningJob> {
  const { job, clock, random, executorCount, memoryBytes } = options;
  const kernelMemoryBytes = executorMemory({ memoryBytes, executorCount, plan: job.plan });
  const { journal: journalDirectory, segments: segmentDirectory } = directoryPlaces(options.dataDirectory);
  const journal = await openJournal(options);
  let settle: { resolve(end: JobOutcome): void; reject(error: RuntimeError): void };
  const outcome = new Promise<JobOutcome>((resolve, reject) => {
    settle = { resolve, reject };
  });
  let finished = false;
  try {
    createDirectory(segmentDirectory, options.dataDirectory);
    const tree = startTree({
      clock,
      random,
      journal,
      executorCount,
      threads: options.threads,
      thread: {
        functions: options.functions,
        kernels: job.plan.integers === "int64" ? kernelModule() : undefined,
        segmentDirectory,
        segmentName: randomBytes(6).toString("hex"),
        durable: options.durability === "host",
        kernelMemoryBytes,
        storesText: false,
        disk: openDiskAccount(segmentBytes(segmentDirectory), options.diskBytes),
      },
      outputOf: () => ({ port: options.port, rejectsPort: options.rejectsPort }),
      onOutcome: (_id, end) => {
        finished = end.kind === "done";
        settle.resolve(end);
      },
      onBroken: (error) => settle.reject(brokenError(error)),
      onNotice: options.onNotice,
      restartsMax: options.restartsMax,
    });
    tree.submit(job);
    const close = async ({ free = false } = {}): Promise<void> => {
      await tree.stop();
      await options.port.close();
      await options.rejectsPort?.close();
      const isKept = options.keepJournal === true || !finished;
      const isFreed = free || !isKept || !options.journaled;
      const places = [journalDirectory, segmentDirectory, unreadableJournal(journalDirectory)];
      const freed = places.flatMap(leftAside);
      if (isFreed) freed.push(...places.map(putAside));
      if (isFreed) rmSync(identityFile(options.dataDirectory), { force: true });
      await journal.close();
      // A thread that is being terminated may still make a file.
      for (const directory of freed) {
        rmSync(directory, { recursive: true, force: true, maxRetries: REMOVE_RETRIES_MAX });
      }
    };
    return { outcome, tree, close };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** R3. Names that `putAside` gave. */
function leftAside(directory: string): string[] {
  const root = path.dirname(directory);
  if (!existsSync(root)) return [];
  const names = readdirSync(root).filter((name) => name.startsWith(`${path.basename(directory)}${ASIDE}`));
  return names.map((name) => path.join(root, name));
}

/** R3. Returns the new name; of a directory that cannot be renamed, such as one that is not there, the old one. */
function putAside(directory: string): string {
  const aside = `${directory}${ASIDE}${randomBytes(6).toString("hex")}`;
  try {
    renameSync(directory, aside);
    return aside;
  } catch {
    return directory;
  }
}

async function openJournal(options: RunJobOptions): Promise<Journal> {
  const { job, dataDirectory, journaled, program = job.id } = options;
  if (journaled) return await openDirectory({ ...options, job, dataDirectory, program });
  const journal = createMemoryJournal({ onBreak: options.onBreak });
  createDirectory(dataDirectory, dataDirectory);
  await journal.open();
  return journal;
}

/** The story of a supervisor that gave up, under one code. */
function brokenError(error: unknown): RuntimeError {
  const message = error instanceof Error ? error.message : String(error);
  const named = namedForJob(error);
  if (named instanceof RuntimeError && /^JOURNAL|^DISK_FULL$/.test(named.code)) return named;
  return new RuntimeError("RESTARTS_EXHAUSTED", message, error);
}
