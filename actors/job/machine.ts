/**
 * A job: opens its workers, hands out the tasks of one stage after the other, then has the output written.
 *
 * J1. Nothing is handed out before every member has told what its journals hold, or is lost. What workers go on with
 *     meanwhile they tell once: it counts.
 * J2. The output starts when every task of every stage is committed, and there is one output at a time.
 * J3. A job ends once: done, or failed with the first failure told; what is told later is ignored.
 * J5. What nobody needs any more is freed before the tasks that may need its room are handed out.
 * J7. A worker without the functions that the job calls has no part in it.
 * J6. What is needed is held by as many workers as the job wants copies, and by others than those that are drained.
 * J9. A task that starves again and again with nothing to be made again for it ends the job by name: it would for ever.
 * J8. Whoever still has a task that somebody else has committed is told to stop it.
 * J4. What a lost worker held and somebody still needs is made again, by going back to the first stage that lacks it;
 *     what a worker brings back when it returns is taken.
 */
import { or, setup } from "xstate";
import type { TaskFailure } from "../executor/messages.ts";
import type { Member, MembershipFact } from "../membership/messages.ts";
import { RACE_INTERVAL_MS } from "../options.ts";
import type { OutputFact } from "../output/messages.ts";
import type { WorkerFact } from "../worker/messages.ts";
import { CopyPlan } from "./copy-plan.ts";
import { linesBeforeSplits } from "./lines-before.ts";
import type { JobAbandonment, JobOutcome, OutputOrder } from "./messages.ts";
import { taskName } from "./placement.ts";
import { VainRepairs } from "./vain-repairs.ts";
import {
  again,
  copy,
  type FromWorker,
  goBack,
  hand,
  handOut,
  isReady,
  type JobBooks,
  type JobTools,
  join,
  noteCommit,
  openStage,
  RACE_LIMITS,
  settle,
  settleTask,
  stopDone,
  tellWithdrawn,
} from "./worker-orders.ts";

/** Its placement is empty, and there are no workplaces. */
export interface JobInput extends JobTools {
  /** Who is there when the job begins; later changes come as events. */
  readonly members: readonly Member[];
  /** Workers that hold each committed result; default: the one that made it. */
  readonly replicas?: number;
  /** Starts the output under its supervisor, or tells the one that runs where its blocks are now. */
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

/** Any worker would fail by it: a bad record, an error of arithmetic, a function that ends its thread. */
function isOfData({ code, reject }: TaskFailure): boolean {
  return reject !== undefined || code === "TASK_POISONED";
}

/** As that of a partition that has just been started for its first task: thousands of them are, one after the other. */
function tellsNothing(event: Extract<WorkerFact, { type: "partition.recovered" }>): boolean {
  const { commits, gone = [], pending = [], unusableCount } = event;
  return unusableCount + commits.length + gone.length + pending.length === 0;
}

interface Context extends JobInput, JobBooks {}

type Event =
  | FromWorker<WorkerFact>
  | JobAbandonment
  | MembershipFact
  | OutputFact
  | { readonly type: "child.shutdown" };

export const jobMachine = setup({
  types: { context: {} as Context, input: {} as JobInput, events: {} as Event },
  delays: { race: RACE_INTERVAL_MS },
  guards: {
    allHeard: ({ context }) =>
      context.workplaces.size > 0 && [...context.workplaces.values()].every((workplace) => isReady(workplace)),
    isComplete: ({ context }) => context.progress.isComplete,
    isNew: ({ context, event }) => {
      if (event.type !== "partition.recovered") return false;
      const workplace = context.workplaces.get(event.worker);
      return workplace !== undefined && isReady(workplace) && tellsNothing(event);
    },
    isBeyondRepair: ({ context }) => context.progress.isBeyondRepair,
    isRepairedInVain: ({ context }) => context.vain.failure !== undefined,
    isIncomplete: ({ context }) => !context.progress.isComplete,
  },
  actions: {
    openWorkers: ({ context }) => {
      for (const member of context.members) join(context, member);
    },
    join: ({ context, event }) => {
      if (event.type === "member.joined") join(context, event.member);
    },
    change: ({ context, event }) => {
      if (event.type !== "member.changed") return;
      const known = context.workplaces.get(event.member.id);
      if (known === undefined) return;
      context.workplaces.set(event.member.id, { ...known, member: event.member });
      settle(context, event.member.id);
      copy(context);
    },
    lose: ({ context, event }) => {
      if (event.type !== "member.lost") return;
      if (!context.workplaces.delete(event.worker)) return;
      context.vain.forget();
      const begunCount = context.placement.begunBy(event.worker);
      context.placement.lose(event.worker);
      context.copies.lose(event.worker);
      context.noteLost(begunCount + context.progress.lose(event.worker));
    },
    noteOpened: ({ context, event }) => {
      if (event.type !== "worker.opened") return;
      const workplace = context.workplaces.get(event.worker);
      if (workplace !== undefined) workplace.unheard = new Set(event.partitions);
      settle(context, event.worker);
    },
    restore: ({ context, event }) => {
      if (event.type !== "partition.recovered") return;
      context.workplaces.get(event.worker)?.unheard?.delete(event.partition);
      const { partition } = event;
      context.placement.adopt(event.worker, partition, event.pending ?? []);
      // One that is started for a copy, or begins anew, has dropped what it was asked for: see W3 of the worker.
      context.copies.lose(event.worker, partition);
      const gone = (event.gone ?? []).map((task) => ({ ...task, partition }));
      context.progress.restore(event.commits, event.worker, gone);
      tellWithdrawn(context);
      context.vain.forget();
      settle(context, event.worker);
    },
    /** It was started for what it was given: nothing is known now that was not known before. */
    noteNew: ({ context, event }) => {
      if (event.type !== "partition.recovered") return;
      const { partition, worker } = event;
      context.vain.forget();
      context.placement.adopt(worker, partition, []);
      again(context, worker, partition);
      if (context.copies.lose(worker, partition)) copy(context);
    },
    noteTakenOver: ({ context, event }) => {
      if (event.type !== "partition.recovered") return;
      context.noteTakenOver({ commits: event.commits.length, unusable: event.unusableCount, lost: 0 });
    },
    noteMissing: ({ context }) => context.noteTakenOver({ commits: 0, unusable: 0, lost: context.progress.lostCount }),
    withdraw: ({ context, event }) => {
      if (event.type !== "task.starved" && event.type !== "output.starved") return;
      if (event.type === "task.starved") {
        context.placement.giveBack(event.worker, event, context.nowMs());
        const wasCopying = context.copies.end(taskName(event), event.worker);
        // What was freed before it was copied is no damage.
        if (wasCopying && context.progress.neededOf(event)?.isFreed !== false) return;
      }
      const withdrawnCount = context.progress.withdraw(event.failure.damage ?? []);
      if (withdrawnCount === 0) {
        if (event.type === "task.starved") context.vain.note(event, event.failure);
        return;
      }
      context.vain.forget();
      context.noteWithdrawn(withdrawnCount);
      tellWithdrawn(context);
    },
    openStage: ({ context }) => openStage(context),
    goBack: ({ context }) => goBack(context),
    /** A worker or a partition that began anew has told what it holds: what it was given and has not done, it is given again. */
    giveAgain: ({ context, event }) => {
      if (event.type === "worker.opened") {
        again(context, event.worker);
        handOut(context);
      }
      if (event.type !== "partition.recovered") return;
      const gone = new Set(event.gone?.map(({ stage, sequence }) => `${stage}/${sequence}`));
      for (const commit of event.commits) {
        if (!gone.has(`${commit.stage}/${commit.sequence}`)) settleTask(context, commit, event.worker);
      }
      // It would tell again what it is to forget.
      goBack(context);
      again(context, event.worker, event.partition);
      // What it had committed and not told may have been the last of the stage.
      openStage(context);
    },
    commit: ({ context, event }) => {
      if (event.type !== "task.committed") return;
      if (noteCommit(context, event)) openStage(context);
      else handOut(context);
      tellWithdrawn(context);
      copy(context, event.commit);
    },
    noteCommit: ({ context, event }) => {
      if (event.type === "task.committed") noteCommit(context, event);
    },
    stopDone: ({ context }) => stopDone(context),
    /** Those of which nobody needs the result at hand any more are not asked for. */
    copy: ({ context }) => copy(context),
    race: ({ context }) => hand(context, context.placement.race(context.nowMs(), RACE_LIMITS)),
    startOutput: ({ context }) => {
      const { job, progress } = context;
      if (!progress.isComplete) return;
      const rejects = { commits: progress.rejects(), linesBefore: linesBeforeSplits(job, progress.splitCommits()) };
      context.startOutput({ runs: progress.outputRuns(), rejects });
    },
    tellDone: ({ context, event }) => {
      if (event.type === "output.ended") context.tell({ kind: "done", output: event.totals });
    },
    tellFailed: ({ context, event }) => {
      if (!("failure" in event)) return;
      const failure = context.vain.failure ?? event.failure;
      const worker = "worker" in event ? event.worker : undefined;
      const isOfWorker = worker !== undefined && failure === event.failure && !isOfData(failure);
      context.tell({ kind: "failed", failure, ...(isOfWorker ? { worker } : {}) });
    },
  },
}).createMachine({
  id: "job",
  context: ({ input }) => ({
    ...input,
    copies: new CopyPlan(input.replicas ?? 1),
    vain: new VainRepairs(),
  }),
  initial: "gathering",
  on: {
    "worker.failed": ".failed",
    "task.failed": ".failed",
    "output.ended": ".done",
    "output.broken": ".failed",
    "job.abandon": ".failed",
    "member.joined": { actions: "join" },
    "member.changed": { actions: "change" },
    "child.shutdown": ".stopped",
  },
  states: {
    gathering: {
      entry: "openWorkers",
      always: { guard: "allHeard", target: "running", actions: "noteMissing" },
      on: {
        "member.lost": { actions: "lose" },
        "worker.opened": { actions: "noteOpened" },
        "partition.recovered": { actions: ["noteTakenOver", "restore"] },
        "task.committed": { actions: "noteCommit" },
        "task.starved": { actions: "withdraw" },
        "output.starved": { actions: "withdraw" },
      },
    },
    running: {
      entry: "openStage",
      always: [
        { guard: or(["isBeyondRepair", "isRepairedInVain"]), target: "failed" },
        { guard: "isComplete", target: "writing" },
      ],
      initial: "pacing",
      states: { pacing: { after: { race: { target: "pacing", reenter: true, actions: "race" } } } },
      on: {
        "member.lost": { actions: ["lose", "openStage", "copy"] },
        "worker.opened": { actions: ["noteOpened", "giveAgain", "copy"] },
        "partition.recovered": [{ guard: "isNew", actions: "noteNew" }, { actions: ["restore", "giveAgain", "copy"] }],
        "task.committed": { actions: "commit" },
        // An output that waits may still hear of tasks that it had asked for, and tell again.
        "task.starved": { actions: ["withdraw", "openStage", "copy"] },
        "output.starved": { actions: ["withdraw", "openStage"] },
      },
    },
    writing: {
      entry: "startOutput",
      always: [
        { guard: "isRepairedInVain", target: "failed" },
        { guard: "isIncomplete", target: "running" },
      ],
      on: {
        "member.lost": { target: "writing", reenter: true, actions: ["lose", "goBack", "copy"] },
        "worker.opened": { target: "writing", reenter: true, actions: ["noteOpened", "copy"] },
        "partition.recovered": { actions: ["restore", "goBack", "stopDone", "copy"] },
        // Of a copy, or of a task that was raced.
        "task.committed": { actions: "commit" },
        "task.starved": { target: "writing", reenter: true, actions: ["withdraw", "goBack", "copy"] },
        "output.starved": { target: "writing", reenter: true, actions: ["withdraw", "goBack"] },
      },
    },
    done: { type: "final", entry: "tellDone" },
    stopped: { type: "final" },
    failed: { type: "final", entry: "tellFailed" },
  },
});
