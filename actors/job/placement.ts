/**
 * Which worker runs which task of a job.
 *
 * Owns: tasks that wait, and tasks that are with workers.
 * Never: sends a message, reads a clock.
 *
 * L1. A task is with one worker, or with two or more while it is raced; with none while it waits. Nobody has one that is
 *     committed.
 * L2. A worker has at most TASKS_PER_SLOT_MAX tasks a slot, and gets more when it has done half of them: what is left
 *     goes to whoever gets on, or joins later.
 * L3. A worker that is lost gives its tasks back, to the front.
 * L5. What a worker was given by an earlier coordinator, or before it was taken for lost, and goes on with, is given to
 *     nobody else; where somebody else has it already, they race.
 * L6. Only tasks of the open stage are raced, with the inputs that they have now, and each again only after a while.
 * L4. Where a task runs decides nothing about its bytes.
 */
import { TASKS_PER_SLOT_MAX } from "../options.ts";
import type { PartitionRun, PartitionTask } from "../partition/messages.ts";
import { Desk, type Placed } from "./desk.ts";
import type { TaskName } from "./messages.ts";

export type Assignment = ReadonlyMap<string, readonly PartitionRun[]>;

/** A task that a worker was given before its coordinator, or its membership, began anew. */
interface Adopted extends TaskName {
  readonly name: string;
}

export class Placement {
  readonly #desks = new Map<string, Desk>();
  #waiting: Placed[] = [];
  /** By worker, then by name: what it has already (L5). */
  readonly #adopted = new Map<string, Map<string, Adopted>>();
  #next = 0;
  /** Committed since the stage was opened. */
  readonly #finished = new Set<string>();
  /** Tasks of the open stage. */
  #open = new Set<string>();
  readonly #durationsMs: number[] = [];

  /** Takes the tasks of a stage; those that are with a worker already stay there, with what they are given now. */
  open(runs: readonly PartitionRun[], nowMs: number): void {
    const known = this.#placed();
    const waiting: Placed[] = [];
    this.#open = new Set();
    for (const { partition, tasks } of runs) {
      for (const task of tasks) {
        const name = taskName({ ...task, partition });
        const fresh = { name, partition, task, sinceMs: nowMs, owner: "", raced: false, racedMs: -Infinity };
        // What it needs may have been made again elsewhere.
        const placed = Object.assign(known.get(name) ?? fresh, { task });
        this.#open.add(name);
        const isAdopted = this.#giveToAdopters(placed, nowMs);
        if (!known.has(name) && !isAdopted) waiting.push(placed);
      }
    }
    this.#waiting = waiting;
    this.#next = 0;
    this.#finished.clear();
  }

  join(worker: string, { slots, open }: { readonly slots: number; readonly open: boolean }): void {
    const known = this.#desks.get(worker);
    if (known === undefined) this.#desks.set(worker, new Desk(slots, open));
    else Object.assign(known, { slots, open });
  }

  /** Whether a worker has tasks that it has not told the end of. */
  isBusy(worker: string): boolean {
    return (this.#desks.get(worker)?.tasks.size ?? 0) > 0;
  }

  /** How many tasks a worker can have begun: what a crash of it repeats. */
  begunBy(worker: string): number {
    const desk = this.#desks.get(worker);
    return desk === undefined ? 0 : Math.min(desk.tasks.size, desk.slots);
  }

  /** What a worker goes on with of a partition, instead of what it had before. */
  adopt(worker: string, partition: number, tasks: readonly Omit<TaskName, "partition">[]): void {
    const adopted = this.#adopted.get(worker) ?? new Map<string, Adopted>();
    for (const [name, task] of adopted) if (task.partition === partition) adopted.delete(name);
    for (const task of tasks) {
      const name = taskName({ ...task, partition });
      adopted.set(name, { ...task, partition, name });
    }
    if (adopted.size === 0) this.#adopted.delete(worker);
    else this.#adopted.set(worker, adopted);
  }

  /** Takes from each worker what it goes on with for nothing; returns it. */
  disown(isDone: (task: TaskName) => boolean): ReadonlyMap<string, readonly TaskName[]> {
    const disowned = new Map<string, TaskName[]>();
    for (const [worker, adopted] of this.#adopted) {
      const done = [...adopted.values()].filter(isDone);
      for (const { name } of done) adopted.delete(name);
      if (done.length > 0) disowned.set(worker, done);
    }
    return disowned;
  }

  lose(worker: string): void {
    this.#adopted.delete(worker);
    const tasks = [...(this.#desks.get(worker)?.tasks.values() ?? [])];
    this.#desks.delete(worker);
    for (const placed of tasks) {
      placed.racedMs = -Infinity;
      this.#noteLeft(placed);
    }
    const back = tasks.filter(({ owner }) => owner === "");
    this.#waiting = [...back, ...this.#waiting.slice(this.#next)];
    this.#next = 0;
  }

  /** A task that its worker could not begin, since what it needs is gone: it is handed out again by `open`. */
  giveBack(worker: string, name: TaskName, nowMs: number): void {
    const key = taskName(name);
    this.#adopted.get(worker)?.delete(key);
    const desk = this.#desks.get(worker);
    const placed = desk?.tasks.get(key);
    if (desk === undefined || placed === undefined) return;
    desk.take(key, nowMs);
    this.#noteLeft(placed);
  }

  /** Notes that a task is committed; returns who had it, before all the worker that was given it first. */
  done(name: TaskName, nowMs: number): readonly string[] {
    const key = taskName(name);
    this.#finished.add(key);
    const had: string[] = [];
    for (const [worker, desk] of this.#desks) {
      const placed = desk.tasks.get(key);
      if (placed === undefined) continue;
      const ranMs = desk.take(key, nowMs);
      // Of a task that was raced it is not known who has done it.
      if (ranMs !== undefined && !placed.raced) this.#durationsMs.push(ranMs);
      if (placed.owner === worker) had.unshift(worker);
      else had.push(worker);
    }
    for (const [worker, adopted] of this.#adopted) if (adopted.delete(key) && !had.includes(worker)) had.push(worker);
    return had;
  }

  /** What a worker that begins anew is to be given again, of one partition or of all. */
  heldBy(worker: string, partition?: number): readonly PartitionRun[] {
    const tasks = [...(this.#desks.get(worker)?.tasks.values() ?? [])];
    return grouped(partition === undefined ? tasks : tasks.filter((placed) => placed.partition === partition));
  }

  /** Hands out what waits, to the workers that have the least to do (L2). */
  take(nowMs: number): Assignment {
    const taken = new Map<string, Placed[]>();
    const desks = [...this.#desks].filter(([, { open }]) => open);
    // In batches: a message for each task would cost more than a small task.
    if (desks.every(([, { tasks, slots }]) => tasks.size > (slots * TASKS_PER_SLOT_MAX) / 2)) return assignment(taken);
    while (this.#next < this.#waiting.length) {
      const placed = this.#waiting[this.#next];
      const isFinished = this.#finished.has(placed.name);
      const free = isFinished ? undefined : leastBusy(desks);
      if (free === undefined && !isFinished) break;
      this.#next += 1;
      if (free === undefined) continue;
      placed.sinceMs = nowMs;
      give(free, { placed, nowMs, taken });
    }
    return assignment(taken);
  }

  /**
   * Has idle workers run tasks of others, too, that run far longer than others did, or wait as long for their turn; the
   * first to commit wins.
   */
  race(nowMs: number, { factor, leastMs }: { readonly factor: number; readonly leastMs: number }): Assignment {
    const taken = new Map<string, Placed[]>();
    const idle = [...this.#desks].filter(([, { isIdle }]) => isIdle);
    if (this.#next < this.#waiting.length || idle.length === 0) return assignment(taken);
    const sorted = this.#durationsMs.slice(-RACE_SAMPLE).sort((left, right) => left - right);
    // Before any task is done nobody knows how long one takes; whoever is idle meanwhile loses nothing.
    const limitMs = Math.max(leastMs, factor * (sorted[sorted.length >> 1] ?? 0));
    for (const free of idle) {
      while (free[1].isIdle) {
        const placed = this.#slowest(free[0], nowMs, limitMs);
        if (placed === undefined) break;
        Object.assign(placed, { raced: true, racedMs: nowMs });
        give(free, { placed, nowMs, taken });
      }
    }
    return assignment(taken);
  }

  /** What another worker would do well to take from all but one: what runs for longest, or else what is last in the longest queue. */
  #slowest(idle: string, nowMs: number, limitMs: number): Placed | undefined {
    const others = [...this.#desks].filter(([worker]) => worker !== idle).map(([, desk]) => desk);
    // L6.
    const isOpen = ({ name, raced, racedMs }: Placed): boolean =>
      !raced && this.#open.has(name) && nowMs - racedMs >= limitMs;
    const overdue = others.map((desk) => desk.overdue(nowMs, limitMs, isOpen)).filter((found) => found !== undefined);
    overdue.sort((left, right) => right.ranMs - left.ranMs);
    if (overdue.length > 0) return overdue[0].placed;
    let found: { readonly placed: Placed; readonly load: number } | undefined;
    for (const desk of others) {
      const placed = desk.load > (found?.load ?? 0) ? desk.lastWaiting(nowMs, limitMs, isOpen) : undefined;
      if (placed !== undefined) found = { placed, load: desk.load };
    }
    return found?.placed;
  }

  /** One of those that had it has it no more. */
  #noteLeft(placed: Placed): void {
    const holders = [...this.#desks].filter(([, { tasks }]) => tasks.has(placed.name)).map(([worker]) => worker);
    placed.raced = holders.length > 1;
    if (!holders.includes(placed.owner)) placed.owner = holders[0] ?? "";
  }

  #placed(): Map<string, Placed> {
    return new Map([...this.#desks.values()].flatMap(({ tasks }) => [...tasks]));
  }

  /** L5. Whether there are any. */
  #giveToAdopters(placed: Placed, nowMs: number): boolean {
    let isAdopted = false;
    for (const [worker, adopted] of this.#adopted) {
      const desk = this.#desks.get(worker);
      if (desk === undefined || !adopted.has(placed.name)) continue;
      isAdopted = true;
      if (desk.tasks.has(placed.name)) continue;
      placed.raced = placed.owner !== "";
      if (placed.owner === "") placed.owner = worker;
      desk.give(placed, nowMs);
    }
    return isAdopted;
  }
}

/** Durations that the median for races is taken of. */
const RACE_SAMPLE = 256;

interface Gift {
  readonly placed: Placed;
  readonly nowMs: number;
  readonly taken: Map<string, Placed[]>;
}

function give([worker, desk]: [string, Desk], { placed, nowMs, taken }: Gift): void {
  if (!placed.raced) placed.owner = worker;
  desk.give(placed, nowMs);
  const tasks = taken.get(worker);
  if (tasks === undefined) taken.set(worker, [placed]);
  else tasks.push(placed);
}

function leastBusy(desks: readonly [string, Desk][]): [string, Desk] | undefined {
  let best: [string, Desk] | undefined;
  let least = TASKS_PER_SLOT_MAX;
  for (const entry of desks) {
    const [, { load }] = entry;
    if (load < least) [best, least] = [entry, load];
  }
  return best;
}

function assignment(taken: ReadonlyMap<string, readonly Placed[]>): Assignment {
  return new Map([...taken].map(([worker, tasks]) => [worker, grouped(tasks)]));
}

function grouped(tasks: readonly Placed[]): readonly PartitionRun[] {
  const runs = new Map<number, PartitionTask[]>();
  for (const { partition, task } of tasks) {
    const known = runs.get(partition);
    if (known === undefined) runs.set(partition, [task]);
    else known.push(task);
  }
  return [...runs].map(([partition, of]) => ({ partition, tasks: of }));
}

export function taskName({ stage, partition, sequence }: TaskName): string {
  return `${stage}/${partition}/${sequence}`;
}
