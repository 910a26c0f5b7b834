/**
 * Which worker runs which task of a job.
 *
 * Owns: tasks that wait, and tasks that are with workers.
 * Never: sends a message, reads a clock.
 *
 * L1. A task is with one worker, or with two while it is raced; with none while it waits.
 * L2. A worker has at most TASKS_PER_SLOT_MAX tasks a slot, and gets more when it has done half of them: what is left
 *     goes to whoever gets on, or joins later.
 * L3. A worker that is lost gives its tasks back, to the front.
 * L5. What a worker was given by an earlier coordinator, and goes on with, is given to nobody else.
 * L4. Where a task runs decides nothing about its bytes.
 */
import { TASKS_PER_SLOT_MAX } from "../options.ts";
import type { PartitionRun, PartitionTask } from "../partition/messages.ts";

/** A task by its name in the job. */
export interface TaskName {
  readonly stage: number;
  readonly partition: number;
  readonly sequence: number;
}

interface Placed {
  readonly name: string;
  readonly partition: number;
  readonly task: PartitionTask;
  /** When it was first handed out. */
  sinceMs: number;
  raced: boolean;
}

interface Desk {
  readonly slots: number;
  /** A draining worker gets nothing new. */
  open: boolean;
  readonly tasks: Map<string, Placed>;
}

export type Assignment = ReadonlyMap<string, readonly PartitionRun[]>;

export class Placement {
  readonly #desks = new Map<string, Desk>();
  #waiting: Placed[] = [];
  /** By task: who has it already (L5). */
  readonly #adopted = new Map<string, string>();
  #next = 0;
  /** Committed since the stage was opened. */
  readonly #finished = new Set<string>();
  readonly #durationsMs: number[] = [];

  /** Takes the tasks of a stage; those that are with a worker already stay there, with what they are given now. */
  open(runs: readonly PartitionRun[], nowMs: number): void {
    const placed = this.#placed();
    const waiting: Placed[] = [];
    for (const { partition, tasks } of runs) {
      for (const task of tasks) {
        const name = taskName({ ...task, partition });
        if (placed.has(name)) continue;
        const desk = this.#desks.get(this.#adopted.get(name) ?? "");
        const fresh: Placed = { name, partition, task, sinceMs: nowMs, raced: false };
        if (desk === undefined) waiting.push(fresh);
        else desk.tasks.set(name, fresh);
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
  adopt(worker: string, partition: number, names: readonly Omit<TaskName, "partition">[]): void {
    for (const [name, holder] of this.#adopted) {
      if (holder === worker && name.split("/")[1] === String(partition)) this.#adopted.delete(name);
    }
    for (const name of names) this.#adopted.set(taskName({ ...name, partition }), worker);
  }

  lose(worker: string): void {
    for (const [name, holder] of this.#adopted) if (holder === worker) this.#adopted.delete(name);
    const tasks = [...(this.#desks.get(worker)?.tasks.values() ?? [])];
    this.#desks.delete(worker);
    const placed = this.#placed();
    const back = tasks.filter(({ name }) => !placed.has(name));
    this.#waiting = [...back, ...this.#waiting.slice(this.#next)];
    this.#next = 0;
  }

  /** A task that its worker could not begin, since what it needs is gone: it is handed out again by `open`. */
  giveBack(worker: string, name: TaskName): void {
    this.#adopted.delete(taskName(name));
    this.#desks.get(worker)?.tasks.delete(taskName(name));
  }

  /** Notes that a task is committed, whoever had it. */
  done(name: TaskName, nowMs: number): void {
    const key = taskName(name);
    this.#adopted.delete(key);
    this.#finished.add(key);
    for (const { tasks } of this.#desks.values()) {
      const placed = tasks.get(key);
      if (placed === undefined) continue;
      tasks.delete(key);
      this.#durationsMs.push(nowMs - placed.sinceMs);
    }
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

  #placed(): Set<string> {
    return new Set([...this.#desks.values()].flatMap(({ tasks }) => [...tasks.keys()]));
  }
}

/** Durations that the median for races is taken of. */
const RACE_SAMPLE = 256;

function give([worker, desk]: [string, Desk], placed: Placed, taken: Map<string, Placed[]>): void {
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
