/**
 * A partition's tasks: waiting, under way, being committed, committed.
 *
 * Owns: what a partition may submit next, and what it must tell again.
 * Never: sends, commits, reads a clock.
 *
 * B1. A committed task is never submitted unless its commit is withdrawn; asked for, it is told again.
 * B2. A task is under way at most once in one incarnation; one that waits takes the inputs that were named last.
 * B4. A task that is stopped is neither waiting nor under way, until it is asked for again; what ends of it is nothing.
 * B3. At most PARTITION_TASKS_IN_FLIGHT_MAX tasks are under way or being committed.
 */
import type { TaskResult } from "../executor/messages.ts";
import { PARTITION_TASKS_IN_FLIGHT_MAX } from "../options.ts";
import { type PartitionTask, referencesOf, type TaskCommit, type Withdrawal } from "./messages.ts";

export class TaskBook {
  readonly #partition: number;
  readonly #committed = new Map<string, TaskCommit>();
  readonly #underWay = new Map<string, PartitionTask>();
  /** By tag, in the order in which they were asked for first. */
  readonly #waiting = new Map<string, PartitionTask>();

  constructor(partition: number) {
    this.#partition = partition;
  }

  restore(commits: readonly TaskCommit[]): void {
    for (const commit of commits) this.#committed.set(tagOf(commit), commit);
  }

  /** Takes an order; returns the commits to be told again (B1). */
  accept(tasks: readonly PartitionTask[]): TaskCommit[] {
    const again: TaskCommit[] = [];
    for (const task of tasks) {
      const tag = tagOf(task);
      const commit = this.#committed.get(tag);
      if (commit !== undefined) again.push(commit);
      else if (!this.#underWay.has(tag)) this.#waiting.set(tag, task);
    }
    return again;
  }

  /** Forgets a commit, unless it has been made again since (`at`). */
  withdraw({ at, ...task }: Withdrawal): void {
    const commit = this.#committed.get(tagOf(task));
    if (commit === undefined) return;
    const isMeant = referencesOf(commit).some(({ segment, offset }) => segment === at.segment && offset === at.offset);
    if (isMeant) this.#committed.delete(tagOf(task));
  }

  /** Drops a task (B4); one whose commit is being written is committed all the same. */
  stop(task: { readonly stage: number; readonly sequence: number }): void {
    this.#waiting.delete(tagOf(task));
    this.#underWay.delete(tagOf(task));
  }

  /** Whether the end of a task that was submitted is still waited for. */
  awaits(tag: string, task: PartitionTask): boolean {
    return this.#underWay.get(tag) === task;
  }

  /** A task that was submitted ended without a result, and is to be asked for again; undefined if it was not submitted. */
  abandon(tag: string): PartitionTask | undefined {
    const task = this.#underWay.get(tag);
    this.#underWay.delete(tag);
    return task;
  }

  /** The tasks to be submitted now (B2, B3). */
  submittable(): { readonly tag: string; readonly task: PartitionTask }[] {
    const submitted = [];
    for (const [tag, task] of this.#waiting) {
      if (this.#underWay.size >= PARTITION_TASKS_IN_FLIGHT_MAX) break;
      this.#waiting.delete(tag);
      this.#underWay.set(tag, task);
      submitted.push({ tag, task });
    }
    return submitted;
  }

  /** What is to be committed for a finished task; undefined for one that this book did not submit. */
  commitOf(tag: string, { ranges: _ranges, text: _text, ...result }: TaskResult): TaskCommit | undefined {
    const task = this.#underWay.get(tag);
    if (task === undefined) return undefined;
    return { stage: task.stage, partition: this.#partition, sequence: task.sequence, result };
  }

  committed(commit: TaskCommit): void {
    this.#underWay.delete(tagOf(commit));
    this.#committed.set(tagOf(commit), commit);
  }

  get committedCount(): number {
    return this.#committed.size;
  }

  commits(): TaskCommit[] {
    return [...this.#committed.values()];
  }

  /** Tasks that are to be run, but for copies, which are no task of anybody's. */
  pending(): { readonly stage: number; readonly sequence: number }[] {
    return [...this.#underWay.values(), ...this.#waiting.values()]
      .filter(({ task }) => task.kind !== "copy")
      .map(({ stage, sequence }) => ({ stage, sequence }));
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }
}

function tagOf({ stage, sequence }: { readonly stage: number; readonly sequence: number }): string {
  return `${stage}/${sequence}`;
}
