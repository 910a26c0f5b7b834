/**
 * Starts one job in a data directory that is free, and takes away afterwards what nobody needs any more.
 *
 * Owns: ports, data directory and threads of one run, and what stays of them.
 * Never: decides what is told to people.
 *
 * R1. A run that is done, or failed, leaves no temporary output; one that was interrupted keeps it, to go on with.
 * R2. What is journaled stays, unless it is of no use: the job is done, or would fail again.
 * R3. A directory that the user named is never removed.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { FunctionModule } from "../../actors/executor/messages.ts";
import type { ThreadSource } from "../../actors/executor/thread-source.ts";
import type { JobDescription } from "../../actors/job/messages.ts";
import type { OutputPort } from "../../actors/output/output-port.ts";
import { type RunningJob, runJob } from "../../actors/run-job.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { JournalBreak, JournalDurability } from "../../runtime/journal/journal.ts";
import type { SupervisorNotice } from "../../runtime/supervision/messages.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";
import { attemptName, type DataDirectoryWish, dataDirectories, removeDataDirectory } from "./data-directory.ts";
import { type Destination, openPort } from "./output-target.ts";

export interface RunRequest {
  readonly job: JobDescription;
  readonly wish: DataDirectoryWish;
  readonly destination: Destination;
  /** Undefined: rejects are only counted. */
  readonly rejects: Destination | undefined;
  /** Executor threads. */
  readonly workers: number;
  /** See `RunJobOptions`. */
  readonly functions?: FunctionModule | undefined;
  /** Threads that were started ahead; whoever made the source closes it. */
  readonly threads?: ThreadSource;
  /** See `RunJobOptions`. */
  readonly memoryBytes?: number;
  /** See `RunJobOptions`. */
  readonly diskBytes?: number;
  /** See `RunJobOptions`. */
  readonly restartsMax?: number;
  readonly onNotice?: (supervisor: string, notice: SupervisorNotice) => void;
  readonly onBreak?: (found: JournalBreak) => void;
  readonly onRestart?: () => void;
  /** What people call the program. */
  readonly program?: string;
  /** Default: `process`. */
  readonly durability?: JournalDurability;
  /** Journal and segments of a run that is done stay. */
  readonly keepJournal?: boolean;
}

/** `useless`: nobody will want to go on with it. */
export type RunEnd = "done" | "useless" | "failed" | "interrupted";

export interface Run {
  readonly running: RunningJob;
  readonly directory: string;
  /** Stops what runs. `end` says what is kept: see R1, R2. */
  end(end: RunEnd): Promise<void>;
}

/** The lock of a process that was killed a moment ago goes with its last thread. */
const LOCK_ATTEMPTS = 4;
const LOCK_RETRY_MS = 50;

/** Errors: those of `runJob`; JOURNAL_LOCKED only for a directory that the user named. */
export async function startRun(request: RunRequest): Promise<Run> {
  let locked: unknown;
  for (const directory of dataDirectories(request.job.id, request.wish)) {
    try {
      return await startIn(directory, request);
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.code !== "JOURNAL_LOCKED") throw error;
      locked = error;
    }
  }
  throw locked;
}

async function startIn(directory: string, request: RunRequest): Promise<Run> {
  const { job, wish, destination, rejects, workers, durability = "process", ...others } = request;
  const isDurable = durability === "host";
  const attempt = attemptName(job.id, directory);
  const port = await openPort(destination, attempt, isDurable);
  const rejectsPort = rejects === undefined ? undefined : await openPort(rejects, attempt, isDurable);
  const isOurs = wish.directory === undefined || !wish.journaled;
  const removeAll = (): void => removeDataDirectory(directory, { all: true });
  // Not even a second signal leaves a directory behind that nobody can use.
  if (isOurs && !wish.journaled) process.once("exit", removeAll);
  const running = await retryLocked(() =>
    runJob({
      ...{ ...others, job, dataDirectory: directory, journaled: wish.journaled, durability },
      ...{ executorCount: workers, port, rejectsPort, clock: systemClock, random: systemRandom },
    }),
  );
  return {
    running,
    directory,
    end: async (end) => {
      await running.close({ free: end === "useless" });
      await rejectsPort?.close();
      if (end !== "interrupted" || !wish.journaled) await discard([port, rejectsPort]);
      if (isOurs) removeDataDirectory(directory, { all: !wish.journaled });
      process.off("exit", removeAll);
    },
  };
}

async function retryLocked<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      const locked = error instanceof RuntimeError && error.code === "JOURNAL_LOCKED";
      if (!locked || attempt === LOCK_ATTEMPTS) throw error;
      await delay(LOCK_RETRY_MS);
    }
  }
}

async function discard(ports: readonly (OutputPort | undefined)[]): Promise<void> {
  for (const port of ports) await port?.discard();
}
