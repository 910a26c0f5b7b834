/**
 * One partition of one job: has its tasks run, journals what is done, and only then tells.
 *
 * P1. Nothing is told before the batch with it has been written (D4).
 * P2. A new incarnation begins with what the journal holds, and tells all of it.
 * P3. A task's end that this incarnation did not wait for is ignored.
 * P5. A task whose input is damaged is no failure: the job is told, and asks again when the input has been made again.
 * P6. A task that the job has stopped is told of only if its commit was being written: that harms nothing.
 * P4. A journal that fails, or cannot be read, fails the job by name: nothing is acknowledged any more.
 */
import { assign, fromPromise, setup } from "xstate";
import { RuntimeError } from "../../runtime/errors.ts";
import type { Incarnation } from "../../runtime/identity.ts";
import { isDiskFull } from "../../runtime/journal/disk-full.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import { SegmentLengths } from "../../runtime/journal/segment-files.ts";
import type { TaskFailure } from "../executor/messages.ts";
import type { PoolCommand, TaskEnd } from "../executor-pool/messages.ts";
import { decodeCommit, encodeCommit, lastOfEachTask } from "./commit-record.ts";
import { freedLog, type PartitionCommand, type PartitionFact, partitionLog, type TaskCommit } from "./messages.ts";
import { TaskBook } from "./task-book.ts";
import { freedBelowOf, goneAmong, usableCommits } from "./usable-commits.ts";

export interface PartitionInput {
  readonly job: string;
  readonly partition: number;
  readonly incarnation: Incarnation;
  readonly journal: Journal;
  readonly segmentDirectory: string;
  readonly pool: { send(command: PoolCommand): void };
  /** Tells the job. */
  readonly tell: (fact: PartitionFact) => void;
  /** Tells the supervisor that something is committed: the backoff starts anew. */
  readonly reportProgress: () => void;
  /** Answers a heartbeat. */
  readonly beat: (beat: { partition: number; incarnation: Incarnation; progress: number; busy: boolean }) => void;
}

interface Context extends PartitionInput {
  readonly book: TaskBook;
  /** Commits of the log that nothing is left of. */
  unusableCount: number;
}

type Event =
  | PartitionCommand
  | TaskEnd
  | { readonly type: "commit.written"; readonly commit: TaskCommit }
  | { readonly type: "commit.failed"; readonly error: unknown }
  | { readonly type: "child.shutdown" };

interface Recovered {
  readonly commits: readonly TaskCommit[];
  readonly unusableCount: number;
}

const readLog = fromPromise<Recovered, PartitionInput>(async ({ input }) => {
  const records = await input.journal.read(partitionLog(input.job, input.partition));
  const all = lastOfEachTask(records.map(({ payload }) => decodeCommit(payload)));
  const freedBelow = freedBelowOf(await input.journal.read(freedLog(input.job)));
  const commits = usableCommits(all, { lengths: new SegmentLengths(input.segmentDirectory), freedBelow });
  return { commits, unusableCount: all.length - commits.length };
});

/** The cause says more than that the journal failed: a full disk has its own code, for there is a remedy. */
function journalFailure(error: unknown): TaskFailure {
  if (isDiskFull(error)) return { code: "DISK_FULL", message: (error as Error).message };
  const code = error instanceof RuntimeError ? error.code : "JOURNAL_FAILED";
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return { code, message: `${error instanceof Error ? error.message : String(error)}${cause}` };
}

export const partitionMachine = setup({
  types: { context: {} as Context, input: {} as PartitionInput, events: {} as Event },
  actors: { readLog },
  guards: {
    isStarved: ({ event }) => event.type === "task.failed" && event.failure.damage !== undefined,
  },
  actions: {
    tellRecovered: ({ context }) => {
      const { partition, incarnation, book, unusableCount } = context;
      const [commits, pending] = [book.commits(), book.pending()];
      const gone = goneAmong(commits, new SegmentLengths(context.segmentDirectory));
      context.tell({
        ...{ type: "partition.recovered", partition, incarnation, commits, unusableCount, pending },
        gone: gone.map(({ stage, sequence }) => ({ stage, sequence })),
      });
    },
    accept: ({ context, event }) => {
      if (event.type !== "partition.run") return;
      for (const commit of context.book.accept(event.tasks)) context.tell({ type: "task.committed", commit });
    },
    withdraw: ({ context, event }) => {
      if (event.type !== "partition.withdraw") return;
      for (const withdrawal of event.withdrawals) context.book.withdraw(withdrawal);
    },
    stop: ({ context, event }) => {
      if (event.type !== "partition.stop") return;
      for (const task of event.tasks) context.book.stop(task);
      context.pool.send({ type: "pool.sweep", job: context.job });
    },
    tellStarved: ({ context, event }) => {
      const task = event.type === "task.failed" ? context.book.abandon(event.tag) : undefined;
      if (event.type !== "task.failed" || task === undefined) return;
      const { stage, sequence } = task;
      context.tell({ type: "task.starved", stage, partition: context.partition, sequence, failure: event.failure });
    },
    submit: ({ context, self }) => {
      for (const { tag, task } of context.book.submittable()) {
        const isWanted = (): boolean => context.book.awaits(tag, task);
        const send = (end: TaskEnd): void => {
          // P3. It may have been asked for again since, under the same name.
          if (isWanted()) self.send(end);
        };
        context.pool.send({ type: "pool.submit", job: context.job, tag, task: task.task, owner: { send }, isWanted });
      }
    },
    commit: ({ context, event, self }) => {
      if (event.type !== "task.done") return;
      const commit = context.book.commitOf(event.tag, event.result);
      if (commit === undefined) return;
      const actor = partitionLog(context.job, context.partition);
      context.journal.commit([{ actor, payload: encodeCommit(commit) }]).then(
        () => self.send({ type: "commit.written", commit }),
        (error: unknown) => self.send({ type: "commit.failed", error }),
      );
    },
    tellCommitted: ({ context, event }) => {
      if (event.type !== "commit.written") return;
      context.book.committed(event.commit);
      context.tell({ type: "task.committed", commit: event.commit });
      context.reportProgress();
    },
    tellFailed: ({ context, event }) => {
      if (event.type !== "task.failed") return;
      const { partition, book } = context;
      // A job that did not hear of it asks for the task again.
      const task = book.abandon(event.tag);
      if (task !== undefined)
        context.tell({ type: "task.failed", partition, stage: task.stage, failure: event.failure });
    },
    answerBeat: ({ context }) => {
      const { partition, incarnation, book } = context;
      context.beat({ partition, incarnation, progress: book.committedCount, busy: book.isBusy });
    },
    tellJournalFailed: ({ context, event }) => {
      const failure = journalFailure((event as { readonly error?: unknown }).error);
      context.tell({ type: "task.failed", partition: context.partition, stage: 0, failure });
    },
  },
}).createMachine({
  id: "partition",
  context: ({ input }) => ({ ...input, book: new TaskBook(input.partition), unusableCount: 0 }),
  initial: "recovering",
  on: {
    "partition.beat": { actions: "answerBeat" },
    "child.shutdown": ".stopped",
  },
  states: {
    recovering: {
      invoke: {
        src: "readLog",
        input: ({ context }) => context,
        onDone: {
          target: "running",
          actions: [
            assign(({ context, event }) => {
              context.book.restore(event.output.commits);
              return { unusableCount: event.output.unusableCount };
            }),
            "tellRecovered",
          ],
        },
        onError: { target: "failed", actions: "tellJournalFailed" },
      },
    },
    running: {
      on: {
        "partition.report": { actions: "tellRecovered" },
        "partition.run": { actions: ["accept", "submit"] },
        "partition.stop": { actions: ["stop", "submit"] },
        "task.done": { actions: "commit" },
        "partition.withdraw": { actions: "withdraw" },
        "task.failed": [{ guard: "isStarved", actions: ["tellStarved", "submit"] }, { actions: "tellFailed" }],
        "commit.written": { actions: ["tellCommitted", "submit"] },
        "commit.failed": { target: "failed", actions: "tellJournalFailed" },
      },
    },
    stopped: { type: "final" },
    failed: {},
  },
});
