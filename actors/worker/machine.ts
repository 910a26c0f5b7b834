/**
 * The worker: makes itself known, opens jobs, starts their partitions, hands the output's tasks to the pool, beats.
 *
 * W1. A partition has at most one actor; it is started when it has a journal or a task.
 * W2. What a partition knows is in its journal: the worker keeps nothing that a restart could lose.
 * W5. It beats as often as its coordinator says; partitions and executors have a pace of their own.
 * W4. It says who it is when it begins, and again whenever a beat is answered by `membership.unknown`.
 * W3. Commands for a partition that is not running are dropped: a partition that starts is given its tasks anew.
 * W5. Of a job that was closed while its partitions were being looked for, none is started: nobody would stop it.
 */
import { setup } from "xstate";
import { RuntimeError } from "../../runtime/errors.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { PoolCommand, TaskEnd } from "../executor-pool/messages.ts";
import type { JobDescription } from "../job/messages.ts";
import type { MembershipAnswer } from "../membership/messages.ts";
import {
  HEARTBEAT_INTERVAL_MS,
  PARTITION_BEATS_MAX,
  PARTITION_DEAD_AFTER_MS,
  PARTITION_TURNS_MIN,
} from "../options.ts";
import {
  freedLog,
  jobOfPartitionLog,
  PARTITION_LOG_PREFIX,
  type PartitionCommand,
  partitionLogPrefix,
  partitionOfLog,
} from "../partition/messages.ts";
import type { WorkerCommand, WorkerFact } from "./messages.ts";

export interface WorkerInput {
  /** Takes the actor's address; called when it runs. */
  readonly listen: () => void;
  /** Tells the membership who is here. */
  readonly introduce: () => void;
  /** Tells the membership that it lives; the next time is so much later. */
  readonly beat: (intervalMs: number) => void;
  /** Tells the membership that this worker goes. */
  readonly leave: () => void;
  readonly noteDirectory: (members: readonly { readonly id: string; readonly exchange: string }[]) => void;
  /** Told when it cannot take part. */
  readonly refused: (reason: string) => void;
  /** Told when nobody needs this worker any more. */
  readonly released: () => void;
  readonly journal: Journal;
  readonly pool: { send(command: PoolCommand): void };
  /** Starts a partition's actor under its supervisor; false if it has one. */
  readonly startPartition: (job: string, partition: number) => boolean;
  /** Ends a job's partitions. */
  readonly stopPartitions: (job: string) => void;
  /** Jobs of which there are files here, or may be. */
  readonly storedJobs: () => readonly string[];
  /** Removes all that is stored of a job, which is closed. */
  readonly freeJob: (job: string) => void;
  readonly sendToPartition: (job: string, partition: number, command: PartitionCommand) => void;
  readonly runningPartitions: () => readonly { readonly job: string; readonly partition: number }[];
  /** Deletes segments; told before the journal knows, so that nobody is refused room meanwhile. */
  readonly freeSegments: (stages: { readonly job: string; readonly below: number }, journaled: Promise<void>) => void;
  /** Deletes text of the output. */
  readonly freeText: (job: string, segments: readonly string[]) => void;
  /** Tells the coordinator. */
  readonly tell: (fact: WorkerFact) => void;
}

interface Context extends WorkerInput {
  /** Jobs that the coordinator has opened here. */
  readonly opened: Set<string>;
  /** W5. */
  heartbeatIntervalMs: number;
  /** Whose turn it is, among the running partitions. */
  nextToBeat: number;
}

type Event =
  | WorkerCommand
  | MembershipAnswer
  | { readonly type: "jobs.listed"; readonly jobs: readonly string[] }
  | { readonly type: "journal.listed"; readonly job: string; readonly partitions: readonly number[] }
  | { readonly type: "journal.failed"; readonly job: string; readonly error: unknown };

export const workerMachine = setup({
  types: { context: {} as Context, input: {} as WorkerInput, events: {} as Event },
  delays: { beat: ({ context }) => context.heartbeatIntervalMs, ask: HEARTBEAT_INTERVAL_MS },
  actions: {
    open: ({ context, event, self }) => {
      if (event.type !== "worker.open") return;
      const job = event.job.id;
      context.opened.add(job);
      context.pool.send({ type: "pool.open", job: event.job });
      listPartitions(context.journal, event.job).then(
        (partitions) => self.send({ type: "journal.listed", job, partitions }),
        (error: unknown) => self.send({ type: "journal.failed", job, error }),
      );
    },
    tellOpened: ({ context, event }) => {
      if (event.type !== "journal.listed") return;
      const { job, partitions } = event;
      // W5.
      if (!context.opened.has(job)) return;
      context.tell({ type: "worker.opened", job, partitions });
      for (const partition of partitions) {
        if (!context.startPartition(job, partition)) {
          context.sendToPartition(job, partition, { type: "partition.report" });
        }
      }
    },
    tellFailed: ({ context, event }) => {
      if (event.type !== "journal.failed") return;
      const code = event.error instanceof RuntimeError ? event.error.code : "JOURNAL_FAILED";
      const message = event.error instanceof Error ? event.error.message : String(event.error);
      context.tell({ type: "worker.failed", job: event.job, failure: { code, message } });
    },
    run: ({ context, event }) => {
      if (event.type !== "worker.run") return;
      for (const { partition, tasks } of event.runs) {
        if (!context.startPartition(event.job, partition)) {
          context.sendToPartition(event.job, partition, { type: "partition.run", tasks });
        }
      }
    },
    stop: ({ context, event }) => {
      if (event.type !== "worker.stop") return;
      for (const { partition, ...task } of event.tasks) {
        context.sendToPartition(event.job, partition, { type: "partition.stop", tasks: [task] });
      }
    },
    withdraw: ({ context, event }) => {
      if (event.type !== "worker.withdraw") return;
      for (const withdrawal of event.withdrawals) {
        const command = { type: "partition.withdraw", withdrawals: [withdrawal] } as const;
        context.sendToPartition(event.job, withdrawal.partition, command);
      }
    },
    free: ({ context, event }) => {
      if (event.type !== "worker.free") return;
      const { job, below } = event;
      context.pool.send({ type: "pool.free", job, below });
      const record = { actor: freedLog(job), payload: Buffer.from(String(below)), replace: true };
      context.freeSegments({ job, below }, context.journal.commit([record]));
    },
    freeText: ({ context, event }) => {
      if (event.type === "worker.freeText") context.freeText(event.job, event.segments);
    },
    runOutput: ({ context, event }) => {
      if (event.type !== "worker.runOutput") return;
      const { job, tag, task } = event;
      const owner = {
        send: (end: TaskEnd) => {
          if (end.type === "task.done") context.tell({ type: "output.done", job, tag, result: end.result });
          else if (end.type === "task.failed") context.tell({ type: "output.failed", job, tag, failure: end.failure });
        },
      };
      context.pool.send({ type: "pool.submit", job, tag, task, owner });
    },
    close: ({ context, event }) => {
      if (event.type !== "worker.close") return;
      close(context, event.job);
    },
    keep: ({ context, event, self }) => {
      if (event.type !== "worker.keep") return;
      const kept = new Set(event.jobs);
      // Those that ended while this worker did not hear the coordinator.
      for (const job of [...context.opened]) if (!kept.has(job)) close(context, job);
      listJobs(context).then(
        (jobs) => self.send({ type: "jobs.listed", jobs: jobs.filter((job) => !kept.has(job)) }),
        // A journal that cannot be read is told by whoever needs it.
        () => undefined,
      );
    },
    closeOthers: ({ context, event }) => {
      if (event.type !== "jobs.listed") return;
      // One that was opened since then is kept, too.
      for (const job of event.jobs) if (!context.opened.has(job)) close(context, job);
    },
    introduce: ({ context }) => context.introduce(),
    noteDirectory: ({ context, event }) => {
      if (event.type === "membership.directory") context.noteDirectory(event.members);
    },
    noteInterval: ({ context, event }) => {
      if (event.type === "membership.admitted") context.heartbeatIntervalMs = event.heartbeatIntervalMs;
    },
    tellRefused: ({ context, event }) => {
      if (event.type === "membership.refused") context.refused(event.reason);
    },
    leave: ({ context }) => {
      context.leave();
      context.released();
    },
    beat: ({ context }) => context.beat(context.heartbeatIntervalMs),
    askPartitions: ({ context }) => {
      const running = context.runningPartitions();
      // Each is asked several times before its silence is death.
      const turns = PARTITION_DEAD_AFTER_MS / PARTITION_TURNS_MIN / HEARTBEAT_INTERVAL_MS;
      const count = Math.min(running.length, Math.max(PARTITION_BEATS_MAX, Math.ceil(running.length / turns)));
      for (let asked = 0; asked < count; asked += 1) {
        const { job, partition } = running[(context.nextToBeat + asked) % running.length];
        context.sendToPartition(job, partition, { type: "partition.beat" });
      }
      context.nextToBeat = running.length === 0 ? 0 : (context.nextToBeat + count) % running.length;
    },
  },
}).createMachine({
  id: "worker",
  type: "parallel",
  context: ({ input }) => ({
    ...{ ...input, opened: new Set(), nextToBeat: 0 },
    heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
  }),
  entry: [({ context }) => context.listen(), "introduce"],
  on: {
    "worker.open": { actions: "open" },
    "worker.run": { actions: "run" },
    "worker.stop": { actions: "stop" },
    "worker.withdraw": { actions: "withdraw" },
    "worker.free": { actions: "free" },
    "worker.freeText": { actions: "freeText" },
    "worker.runOutput": { actions: "runOutput" },
    "worker.close": { actions: "close" },
    "worker.keep": { actions: "keep" },
    "jobs.listed": { actions: "closeOthers" },
    "worker.release": { actions: "leave" },
    "membership.unknown": { actions: "introduce" },
    "membership.directory": { actions: "noteDirectory" },
    "membership.admitted": { actions: "noteInterval" },
    "membership.refused": { actions: "tellRefused" },
    "journal.listed": { actions: "tellOpened" },
    "journal.failed": { actions: "tellFailed" },
  },
  states: {
    beating: {
      initial: "pacing",
      states: { pacing: { after: { beat: { target: "pacing", reenter: true, actions: "beat" } } } },
    },
    asking: {
      initial: "pacing",
      states: { pacing: { after: { ask: { target: "pacing", reenter: true, actions: "askPartitions" } } } },
    },
  },
});

function close({ pool, opened, stopPartitions, freeJob }: Context, job: string): void {
  opened.delete(job);
  pool.send({ type: "pool.close", job });
  stopPartitions(job);
  freeJob(job);
}

/** Jobs with logs or files here: the tasks of an output have no log. */
async function listJobs({ journal, storedJobs }: Context): Promise<readonly string[]> {
  const jobs = new Set(storedJobs());
  for (const actor of await journal.actors(PARTITION_LOG_PREFIX)) jobs.add(jobOfPartitionLog(actor));
  return [...jobs];
}

/** A log whose name is none of a partition has a damaged key: reading it has the journal discard and report it. */
async function listPartitions(journal: Journal, job: JobDescription): Promise<number[]> {
  const partitions: number[] = [];
  for (const actor of await journal.actors(partitionLogPrefix(job.id))) {
    const partition = partitionOfLog(job.id, actor);
    if (partition !== undefined && partition < job.plan.partitions) partitions.push(partition);
    else await journal.read(actor);
  }
  return partitions.sort((left, right) => left - right);
}
