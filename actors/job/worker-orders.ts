/**
 * What a job tells its workers: to open it, to run or stop tasks, to forget commits, to copy and to free.
 *
 * Owns: the order of such messages: what is to be forgotten before it is asked for again, room before tasks that need it.
 * Never: decides when: see `machine.ts`, whose rules are named here.
 */
import type { Member } from "../membership/messages.ts";
import { RACE_FACTOR, RACE_LEAST_MS } from "../options.ts";
import type { TaskCommit, Withdrawal } from "../partition/messages.ts";
import type { WorkerCommand } from "../worker/messages.ts";
import type { CopyPlan } from "./copy-plan.ts";
import { canRun, type JobDescription, type TaskName, type TaskRace } from "./messages.ts";
import { type Assignment, type Placement, taskName } from "./placement.ts";
import type { JobProgress } from "./progress.ts";
import type { VainRepairs } from "./vain-repairs.ts";

/** A worker of the job: which of its partitions have not told yet what they hold; undefined before it said which. */
export interface Workplace {
  readonly member: Member;
  unheard: Set<number> | undefined;
}

export interface JobTools {
  readonly job: JobDescription;
  readonly progress: JobProgress;
  readonly placement: Placement;
  /** Those who have a part in the job, by worker. */
  readonly workplaces: Map<string, Workplace>;
  readonly nowMs: () => number;
  readonly send: (worker: string, command: WorkerCommand) => void;
  /** Told of how many tasks are run again because their worker was lost, or began anew. */
  readonly noteLost: (taskCount: number) => void;
  /** Told of a task that several workers had when one of them committed it. */
  readonly noteRace: (race: TaskRace) => void;
}

export interface JobBooks extends JobTools {
  readonly copies: CopyPlan;
  readonly vain: VainRepairs;
}

export type FromWorker<Fact> = Fact & { readonly worker: string };

export function isReady({ unheard }: Workplace): boolean {
  return unheard !== undefined && unheard.size === 0;
}

export function hand({ job, send }: JobBooks, assignment: Assignment): void {
  for (const [worker, runs] of assignment) send(worker, { type: "worker.run", job: job.id, runs });
}

export const RACE_LIMITS = { factor: RACE_FACTOR, leastMs: RACE_LEAST_MS };

export function handOut(context: JobBooks): void {
  const nowMs = context.nowMs();
  hand(context, context.placement.take(nowMs));
  hand(context, context.placement.race(nowMs, RACE_LIMITS));
}

/** Hands out the tasks of the present stage, those that are with a worker already included only if they are new. */
export function openStage(context: JobBooks): void {
  goBack(context);
  // Before the tasks that may need the room.
  const below = context.progress.takeFreeable();
  if (below !== undefined) {
    for (const worker of context.workplaces.keys()) {
      context.send(worker, { type: "worker.free", job: context.job.id, below });
    }
  }
  stopDone(context);
  context.placement.open(context.progress.outstanding(), context.nowMs());
  handOut(context);
}

/** As far as what the present stage reads has gone. */
export function goBack(context: JobBooks): void {
  const remadeCount = context.progress.settle();
  if (remadeCount > 0) context.noteLost(remadeCount);
  tellWithdrawn(context);
}

export function tellWithdrawn({ job, progress, send }: JobBooks): void {
  const byWorker = new Map<string, Withdrawal[]>();
  for (const { worker, ...withdrawal } of progress.takeWithdrawn()) {
    const known = byWorker.get(worker);
    if (known === undefined) byWorker.set(worker, [withdrawal]);
    else known.push(withdrawal);
  }
  for (const [worker, withdrawals] of byWorker) {
    send(worker, { type: "worker.withdraw", job: job.id, withdrawals });
  }
}

/** J8. Of what workers went on with while they were away, or the coordinator was. */
export function stopDone({ job, placement, progress, send }: JobBooks): void {
  for (const [worker, tasks] of placement.disown((task) => progress.isDone(task))) {
    send(worker, { type: "worker.stop", job: job.id, tasks });
  }
}

/** J8. A task is committed by `winner`. */
export function settleTask(context: JobBooks, { stage, partition, sequence }: TaskName, winner: string): void {
  const { copies, job, noteRace, nowMs, placement, send } = context;
  const task = { stage, partition, sequence };
  const had = placement.done(task, nowMs());
  const losers = had.filter((worker) => worker !== winner);
  for (const loser of losers) {
    send(loser, { type: "worker.stop", job: job.id, tasks: [task] });
    // It may be needed to hold a copy, and would drop that as well.
    copies.end(taskName(task), loser);
  }
  if (losers.length > 0) noteRace({ task, winner, losers, ownerWon: had[0] === winner });
}

/** True if it ends the present stage. */
export function noteCommit(
  context: JobBooks,
  { commit, worker }: FromWorker<{ readonly commit: TaskCommit }>,
): boolean {
  context.vain.forget();
  settleTask(context, commit, worker);
  context.copies.end(taskName(commit), worker);
  return context.progress.commit(commit, worker);
}

export function again(context: JobBooks, worker: string, partition?: number): void {
  const runs = context.placement.heldBy(worker, partition);
  if (runs.length > 0) context.send(worker, { type: "worker.run", job: context.job.id, runs });
}

export function join(context: JobBooks, member: Member): void {
  if (!canRun(context.job, member)) return;
  const known = context.workplaces.get(member.id);
  if (known !== undefined && known.member.life === member.life) return;
  context.copies.lose(member.id);
  if (known !== undefined) context.noteLost(context.placement.begunBy(member.id));
  context.workplaces.set(member.id, { member, unheard: undefined });
  context.send(member.id, { type: "worker.open", job: context.job });
}

/** J6. Of one commit, or of all. */
export function copy({ copies, job, progress, send, workplaces }: JobBooks, commit?: TaskCommit): void {
  const ready = [...workplaces.values()].filter(isReady).map(({ member }) => member);
  const staying = ready.filter(({ draining }) => !draining).map(({ id }) => id);
  if (!copies.isNeeded(ready.length - staying.length)) return;
  const held =
    commit === undefined ? progress.needed() : [progress.neededOf(commit)].filter((one) => one !== undefined);
  for (const [worker, runs] of copies.ask(held, staying)) send(worker, { type: "worker.run", job: job.id, runs });
}

/** A workplace has told everything: it can be given work. */
export function settle(context: JobBooks, worker: string): boolean {
  const workplace = context.workplaces.get(worker);
  if (workplace === undefined || !isReady(workplace)) return false;
  const { slots, draining } = workplace.member;
  context.placement.join(worker, { slots, open: !draining });
  return true;
}
