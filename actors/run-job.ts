/**
 * Runs one job in this process: coordinator and worker embedded, journal and segments in a data directory.
 *
 * Owns: the life of a data directory: opened, checked to be this job's, removed when the job is done.
 * Never: parses programs, prints anything.
 *
 * R1. A data directory belongs to one job until that is done; another job's is refused, never mixed.
 * R2. However a run ends, what is committed stays for the next one; only a job that is done frees it.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { Clock } from "../runtime/clock.ts";
import { RuntimeError } from "../runtime/errors.ts";
import type { Journal, JournalBreak, JournalDurability } from "../runtime/journal/journal.ts";
import { createLevelJournal } from "../runtime/journal/level-journal.ts";
import { createMemoryJournal } from "../runtime/journal/memory-journal.ts";
import type { Random } from "../runtime/random.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { JOB_LOG_PREFIX } from "./coordinator/messages.ts";
import { kernelModule } from "./executor/load-kernels.ts";
import type { JobOutcome } from "./job/machine.ts";
import type { JobDescription } from "./job/messages.ts";
import type { OutputPort } from "./output/output-port.ts";
import { startTree, type Tree } from "./tree.ts";

export interface RunJobOptions {
  readonly job: JobDescription;
  /** Created if missing. */
  readonly dataDirectory: string;
  /** False: cursors are kept in memory only, and nothing survives the process. */
  readonly journaled: boolean;
  readonly durability: JournalDurability;
  /** Executor threads. */
  readonly executorCount: number;
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
  /** Ends everything and gives the data directory back; a job that is done leaves nothing in it. */
  close(): Promise<void>;
}

/**
 * Errors: DATA_DIRECTORY_UNUSABLE, DATA_DIRECTORY_OF_ANOTHER_JOB, and those of opening a journal. `outcome` rejects
 *         with RESTARTS_EXHAUSTED where a supervisor gave up.
 */
export async function runJob(options: RunJobOptions): Promise<RunningJob> {
  const { job, clock, random } = options;
  const segmentDirectory = path.join(options.dataDirectory, "segments");
  const journalDirectory = path.join(options.dataDirectory, "journal");
  createDirectory(segmentDirectory);
  const journal = openJournal(options, journalDirectory);
  await journal.open();
  let settle: { resolve(end: JobOutcome): void; reject(error: RuntimeError): void };
  const outcome = new Promise<JobOutcome>((resolve, reject) => {
    settle = { resolve, reject };
  });
  let finished = false;
  try {
    await requireSameJob(journal, job.id, options.dataDirectory);
    const tree = startTree({
      clock,
      random,
      journal,
      executorCount: options.executorCount,
      thread: {
        kernels: job.plan.integers === "int64" ? kernelModule() : undefined,
        segmentDirectory,
        segmentName: randomBytes(6).toString("hex"),
        durable: options.durability === "host",
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
    const close = async (): Promise<void> => {
      await tree.stop();
      await options.port.close();
      await journal.close();
      if (finished || !options.journaled) {
        rmSync(journalDirectory, { recursive: true, force: true });
        rmSync(segmentDirectory, { recursive: true, force: true });
      }
    };
    return { outcome, tree, close };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

function createDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    const message = `cannot use "${path.dirname(directory)}" as data directory: ${(error as Error).message}`;
    throw new RuntimeError("DATA_DIRECTORY_UNUSABLE", message, error);
  }
}

function openJournal({ journaled, durability, onBreak }: RunJobOptions, directory: string): Journal {
  return journaled ? createLevelJournal({ directory, durability, onBreak }) : createMemoryJournal({ onBreak });
}

async function requireSameJob(journal: Journal, id: string, dataDirectory: string): Promise<void> {
  const others = (await journal.actors(JOB_LOG_PREFIX)).filter((actor) => actor !== `${JOB_LOG_PREFIX}${id}`);
  if (others.length === 0) return;
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
