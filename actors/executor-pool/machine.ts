/**
 * The executor pool: hands tasks to executors, starts executors when there is work for them, and finds hung ones.
 *
 * P1. A task has one end: done, failed, poison, or stopped. An executor's death is no end; the task is run again elsewhere.
 * P2. An executor is started when there are more tasks than executors, up to `executorCount`.
 * P4. A task that nobody wants any more ends at once for whoever gave it; the executor that runs it gives it up as soon as
 *     it can, and is never ended for that.
 * P5. Of a job that was closed, `noteClosed` is told whenever an executor that may have been writing writes no more of it.
 * P3. When no executor comes back, the executors' supervisor gives up, and with it the tree: that is not the pool's.
 */
import assert from "node:assert/strict";
import { setup } from "xstate";
import type { HeartbeatMonitor } from "../../runtime/failure/heartbeat-monitor.ts";
import type { JobDescription } from "../job/messages.ts";
import { HEARTBEAT_INTERVAL_MS } from "../options.ts";
import { describePoison } from "./describe-poison.ts";
import { PoolLedger, type PoolTask } from "./ledger.ts";
import type { PoolCommand, PoolFact } from "./messages.ts";

export interface PoolInput {
  readonly executorCount: number;
  /** Told of every executor's progress; it reports those that are busy without any as hung. */
  readonly monitor: HeartbeatMonitor;
  /** Starts executor `index` under its supervisor. */
  readonly startExecutor: (index: number) => void;
  /** Asks the executors that an earlier pool started to announce themselves; returns how many there are. */
  readonly announceExecutors: () => number;
  /** Tickets of different pools differ, so that answers to an earlier one are not taken for ours. */
  readonly firstTicket: number;
  /** Tells the supervisor that an executor got something done: its backoff starts anew. */
  readonly reportProgress: (index: number, incarnation: number) => void;
  /** Told of each task of a job that is handed to an executor. */
  readonly noteStarted?: (job: string) => void;
  /** P5. */
  readonly noteClosed?: (job: string) => void;
}

interface Context extends PoolInput {
  readonly ledger: PoolLedger;
  readonly jobs: Map<string, JobDescription>;
  /** Incarnations that have finished a task. */
  readonly proven: Map<number, number>;
  started: number;
  /** Tasks of jobs that are not open yet. */
  early: Extract<PoolCommand, { type: "pool.submit" }>[];
}

type Event = PoolCommand | PoolFact;

function dispatch(context: Context): void {
  const { ledger, executorCount } = context;
  for (const { executor, task } of ledger.assign()) {
    const command = {
      kind: "run",
      ticket: task.ticket,
      job: task.job,
      task: task.task,
      isRetry: task.attempts > 0,
    } as const;
    executor.reference.send({ type: "executor.command", command });
    context.noteStarted?.(task.job);
  }
  while (context.started < executorCount && context.started < ledger.taskCount) {
    context.startExecutor(context.started);
    context.started += 1;
  }
}

/** The executor's name under its supervisor and in the heartbeat monitor. */
export function executorId(index: number | ""): string {
  return `executor-${index}`;
}

/** P4. */
function stopRunning({ ledger }: Context, dropped: readonly PoolTask[]): void {
  if (dropped.length === 0) return;
  for (const { tasks, notes } of ledger.executors()) {
    notes.stop(tasks.filter(({ forgotten }) => forgotten).map(({ ticket }) => ticket));
  }
}

function tellStopped({ owner, tag }: Pick<PoolTask, "owner" | "tag">): void {
  owner.send({ type: "task.stopped", tag });
}

function isUnwanted({ isWanted }: Pick<PoolTask, "isWanted">): boolean {
  return isWanted?.() === false;
}

/** P5. One that was opened again goes on writing. */
function noteClosed({ jobs, noteClosed: note }: Context, job: string): void {
  if (!jobs.has(job)) note?.(job);
}

function fail(task: PoolTask, code: string, message: string): void {
  task.owner.send({ type: "task.failed", tag: task.tag, failure: { code, message } });
}

export const poolMachine = setup({
  types: { context: {} as Context, input: {} as PoolInput, events: {} as Event },
  delays: { beat: HEARTBEAT_INTERVAL_MS },
  actions: {
    open: ({ context, event }) => {
      if (event.type !== "pool.open") return;
      context.jobs.set(event.job.id, event.job);
      for (const { reference } of context.ledger.executors()) {
        reference.send({ type: "executor.command", command: { kind: "open", job: event.job } });
      }
      for (const early of context.early) if (early.job === event.job.id) context.ledger.submit(early);
      context.early = context.early.filter(({ job }) => job !== event.job.id);
      dispatch(context);
    },
    close: ({ context, event }) => {
      if (event.type !== "pool.close") return;
      context.jobs.delete(event.job);
      stopRunning(context, context.ledger.drop(event.job));
      context.early = context.early.filter(({ job }) => job !== event.job);
      for (const { reference } of context.ledger.executors()) {
        reference.send({ type: "executor.command", command: { kind: "close", job: event.job } });
      }
    },
    sweep: ({ context, event }) => {
      if (event.type !== "pool.sweep") return;
      const isMeant = (early: (typeof context.early)[number]): boolean => early.job === event.job && isUnwanted(early);
      const early = context.early.filter(isMeant);
      context.early = context.early.filter((each) => !isMeant(each));
      const dropped = context.ledger.drop(event.job, isUnwanted);
      stopRunning(context, dropped);
      for (const each of [...early, ...dropped]) tellStopped(each);
    },
    free: ({ context, event }) => {
      if (event.type !== "pool.free") return;
      const { job, below } = event;
      for (const { reference } of context.ledger.executors()) {
        reference.send({ type: "executor.command", command: { kind: "free", job, below } });
      }
    },
    submit: ({ context, event }) => {
      if (event.type !== "pool.submit") return;
      // What it needs may have been brought here meanwhile, for nobody.
      if (isUnwanted(event)) {
        tellStopped(event);
        return;
      }
      // A pool that is new may be given tasks before it is told of their job again.
      if (!context.jobs.has(event.job)) {
        context.early.push(event);
        return;
      }
      context.ledger.submit(event);
      dispatch(context);
    },
    join: ({ context, event }) => {
      if (event.type !== "executor.ready") return;
      const { index, incarnation, executor, notes } = event;
      if (!context.ledger.join({ index, incarnation, notes, reference: executor })) return;
      context.monitor.watch(executorId(event.index));
      for (const job of context.jobs.values()) {
        event.executor.send({ type: "executor.command", command: { kind: "open", job } });
      }
      dispatch(context);
    },
    finish: ({ context, event }) => {
      if (event.type !== "executor.done" && event.type !== "executor.failed" && event.type !== "executor.stopped")
        return;
      const { index, incarnation } = event;
      const task = context.ledger.finish(event);
      dispatch(context);
      // P4: of a task that was stopped its owner has been told.
      if (task === undefined || event.type === "executor.stopped") return;
      if (context.proven.get(index) !== incarnation) {
        context.proven.set(index, incarnation);
        context.reportProgress(index, incarnation);
      }
      if (event.type === "executor.done") task.owner.send({ type: "task.done", tag: task.tag, result: event.result });
      else task.owner.send({ type: "task.failed", tag: task.tag, failure: event.failure });
    },
    lose: ({ context, event }) => {
      if (event.type !== "executor.lost") return;
      context.monitor.forget(executorId(event.index));
      const { notes, tasks = [] } = context.ledger.executor(event.index) ?? {};
      for (const job of new Set(tasks.map((task) => task.job))) noteClosed(context, job);
      const poison = context.ledger.lose(event.index, event.incarnation);
      const job = context.jobs.get(poison?.job ?? "");
      if (poison !== undefined) {
        const { tag, task } = poison;
        assert(notes !== undefined && job !== undefined, "a task that is not forgotten has an executor and a job");
        fail(poison, "TASK_POISONED", describePoison(job, { tag, task, notes, reason: event.reason }));
      }
      dispatch(context);
    },
    noteClosed: ({ context, event }) => {
      if (event.type === "executor.closed") noteClosed(context, event.job);
    },
    beat: ({ context }) => {
      for (const { index, incarnation, tasks, notes } of context.ledger.executors()) {
        const busy = tasks.length > 0;
        const id = executorId(index);
        // A thread cannot beat while it computes: its counter in shared memory is looked at instead.
        context.monitor.beat({
          id,
          incarnation,
          busy,
          progress: notes.progress(),
          term: 0,
          eventLoopLagMs: 0,
        });
      }
    },
  },
}).createMachine({
  id: "pool",
  context: ({ input }) => ({
    ...input,
    ledger: new PoolLedger(input.firstTicket),
    jobs: new Map(),
    proven: new Map(),
    started: 0,
    early: [],
  }),
  initial: "serving",
  entry: ({ context }) => {
    context.started = context.announceExecutors();
  },
  on: {
    "pool.open": { actions: "open" },
    "pool.close": { actions: "close" },
    "pool.sweep": { actions: "sweep" },
    "pool.free": { actions: "free" },
    "executor.lost": { actions: "lose" },
    "executor.ready": { actions: "join" },
    "executor.done": { actions: "finish" },
    "executor.failed": { actions: "finish" },
    "executor.stopped": { actions: "finish" },
    "executor.closed": { actions: "noteClosed" },
  },
  states: {
    serving: {
      after: { beat: { target: "serving", reenter: true, actions: "beat" } },
      on: { "pool.submit": { actions: "submit" } },
    },
  },
});
