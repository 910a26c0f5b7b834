/**
 * No task is run more often than something has happened that may have undone it: without a fault, each task once.
 *
 * Owns: what counts as such a thing: a process or an actor that ended, a worker that was called lost, damage that was
 * found, a task that took so long that another worker was given it too.
 */
import type { Task } from "../../../actors/executor/messages.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import type { Message } from "../../../actors/switchboard.ts";
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

const DISTURBING_MESSAGES: ReadonlySet<string> = new Set([
  ...["task.starved", "worker.withdraw", "member.leaving", "output.failed"],
]);

export class RepetitionCheck implements Watch {
  readonly #problems: Problems;
  readonly #runs = new Map<string, number>();
  #disturbances = 0;
  readonly #introduced = new Set<Resident>();
  #memberCount = 0;
  /** A task may be with two workers: one of them is slow. */
  readonly #raceable: () => boolean;

  constructor(problems: Problems, raceable: () => boolean) {
    this.#problems = problems;
    this.#raceable = raceable;
  }

  ended(): void {
    this.#disturbances += 1;
  }

  noticed(_resident: Resident, _supervisor: string, { type }: SupervisorNotice): void {
    if (type === "child.restarting" || type === "child.gaveUp") this.#disturbances += 1;
  }

  told(resident: Resident, message: Message): void {
    const { type } = message;
    if (DISTURBING_MESSAGES.has(type)) this.#disturbances += 1;
    if (type === "member.hello") this.#noteHello(resident);
    if (type === "membership.directory") this.#noteDirectory(message.members as readonly unknown[]);
  }

  /** The first one of a process says that it is there, every other one that it was taken for lost. */
  #noteHello(resident: Resident): void {
    if (this.#introduced.has(resident)) this.#disturbances += 1;
    this.#introduced.add(resident);
  }

  /** With fewer workers than before: one was lost. */
  #noteDirectory(members: readonly unknown[]): void {
    if (members.length < this.#memberCount) this.#disturbances += 1;
    this.#memberCount = members.length;
  }

  ran(_resident: Resident, { id }: JobDescription, task: Task): void {
    if (task.kind !== "split" && task.kind !== "reduce") return;
    const name = task.kind === "split" ? `split ${task.split}` : `reduce ${task.stage} ${task.partition}`;
    const count = (this.#runs.get(`${id} ${name}`) ?? 0) + 1;
    this.#runs.set(`${id} ${name}`, count);
    const allowed = 1 + this.#disturbances + (this.#raceable() ? 1 : 0);
    if (count <= allowed) return;
    this.#problems.report(
      "repetition",
      `${name} of job ${id} runs for the ${count}th time after ${this.#disturbances} disturbances`,
    );
  }
}
