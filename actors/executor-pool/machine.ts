/**
 * The executor pool: hands tasks to executors, starts executors when there is work for them, and finds hung ones.
 *
 * P1. A task has one end: done, failed, or poison. An executor's death is no end; the task is run again elsewhere.
 * P2. An executor is started when there are more tasks than executors, up to `executorCount`.
 * P3. When no executor comes back, every task fails with EXECUTORS_EXHAUSTED.
 */
import { setup } from "xstate";
import type { Clock } from "../../runtime/clock.ts";
import type { JobDescription } from "../job/messages.ts";
import { EXECUTOR_HUNG_AFTER_MS, HEARTBEAT_INTERVAL_MS, TASK_ATTEMPTS_MAX } from "../options.ts";
import { type HangState, lookForHangs } from "./hang.ts";
import { PoolLedger, type PoolTask } from "./ledger.ts";
import type { PoolCommand, PoolFact } from "./messages.ts";

export interface PoolInput {
  readonly executorCount: number;
  readonly clock: Clock;
  /** Starts executor `index` under its supervisor. */
  readonly startExecutor: (index: number) => void;
  /** Tells the supervisor that an executor is of no use any more. */
  readonly reportLost: (index: number, incarnation: number, reason: string) => void;
  /** Tells the supervisor that an executor got something done: its backoff starts anew. */
  readonly reportProgress: (index: number, incarnation: number) => void;
}

interface Context extends PoolInput {
  readonly ledger: PoolLedger;
  readonly jobs: Map<string, JobDescription>;
  /** Incarnations that have finished a task. */
  readonly proven: Map<number, number>;
  started: number;
  hangs: HangState;
  lookedAtMs: number;
}

type Event = PoolCommand | PoolFact;

function dispatch(context: Context): void {
  const { ledger, executorCount } = context;
  for (const { executor, task } of ledger.assign()) {
    const command = { kind: "run", ticket: task.ticket, job: task.job, task: task.task } as const;
    executor.reference.send({ type: "executor.command", command });
  }
  while (context.started < executorCount && context.started < ledger.taskCount) {
    context.startExecutor(context.started);
    context.started += 1;
  }
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
    },
    close: ({ context, event }) => {
      if (event.type !== "pool.close") return;
      context.jobs.delete(event.job);
      context.ledger.forget(event.job);
      for (const { reference } of context.ledger.executors()) {
        reference.send({ type: "executor.command", command: { kind: "close", job: event.job } });
      }
    },
    submit: ({ context, event }) => {
      if (event.type !== "pool.submit") return;
      context.ledger.submit(event);
      dispatch(context);
    },
    join: ({ context, event }) => {
      if (event.type !== "executor.ready") return;
      context.ledger.join({ ...event, reference: event.executor });
      for (const job of context.jobs.values()) {
        event.executor.send({ type: "executor.command", command: { kind: "open", job } });
      }
      dispatch(context);
    },
    finish: ({ context, event }) => {
      if (event.type !== "executor.done" && event.type !== "executor.failed") return;
      const { index, incarnation } = event;
      const task = context.ledger.finish(event);
      dispatch(context);
      if (task === undefined) return;
      if (context.proven.get(index) !== incarnation) {
        context.proven.set(index, incarnation);
        context.reportProgress(index, incarnation);
      }
      if (event.type === "executor.done") task.owner.send({ type: "task.done", tag: task.tag, result: event.result });
      else task.owner.send({ type: "task.failed", tag: task.tag, failure: event.failure });
    },
    lose: ({ context, event }) => {
      if (event.type !== "executor.lost") return;
      const poison = context.ledger.lose(event.index, event.incarnation);
      if (poison !== undefined) {
        const message = `task ${poison.tag} ended ${TASK_ATTEMPTS_MAX} executors, the last one by: ${event.reason}`;
        fail(poison, "TASK_POISONED", message);
      }
      dispatch(context);
    },
    giveUp: ({ context, event }) => {
      if (event.type !== "executors.exhausted") return;
      for (const task of context.ledger.drain()) fail(task, "EXECUTORS_EXHAUSTED", event.reason);
    },
    lookAtExecutors: ({ context }) => {
      const nowMs = context.clock.nowMs();
      const looks = [...context.ledger.executors()].map(({ index, incarnation, tasks, progress }) => ({
        index,
        incarnation,
        busy: tasks.length > 0,
        progress: Atomics.load(progress, 0),
      }));
      const { state, hung } = lookForHangs(context.hangs, looks, {
        sinceMs: nowMs - context.lookedAtMs,
        intervalMs: HEARTBEAT_INTERVAL_MS,
        hungAfterMs: EXECUTOR_HUNG_AFTER_MS,
      });
      context.hangs = state;
      context.lookedAtMs = nowMs;
      for (const { index, incarnation } of hung) {
        context.reportLost(index, incarnation, `no progress for ${EXECUTOR_HUNG_AFTER_MS} ms`);
      }
    },
  },
}).createMachine({
  id: "pool",
  context: ({ input }) => ({
    ...input,
    ledger: new PoolLedger(),
    jobs: new Map(),
    proven: new Map(),
    started: 0,
    hangs: new Map(),
    lookedAtMs: input.clock.nowMs(),
  }),
  initial: "serving",
  on: {
    "pool.open": { actions: "open" },
    "pool.close": { actions: "close" },
    "executor.lost": { actions: "lose" },
    "executor.ready": { actions: "join" },
    "executor.done": { actions: "finish" },
    "executor.failed": { actions: "finish" },
  },
  states: {
    serving: {
      after: { beat: { target: "serving", reenter: true, actions: "lookAtExecutors" } },
      on: {
        "pool.submit": { actions: "submit" },
        "executors.exhausted": { target: "exhausted", actions: "giveUp" },
      },
    },
    exhausted: {
      on: {
        "pool.submit": {
          actions: ({ event }) =>
            event.owner.send({
              type: "task.failed",
              tag: event.tag,
              failure: { code: "EXECUTORS_EXHAUSTED", message: "no executor is left" },
            }),
        },
      },
    },
  },
});
