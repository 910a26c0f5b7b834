/**
 * Runs whole jobs in process: real threads, a journal with hooks, small splits, and a watchdog instead of a hang.
 *
 * Owns: the set-up of a job, and the hooks at which a test may kill something.
 * Never: asserts anything.
 */
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { kernelModule } from "../../../actors/executor/load-kernels.ts";
import type { JobOutcome } from "../../../actors/job/machine.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { FileOutput } from "../../../actors/output/file-output.ts";
import type { OutputPort } from "../../../actors/output/output-port.ts";
import { prepareJob } from "../../../actors/prepare-job.ts";
import { startTree, type Tree } from "../../../actors/tree.ts";
import type { InputSpecification, Program } from "../../../programs/program.ts";
import type { Clock } from "../../../runtime/clock.ts";
import type { Journal } from "../../../runtime/journal/journal.ts";
import { createMemoryJournal } from "../../../runtime/journal/memory-journal.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { describe } from "../../runtime/supervision/stage.ts";

/** A job that takes longer is called hung: far more than the longest one takes on a machine that is busy with other work. */
const HANG_MS = 60_000;

export const CSV: InputSpecification = {
  paths: [],
  format: undefined,
  header: false,
  delimiter: ",",
  key: undefined,
  value: undefined,
};

/** Real time, but timers come ten times as soon: backoffs and beats are short. */
export const HASTY_CLOCK: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs / 10),
};

export interface Hooks {
  /** A batch was written; nobody has been told. `actors` are the logs in it, `count` counts from 1. */
  readonly afterCommit?: (commit: { readonly actors: readonly string[]; readonly count: number }) => void;
  /** The output is about to write its n-th piece of bytes, from 1. */
  readonly beforeWrite?: (count: number) => void | Promise<void>;
  readonly onNotice?: (line: string) => void;
}

export interface Staged {
  readonly job: JobDescription;
  readonly directory: string;
  /** Default: a fresh one in memory. Opened and closed here. */
  readonly journal?: Journal;
  readonly executorCount?: number;
  readonly rejects?: boolean;
  readonly hooks?: Hooks;
  /** Told once the tree is there and the job submitted. */
  readonly disturb?: (tree: Tree, notices: readonly string[]) => void;
}

export interface StagedEnd {
  readonly outcome: JobOutcome | { readonly kind: "broken"; readonly error: unknown } | { readonly kind: "hung" };
  readonly output: string | undefined;
  readonly rejects: string | undefined;
  readonly notices: readonly string[];
  /** Commits of partitions that were written, of this run alone. */
  readonly commitCount: number;
}

let runCount = 0;

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

export async function runStaged(staged: Staged): Promise<StagedEnd> {
  const { job, directory, executorCount = 2, hooks = {} } = staged;
  const bare = staged.journal ?? createMemoryJournal();
  await bare.open();
  let commitCount = 0;
  const journal = watchJournal(bare, (actors) => {
    if (actors.some((actor) => actor.startsWith("partition/"))) commitCount += 1;
    hooks.afterCommit?.({ actors, count: commitCount });
  });
  const segmentDirectory = path.join(directory, "segments");
  mkdirSync(segmentDirectory, { recursive: true });
  const outputFile = path.join(directory, "output");
  const rejectsFile = path.join(directory, "rejects");
  const port = watchPort(new FileOutput(outputFile, job.id, false), hooks.beforeWrite);
  const rejectsPort = staged.rejects === true ? new FileOutput(rejectsFile, job.id, false) : undefined;
  const notices: string[] = [];
  runCount += 1;
  let tree: Tree | undefined;
  const outcome = await new Promise<StagedEnd["outcome"]>((resolve) => {
    const watchdog = setTimeout(() => {
      console.error(`HUNG after ${HANG_MS} ms; running: ${tree?.children().join(" ")}\n${notices.join("\n")}`);
      console.error(JSON.stringify(tree?.view.progress.get(job.id)?.totals()));
      resolve({ kind: "hung" });
    }, HANG_MS);
    const end = (told: StagedEnd["outcome"]): void => {
      clearTimeout(watchdog);
      resolve(told);
    };
    tree = startTree({
      clock: HASTY_CLOCK,
      random: seededRandom(runCount),
      journal,
      executorCount,
      thread: { kernels: kernelModule(), segmentDirectory, segmentName: `p${process.pid}-${runCount}`, durable: false },
      outputOf: () => ({ port, rejectsPort }),
      onOutcome: (_job, told) => end(told),
      onBroken: (error) => end({ kind: "broken", error }),
      onNotice: (supervisor, notice) => {
        const line = `${supervisor}: ${describe(notice)}`;
        notices.push(line);
        hooks.onNotice?.(line);
      },
      restartsMax: 100_000,
    });
    tree.submit(job);
    staged.disturb?.(tree, notices);
  });
  await tree?.stop();
  await port.close();
  await rejectsPort?.close();
  await bare.close();
  return {
    outcome,
    output: outcome.kind === "done" ? readFileSync(outputFile, "utf8") : undefined,
    rejects: outcome.kind === "done" && rejectsPort !== undefined ? readFileSync(rejectsFile, "utf8") : undefined,
    notices,
    commitCount,
  };
}

function watchJournal(journal: Journal, afterCommit: (actors: readonly string[]) => void): Journal {
  return {
    open: () => journal.open(),
    read: (actor) => journal.read(actor),
    actors: (prefix) => journal.actors(prefix),
    commit: async (appends, drops) => {
      await journal.commit(appends, drops);
      afterCommit(appends.map(({ actor }) => actor));
    },
    close: () => journal.close(),
  };
}

function watchPort(port: OutputPort, beforeWrite: Hooks["beforeWrite"]): OutputPort {
  let count = 0;
  return {
    open: (keepBytes) => port.open(keepBytes),
    write: async (bytes) => {
      count += 1;
      await beforeWrite?.(count);
      await port.write(bytes);
    },
    commit: () => port.commit(),
    discard: () => port.discard(),
    close: () => port.close(),
  };
}
