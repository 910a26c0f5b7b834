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
 * L4. Where a task runs decides nothing about its bytes.
 */
import { TASKS_PER_SLOT_MAX } from "../options.ts";
import type { PartitionRun, PartitionTask } from "../partition/messages.ts";
import type { TaskName } from "./messages.ts";

interface Placed {
  readonly name: string;
  readonly partition: number;
  readonly task: PartitionTask;
  /** When it was first handed out. */
  sinceMs: number;
  /** The worker that was given it first, of those that have it; empty while it waits. */
  owner: string;
  raced: boolean;
}

interface Desk {
  readonly slots: number;
  /** A draining worker gets nothing new. */
  open: boolean;
  readonly tasks: Map<string, Placed>;
}

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
  readonly #durationsMs: number[] = [];

  /** Takes the tasks of a stage; those that are with a worker already stay there, with what they are given now. */
  open(runs: readonly PartitionRun[], nowMs: number): void {
    const known = this.#placed();
    const waiting: Placed[] = [];
    for (const { partition, tasks } of runs) {
      for (const task of tasks) {
        const name = taskName({ ...task, partition });
        const placed = known.get(name) ?? { name, partition, task, sinceMs: nowMs, owner: "", raced: false };
        const isAdopted = this.#giveToAdopters(placed);
        if (!known.has(name) && !isAdopted) waiting.push(placed);
      }
    }
    this.#waiting = waiting;
    this.#next = 0;
    this.#finished.clear();
  }

  join(worker: string, { slots, open }: { readonly slots: number; readonly open: boolean }): void {
    const tasks = this.#desks.get(worker)?.tasks ?? new Map<string, Placed>();
    this.#desks.set(worker, { slots, open, tasks });
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
    for (const placed of tasks) this.#noteLeft(placed);
    const back = tasks.filter(({ owner }) => owner === "");
    this.#waiting = [...back, ...this.#waiting.slice(this.#next)];
    this.#next = 0;
  }

  /** A task that its worker could not begin, since what it needs is gone: it is handed out again by `open`. */
  giveBack(worker: string, name: TaskName): void {
    const key = taskName(name);
    this.#adopted.get(worker)?.delete(key);
    const placed = this.#desks.get(worker)?.tasks.get(key);
    if (placed === undefined) return;
    this.#desks.get(worker)?.tasks.delete(key);
    this.#noteLeft(placed);
  }

  /** Notes that a task is committed; returns who had it, before all the worker that was given it first. */
  done(name: TaskName, nowMs: number): readonly string[] {
    const key = taskName(name);
    this.#finished.add(key);
    const had: string[] = [];
    for (const [worker, { tasks }] of this.#desks) {
      const placed = tasks.get(key);
      if (placed === undefined) continue;
      tasks.delete(key);
      this.#durationsMs.push(nowMs - placed.sinceMs);
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
      give(free, placed, taken);
    }
    return assignment(taken);
  }

  /** Has tasks that take far longer than others run by an idle worker, too: the first to commit wins. */
  race(nowMs: number, { factor, leastMs }: { readonly factor: number; readonly leastMs: number }): Assignment {
    const taken = new Map<string, Placed[]>();
    if (this.#next < this.#waiting.length) return assignment(taken);
    const sorted = this.#durationsMs.slice(-RACE_SAMPLE).sort((left, right) => left - right);
    // Before any task is done nobody knows how long one takes; whoever is idle meanwhile loses nothing.
    const limitMs = Math.max(leastMs, factor * (sorted[sorted.length >> 1] ?? 0));
    for (const [worker, { tasks }] of this.#desks) {
      for (const placed of tasks.values()) {
        if (placed.raced || nowMs - placed.sinceMs < limitMs) continue;
        const idle = [...this.#desks].filter(
          ([other, desk]) => other !== worker && desk.open && desk.tasks.size < desk.slots,
        );
        const free = leastBusy(idle);
        if (free === undefined) return assignment(taken);
        placed.raced = true;
        give(free, placed, taken);
      }
    }
    return assignment(taken);
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
  #giveToAdopters(placed: Placed): boolean {
    let isAdopted = false;
    for (const [worker, adopted] of this.#adopted) {
      const desk = this.#desks.get(worker);
      if (desk === undefined || !adopted.has(placed.name)) continue;
      isAdopted = true;
      if (desk.tasks.has(placed.name)) continue;
      placed.raced = placed.owner !== "";
      if (placed.owner === "") placed.owner = worker;
      desk.tasks.set(placed.name, placed);
    }
    return isAdopted;
  }
}

/** Durations that the median for races is taken of. */
const RACE_SAMPLE = 256;

function give([worker, desk]: [string, Desk], placed: Placed, taken: Map<string, Placed[]>): void {
  if (!placed.raced) placed.owner = worker;
  desk.tasks.set(placed.name, placed);
  const tasks = taken.get(worker);
  if (tasks === undefined) taken.set(worker, [placed]);
  else tasks.push(placed);
}

function leastBusy(desks: readonly [string, Desk][]): [string, Desk] | undefined {
  let best: [string, Desk] | undefined;
  let least = TASKS_PER_SLOT_MAX;
  for (const entry of desks) {
    const load = entry[1].tasks.size / entry[1].slots;
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
