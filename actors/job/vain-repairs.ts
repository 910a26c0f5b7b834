/**
 * Tasks that starve in vain: of what nobody is said to hold, so that there is nothing to be made again.
 *
 * Owns: how often each of them has, since something else was told of the job.
 * Never: knows what is held; whoever notes a task has looked.
 *
 * V1. Now and then that is as it should be: what a task lacks may have been withdrawn, or lost with its holder, after the
 *     task was given out. It is given out again, with what there is now.
 * V2. Where nothing has changed in between it would be given out with the same inputs, for ever: the books of the job and
 *     of its workers contradict each other. The job ends by a name of its own, since no disk and no link is at fault.
 */
import type { TaskFailure } from "../executor/messages.ts";
import { VAIN_REPAIRS_MAX } from "../options.ts";
import type { TaskName } from "./messages.ts";
import { taskName } from "./placement.ts";

export class VainRepairs {
  /** By task. */
  readonly #counts = new Map<string, number>();
  #failure: TaskFailure | undefined;

  /** A task has starved, and nothing was withdrawn for it. */
  note(task: TaskName, { message }: TaskFailure): void {
    const name = taskName(task);
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count <= VAIN_REPAIRS_MAX) return;
    const told = `task ${name} has starved ${count} times in a row of what nobody is said to hold`;
    this.#failure = { code: "REPAIR_IN_VAIN", message: `${told}: ${message}` };
  }

  /** Something was made again, found or lost: tasks are given out with other inputs now. */
  forget(): void {
    this.#counts.clear();
  }

  /** V2. Undefined while there is hope. */
  get failure(): TaskFailure | undefined {
    return this.#failure;
  }
}
