/**
 * Which task is where: waiting, or with an executor. Decides who gets the next one.
 *
 * Owns: the pool's memory; a task is in exactly one place.
 * Never: sends anything.
 *
 * L1. An executor has at most EXECUTOR_TASKS_MAX tasks; idle executors are served before busy ones.
 * L2. A task whose executor died goes back to the front of its job's; the one that was running counts an attempt.
 * L3. A task that ended TASK_ATTEMPTS_MAX executors is poison, and never handed out again.
 * L4. What an executor of an older incarnation tells is ignored; one that joins again keeps its tasks.
 * L5. A task that was dropped, alone or with its job, is neither told of nor run again.
 * L6. Jobs take turns, task by task: none waits for another's queue.
 */
import assert from "node:assert/strict";
import type { ExecutorReference, Task, ThreadNotes } from "../executor/messages.ts";
import { EXECUTOR_TASKS_MAX, TASK_ATTEMPTS_MAX } from "../options.ts";
import type { TaskOwner } from "./messages.ts";

export interface PoolTask {
  readonly ticket: number;
  readonly job: string;
  readonly tag: string;
  readonly task: Task;
  readonly owner: TaskOwner;
  /** See `PoolCommand`. */
  readonly isWanted?: () => boolean;
  /** Executors that died while they ran it. */
  attempts: number;
  /** It was dropped while it was with an executor. */
  forgotten: boolean;
}

export interface Executor {
  readonly index: number;
  readonly incarnation: number;
  readonly reference: ExecutorReference;
  readonly notes: ThreadNotes;
  /** The first one runs. */
  readonly tasks: PoolTask[];
}

export interface Assignment {
  readonly executor: Executor;
  readonly task: PoolTask;
}

export class PoolLedger {
  readonly #executors = new Map<number, Executor>();
  /** By job, whose turn it is first. */
  readonly #waiting = new Map<string, PoolTask[]>();
  #nextTicket: number;

  constructor(firstTicket: number) {
    this.#nextTicket = firstTicket;
  }

  submit(order: Omit<PoolTask, "ticket" | "attempts" | "forgotten">): void {
    this.#waitingOf(order.job).push({ ...order, ticket: this.#nextTicket, attempts: 0, forgotten: false });
    this.#nextTicket += 1;
  }

  /** Takes an executor in; false if it is in already: it announces itself when its thread is ready and when asked to. */
  join(executor: Omit<Executor, "tasks">): boolean {
    const { index, incarnation } = executor;
    const known = this.#executors.get(index);
    if (known !== undefined && known.incarnation >= incarnation) return false;
    this.#executors.set(index, { ...executor, tasks: [] });
    // Its death has not been told, so nothing says that a task is to blame.
    this.#putBack(known?.tasks ?? []);
    return true;
  }

  executor(index: number): Executor | undefined {
    return this.#executors.get(index);
  }

  executors(): Iterable<Executor> {
    return this.#executors.values();
  }

  /** Tasks that wait or run: how many executors could be of use. */
  get taskCount(): number {
    let count = 0;
    for (const tasks of this.#waiting.values()) count += tasks.length;
    for (const { tasks } of this.#executors.values()) count += tasks.length;
    return count;
  }

  /** Hands out waiting tasks (L1); each assignment is to be sent. */
  assign(): Assignment[] {
    const assignments: Assignment[] = [];
    for (let depth = 1; depth <= EXECUTOR_TASKS_MAX; depth += 1) {
      for (const executor of this.#executors.values()) {
        if (this.#waiting.size === 0) return assignments;
        if (executor.tasks.length >= depth) continue;
        const task = this.#takeNext();
        executor.tasks.push(task);
        assignments.push({ executor, task });
      }
    }
    return assignments;
  }

  /** Takes a finished task out; undefined where nobody waits for it any more (L4). */
  finish(told: { index: number; incarnation: number; ticket: number }): PoolTask | undefined {
    const executor = this.#executors.get(told.index);
    if (executor === undefined || executor.incarnation !== told.incarnation) return undefined;
    const place = executor.tasks.findIndex(({ ticket }) => ticket === told.ticket);
    const task = place < 0 ? undefined : executor.tasks.splice(place, 1)[0];
    return task?.forgotten ? undefined : task;
  }

  /** Takes an executor out (L2); returns the task that is poison now, if there is one (L3). */
  lose(index: number, incarnation: number): PoolTask | undefined {
    const executor = this.#executors.get(index);
    if (executor === undefined || executor.incarnation !== incarnation) return undefined;
    this.#executors.delete(index);
    const [running, ...others] = executor.tasks;
    if (running === undefined) return undefined;
    running.attempts += 1;
    const poisoned = running.attempts >= TASK_ATTEMPTS_MAX;
    this.#putBack(poisoned ? others : executor.tasks);
    return poisoned && !running.forgotten ? running : undefined;
  }

  /** Drops tasks of a job (L5), all of them or those that are meant; returns them. */
  drop(job: string, isMeant: (task: PoolTask) => boolean = () => true): PoolTask[] {
    const waiting = this.#waiting.get(job) ?? [];
    const [dropped, left]: [PoolTask[], PoolTask[]] = [[], []];
    for (const task of waiting) (isMeant(task) ? dropped : left).push(task);
    // Whose turn it is stays as it is.
    if (left.length === 0) this.#waiting.delete(job);
    else this.#waiting.set(job, left);
    for (const { tasks } of this.#executors.values()) {
      for (const task of tasks) {
        if (task.job !== job || task.forgotten || !isMeant(task)) continue;
        task.forgotten = true;
        dropped.push(task);
      }
    }
    return dropped;
  }

  #putBack(tasks: readonly PoolTask[]): void {
    for (const task of tasks.toReversed()) if (!task.forgotten) this.#waitingOf(task.job).unshift(task);
  }

  #waitingOf(job: string): PoolTask[] {
    const tasks = this.#waiting.get(job) ?? [];
    this.#waiting.set(job, tasks);
    return tasks;
  }

  /** L6. */
  #takeNext(): PoolTask {
    const [first] = this.#waiting;
    assert(first !== undefined, "a task waits");
    const [job, tasks] = first;
    const task = tasks.shift() as PoolTask;
    this.#waiting.delete(job);
    if (tasks.length > 0) this.#waiting.set(job, tasks);
    return task;
  }
}
