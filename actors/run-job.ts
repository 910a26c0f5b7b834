/**
 * Runs one job in this process: coordinator and worker embedded, journal and segments in a data directory.
 *
 * Owns: the life of a data directory: opened, checked to be this job's, removed when the job is done.
 * Never: parses programs, prints anything.
 *
 * R1. A data directory belongs to one job until that is done; another job's is refused, never mixed.
 * R2. However a run ends, what is committed stays for the next one; only a job that is done, or given up, frees it.
 * R3. What is freed is put aside while the lock is held: whoever takes the lock next finds nothing that is about to go.
 */
import { randomBytes } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import path from "node:path";
import type { Clock } from "../runtime/clock.ts";
import { RuntimeError } from "../runtime/errors.ts";
import type { Journal, JournalBreak, JournalDurability } from "../runtime/journal/journal.ts";
import { createLevelJournal } from "../runtime/journal/level-journal.ts";
import { createMemoryJournal } from "../runtime/journal/memory-journal.ts";
import { makeDirectory } from "../runtime/make-directory.ts";
import type { Random } from "../runtime/random.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { JOB_LOG_PREFIX, jobLog } from "./coordinator/messages.ts";
import { kernelModule } from "./executor/load-kernels.ts";
import type { JobOutcome } from "./job/machine.ts";
import type { JobDescription } from "./job/messages.ts";
import { executorMemory } from "./memory-budget.ts";
import type { OutputPort } from "./output/output-port.ts";
import { startTree, type Tree } from "./tree.ts";

/** Each waits 100 ms more than the one before. */
const REMOVE_RETRIES_MAX = 5;

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
  readonly port: OutputPort;
  readonly rejectsPort: OutputPort | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly onNotice?: (supervisor: string, notice: SupervisorNotice) => void;
  readonly onBreak?: (found: JournalBreak) => void;
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
 * Errors: MEMORY_TOO_SMALL, DATA_DIRECTORY_UNUSABLE, DATA_DIRECTORY_OF_ANOTHER_JOB, and those of opening a journal. `outcome` rejects
 *         with RESTARTS_EXHAUSTED where a supervisor gave up.
 */
export async function runJob(options: RunJobOptions): Promise<RunningJob> {
  const { job, clock, random, executorCount, memoryBytes } = options;
  const kernelMemoryBytes = executorMemory({ memoryBytes, executorCount, plan: job.plan });
  const segmentDirectory = path.join(options.dataDirectory, "segments");
  const journalDirectory = path.join(options.dataDirectory, "journal");
  createDirectory(options.dataDirectory);
  if (options.journaled) createDirectory(journalDirectory);
  const journal = openJournal(options, journalDirectory);
  await journal.open();
  let settle: { resolve(end: JobOutcome): void; reject(error: RuntimeError): void };
  const outcome = new Promise<JobOutcome>((resolve, reject) => {
    settle = { resolve, reject };
  });
  let finished = false;
  try {
    createDirectory(segmentDirectory);
    await requireSameJob(journal, job.id, options.dataDirectory);
    const tree = startTree({
      clock,
      random,
      journal,
      executorCount,
      thread: {
        kernels: job.plan.integers === "int64" ? kernelModule() : undefined,
        segmentDirectory,
        segmentName: randomBytes(6).toString("hex"),
        durable: options.durability === "host",
        kernelMemoryBytes,
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
      const isFreed = free || finished || !options.journaled;
      const freed = isFreed ? [journalDirectory, segmentDirectory].map(putAside) : [];
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

/** LevelDB would make its own directory too, but not name the one that is to blame. */
function createDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    const message = `cannot use "${directory}" as data directory: ${(error as Error).message}`;
    throw new RuntimeError("DATA_DIRECTORY_UNUSABLE", message, error);
  }
}

/** R3. Returns the new name; of a directory that cannot be renamed, such as one that is not there, the old one. */
function putAside(directory: string): string {
  const aside = `${directory}-freed-${randomBytes(6).toString("hex")}`;
  try {
    renameSync(directory, aside);
    return aside;
  } catch {
    return directory;
  }
}

function openJournal({ journaled, durability, onBreak }: RunJobOptions, directory: string): Journal {
  return journaled ? createLevelJournal({ directory, durability, onBreak }) : createMemoryJournal({ onBreak });
}

/** A log with another name and without a record that can be believed has a damaged key: reading it has it discarded. */
async function requireSameJob(journal: Journal, id: string, dataDirectory: string): Promise<void> {
  let others = 0;
  for (const actor of await journal.actors(JOB_LOG_PREFIX)) {
    if (actor !== jobLog(id)) others += (await journal.read(actor)).length;
  }
  if (others === 0) return;
  const message =
    `data directory "${dataDirectory}" holds an unfinished job of another program, input or version; ` +
    "finish that one, or name another directory, or remove this one";
  throw new RuntimeError("DATA_DIRECTORY_OF_ANOTHER_JOB", message);
}

/** The story of a supervisor that gave up, under one code. */
function brokenError(error: unknown): RuntimeError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RuntimeError && error.code.startsWith("JOURNAL")) return error;
  return new RuntimeError("RESTARTS_EXHAUSTED", message, error);
}
