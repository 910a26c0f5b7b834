/**
 * Runs whole jobs in process: real threads, a journal with hooks, small splits, and a watchdog instead of a hang.
 *
 * Owns: the set-up of a tree and of jobs in it, and the hooks at which a test may kill something.
 * Never: asserts anything.
 */
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Repairs } from "../../../actors/coordinator-plot.ts";
import { kernelModule } from "../../../actors/executor/kernel-module.ts";
import type { JobDescription, JobOutcome } from "../../../actors/job/messages.ts";
import { FileOutput } from "../../../actors/output/file-output.ts";
import type { OutputPort } from "../../../actors/output/output-port.ts";
import { prepareJob } from "../../../actors/prepare-job.ts";
import { startTree, type Tree } from "../../../actors/tree.ts";
import type { InputSpecification, Program } from "../../../programs/program.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { openDiskAccount } from "../../../runtime/journal/disk-meter.ts";
import type { Journal } from "../../../runtime/journal/journal.ts";
import { createMemoryJournal } from "../../../runtime/journal/memory-journal.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { describe } from "../../runtime/supervision/stage.ts";

/** A job that takes longer is called hung: far more than the longest one takes on a machine that is busy with other work. */
const HANG_MS = 60_000;
/** So many times as soon do timers come, so that backoffs and beats are short. */
const HASTE = 200;
const RESTARTS_WITHOUT_END = 100_000;

export const CSV: InputSpecification = {
  paths: [],
  format: undefined,
  header: false,
  delimiter: ",",
  key: undefined,
  value: undefined,
};

/** Real time, but timers come soon. */
export const HASTY_CLOCK: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs / HASTE),
};

/** Moments of a job at which a test may kill something. */
export interface Hooks {
  /** A batch with records of the job was written; nobody has been told. `count` counts them from 1. */
  readonly afterCommit?: (count: number) => void;
  /** The job's output is about to write its n-th piece of bytes, from 1. */
  readonly beforeWrite?: (count: number) => void;
}

export interface StageOptions {
  readonly directory: string;
  /** Default: a fresh one in memory. Opened and closed here. */
  readonly journal?: Journal;
  readonly executorCount?: number;
  /** Of each thread; default: anything. */
  readonly kernelMemoryBytes?: number;
  /** What blocks may take of the disk; default: anything. */
  readonly diskBytes?: number;
  readonly clock?: Clock;
  readonly restartsMax?: number;
  /** What the int64 kernels are; the real ones by default. */
  readonly kernels?: unknown;
  readonly onNotice?: (line: string) => void;
}

export interface JobOptions {
  readonly rejects?: boolean;
  /** Instead of a file. */
  readonly port?: OutputPort;
  readonly rejectsPort?: OutputPort;
  readonly hooks?: Hooks;
}

export interface StagedEnd {
  readonly outcome:
    | JobOutcome
    | { readonly kind: "broken"; readonly error: unknown }
    | { readonly kind: "hung" }
    | { readonly kind: "abandoned" };
  readonly output: string | undefined;
  readonly rejects: string | undefined;
  readonly notices: readonly string[];
  /** Of the stage's journal, with records of the job. */
  readonly batchCount: number;
  /** Records of the job's partitions that were written. */
  readonly commitCount: number;
  /** Tasks handed to executors. */
  readonly tasksStarted: number;
  readonly repairs: Repairs | undefined;
}

export interface Stage {
  readonly tree: Tree;
  run(job: JobDescription, options?: JobOptions): Promise<StagedEnd>;
  /** As if the process were killed: nothing is journaled or written from now on, every job that runs is abandoned. */
  abandon(): void;
  close(): Promise<void>;
}

export async function prepare(
  program: Program,
  input: Partial<InputSpecification>,
  { directory, splitBytes, partitions }: { directory: string; splitBytes: number; partitions?: number },
): Promise<JobDescription> {
  const specification = { ...CSV, ...input };
  const outputFormat = program.output.format ?? "csv";
  return await prepareJob(program, {
    input: specification,
    baseDirectory: directory,
    outputFormat,
    splitBytes,
    partitions,
  });
}

let stageCount = 0;

/** What is known of a job while it runs. */
interface Running {
  readonly hooks: Hooks;
  readonly port: OutputPort;
  readonly rejectsPort: OutputPort | undefined;
  readonly end: (outcome: StagedEnd["outcome"]) => void;
  batchCount: number;
  commitCount: number;
}

interface Shared {
  abandoned: boolean;
  /** What the journal and the ports of an abandoned stage answer: nothing, until it is closed. */
  readonly never: Promise<never>;
  readonly running: Map<string, Running>;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { directory, clock = HASTY_CLOCK, executorCount = 2, restartsMax = RESTARTS_WITHOUT_END } = options;
  const bare = options.journal ?? createMemoryJournal();
  await bare.open();
  stageCount += 1;
  const segmentDirectory = path.join(directory, "segments");
  mkdirSync(segmentDirectory, { recursive: true });
  let endNever = (): void => {};
  const never = new Promise<never>((_resolve, reject) => {
    endNever = () => reject(new RuntimeError("JOURNAL_CLOSED", "the stage was abandoned, and is closed now"));
  });
  never.catch(() => undefined); // Nobody need have asked.
  const shared: Shared = { abandoned: false, never, running: new Map() };
  const endAll = (outcome: StagedEnd["outcome"]): void => {
    for (const { end } of shared.running.values()) end(outcome);
  };
  const notices: string[] = [];
  const kernels = "kernels" in options ? options.kernels : kernelModule();
  const segmentName = `p${process.pid}-${stageCount}`;
  const tree = startTree({
    clock,
    random: seededRandom(stageCount),
    journal: watchJournal(bare, shared),
    executorCount,
    thread: {
      kernels,
      segmentDirectory,
      segmentName,
      disk: openDiskAccount(0, options.diskBytes),
      durable: false,
      kernelMemoryBytes: options.kernelMemoryBytes ?? Number.POSITIVE_INFINITY,
      storesText: false,
    },
    outputOf: (job) => shared.running.get(job) as Running,
    onOutcome: (job, outcome) => shared.running.get(job)?.end(outcome),
    onBroken: (error) => endAll({ kind: "broken", error }),
    onNotice: (supervisor, notice) => {
      const line = `${supervisor}: ${describe(notice)}`;
      notices.push(line);
      options.onNotice?.(line);
    },
    restartsMax,
  });
  return {
    tree,
    run: async (job, jobOptions = {}) => await runOn({ tree, shared, notices, directory }, job, jobOptions),
    abandon: () => {
      shared.abandoned = true;
      endAll({ kind: "abandoned" });
    },
    close: async () => {
      endNever();
      await tree.stop();
      await bare.close();
    },
  };
}

interface Ground {
  readonly tree: Tree;
  readonly shared: Shared;
  readonly notices: readonly string[];
  readonly directory: string;
}

async function runOn(ground: Ground, job: JobDescription, options: JobOptions): Promise<StagedEnd> {
  const { tree, shared, notices, directory } = ground;
  const outputFile = path.join(directory, `output-${job.id}`);
  const rejectsFile = path.join(directory, `rejects-${job.id}`);
  const fileFor = (file: string): OutputPort => new FileOutput(file, job.id, false);
  const rejectsPort = options.rejectsPort ?? (options.rejects === true ? fileFor(rejectsFile) : undefined);
  const { hooks = {} } = options;
  const port = watchPort(options.port ?? fileFor(outputFile), shared, hooks.beforeWrite);
  const noticesBefore = notices.length;
  const outcome = await new Promise<StagedEnd["outcome"]>((resolve) => {
    const watchdog = setTimeout(() => {
      const totals = JSON.stringify(tree.view.progress.get(job.id)?.totals());
      console.error(
        `HUNG after ${HANG_MS} ms: ${totals}\nrunning: ${tree.children().join(" ")}\n${notices.join("\n")}`,
      );
      resolve({ kind: "hung" });
    }, HANG_MS);
    const end = (told: StagedEnd["outcome"]): void => {
      clearTimeout(watchdog);
      resolve(told);
    };
    shared.running.set(job.id, { hooks, port, rejectsPort, end, batchCount: 0, commitCount: 0 });
    tree.submit(job);
  });
  const { batchCount, commitCount } = shared.running.get(job.id) as Running;
  await port.close();
  await rejectsPort?.close();
  const isDone = outcome.kind === "done";
  return {
    outcome,
    output: isDone && options.port === undefined ? readFileSync(outputFile, "utf8") : undefined,
    rejects: isDone && options.rejects === true ? readFileSync(rejectsFile, "utf8") : undefined,
    notices: notices.slice(noticesBefore),
    batchCount,
    commitCount,
    tasksStarted: tree.view.tasksStarted.get(job.id) ?? 0,
    repairs: tree.view.repairs.get(job.id),
  };
}

/** One job on a stage of its own. */
export async function runStaged(job: JobDescription, options: StageOptions & JobOptions): Promise<StagedEnd> {
  const stage = await openStage(options);
  try {
    return await stage.run(job, options);
  } finally {
    await stage.close();
  }
}

/** Logs are called `job/JOB`, `partition/JOB/INDEX`, `output/JOB`. */
function jobOfLog(actor: string): string {
  return actor.split("/")[1];
}

function watchJournal(journal: Journal, shared: Shared): Journal {
  return {
    open: () => journal.open(),
    read: (actor) => (shared.abandoned ? shared.never : journal.read(actor)),
    actors: (prefix) => (shared.abandoned ? shared.never : journal.actors(prefix)),
    commit: async (appends, drops) => {
      if (shared.abandoned) return await shared.never;
      await journal.commit(appends, drops);
      for (const id of new Set(appends.map(({ actor }) => jobOfLog(actor)))) {
        const running = shared.running.get(id);
        if (running === undefined) continue;
        running.batchCount += 1;
        running.commitCount += appends.filter(({ actor }) => actor.startsWith(`partition/${id}/`)).length;
        running.hooks.afterCommit?.(running.batchCount);
      }
      if (shared.abandoned) await shared.never;
    },
    close: () => journal.close(),
  };
}

function watchPort(port: OutputPort, shared: Shared, beforeWrite: Hooks["beforeWrite"]): OutputPort {
  let count = 0;
  return {
    open: (keepBytes, crc) => (shared.abandoned ? shared.never : port.open(keepBytes, crc)),
    write: async (bytes) => {
      count += 1;
      beforeWrite?.(count);
      if (shared.abandoned) return await shared.never;
      await port.write(bytes);
    },
    commit: () => (shared.abandoned ? shared.never : port.commit()),
    discard: () => port.discard(),
    close: () => port.close(),
  };
}
