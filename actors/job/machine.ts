/**
 * A job: opens its worker, hands out the tasks of one stage after the other, then has the output written.
 *
 * J1. Nothing is handed out before every partition with a journal has told what it holds.
 * J2. The output starts when every task of every stage is committed, and there is one output at a time.
 * J3. A job ends once: done, or failed with the first failure told; what is told later is ignored.
 */
import { setup } from "xstate";
import type { TaskFailure } from "../executor/messages.ts";
import type { OutputFact, OutputTotals } from "../output/messages.ts";
import type { PartitionRun } from "../partition/messages.ts";
import type { WorkerCommand, WorkerFact } from "../worker/messages.ts";
import { linesBeforeSplits } from "./lines-before.ts";
import type { JobDescription, OutputOrder } from "./messages.ts";
import type { JobProgress } from "./progress.ts";

export type JobOutcome =
  | { readonly kind: "done"; readonly output: OutputTotals }
  | { readonly kind: "failed"; readonly failure: TaskFailure };

export interface JobInput {
  readonly job: JobDescription;
  readonly progress: JobProgress;
  readonly send: (command: WorkerCommand) => void;
  /** Starts the output under its supervisor. */
  readonly startOutput: (order: OutputOrder) => void;
  readonly tell: (outcome: JobOutcome) => void;
  /** Told of what an earlier run of the job left, in parts. */
  readonly noteTakenOver: (found: TakenOver) => void;
  /** Told of how many commits were withdrawn because what they refer to is damaged. */
  readonly noteWithdrawn: (commitCount: number) => void;
}

export interface TakenOver {
  /** Commits that count. */
  readonly commits: number;
  /** Commits whose bytes are not there, and are run again. */
  readonly unusable: number;
  /** Tasks that must have been committed, but whose commits the journal has lost. */
  readonly lost: number;
}

interface Context extends JobInput {
  /** Partitions whose journals have not been told yet. */
  readonly unheard: Set<number>;
}

type Event = WorkerFact | OutputFact | { readonly type: "child.shutdown" };

function run(context: Context, runs: readonly PartitionRun[]): void {
  if (runs.length > 0) context.send({ type: "worker.run", job: context.job.id, runs });
}

export const jobMachine = setup({
  types: { context: {} as Context, input: {} as JobInput, events: {} as Event },
  guards: {
    allHeard: ({ context }) => context.unheard.size === 0,
    isComplete: ({ context }) => context.progress.isComplete,
    isBeyondRepair: ({ context }) => context.progress.isBeyondRepair,
  },
  actions: {
    openWorker: ({ context }) => context.send({ type: "worker.open", job: context.job }),
    noteOpened: ({ context, event }) => {
      if (event.type === "worker.opened") for (const partition of event.partitions) context.unheard.add(partition);
    },
    restore: ({ context, event }) => {
      if (event.type !== "partition.recovered") return;
      context.unheard.delete(event.partition);
      context.progress.restore(event.commits);
      context.noteTakenOver({ commits: event.commits.length, unusable: event.unusableCount, lost: 0 });
    },
    noteLost: ({ context }) => context.noteTakenOver({ commits: 0, unusable: 0, lost: context.progress.lostCount }),
    withdraw: ({ context, event }) => {
      if (event.type !== "task.starved" && event.type !== "output.starved") return;
      const withdrawals = context.progress.withdraw(event.failure.damage ?? []);
      if (withdrawals.length === 0) return;
      context.noteWithdrawn(withdrawals.length);
      context.send({ type: "worker.withdraw", job: context.job.id, withdrawals });
    },
    runOutstanding: ({ context }) => run(context, context.progress.outstanding()),
    runAgain: ({ context, event }) => {
      if (event.type !== "partition.recovered") return;
      for (const commit of event.commits) run(context, context.progress.commit(commit));
      const tasks = context.progress.outstandingOf(event.partition);
      if (tasks.length > 0) run(context, [{ partition: event.partition, tasks }]);
    },
    commit: ({ context, event }) => {
      if (event.type === "task.committed") run(context, context.progress.commit(event.commit));
    },
    startOutput: ({ context }) => {
      const { job, progress } = context;
      const rejects = { commits: progress.rejects(), linesBefore: linesBeforeSplits(job, progress.splitCommits()) };
      context.startOutput({ runs: progress.outputRuns(), rejects });
    },
    tellDone: ({ context, event }) => {
      if (event.type === "output.ended") context.tell({ kind: "done", output: event.totals });
    },
    tellFailed: ({ context, event }) => {
      if ("failure" in event) context.tell({ kind: "failed", failure: event.failure });
    },
    closeWorker: ({ context }) => context.send({ type: "worker.close", job: context.job.id }),
  },
}).createMachine({
  id: "job",
  context: ({ input }) => ({ ...input, unheard: new Set() }),
  initial: "opening",
  on: {
    "worker.failed": ".failed",
    "task.failed": ".failed",
    "child.shutdown": ".stopped",
  },
  states: {
    opening: {
      entry: "openWorker",
      on: { "worker.opened": { target: "recovering", actions: "noteOpened" } },
    },
    recovering: {
      always: { guard: "allHeard", target: "running", actions: "noteLost" },
      on: { "partition.recovered": { actions: "restore" } },
    },
    running: {
      entry: "runOutstanding",
      always: [
        { guard: "isBeyondRepair", target: "failed" },
        { guard: "isComplete", target: "writing" },
      ],
      on: {
        // An output that waits may still hear of tasks that it had asked for, and tell again.
        "task.starved": { actions: ["withdraw", "runOutstanding"] },
        "output.starved": { actions: ["withdraw", "runOutstanding"] },
        "task.committed": { actions: "commit" },
        "partition.recovered": { actions: "runAgain" },
      },
    },
    writing: {
      entry: "startOutput",
      on: {
        "output.ended": "done",
        "output.broken": "failed",
        "output.starved": { target: "running", actions: "withdraw" },
      },
    },
    done: { type: "final", entry: ["tellDone", "closeWorker"] },
    stopped: { type: "final" },
    failed: { type: "final", entry: ["tellFailed", "closeWorker"] },
  },
});
