/**
 * No task is run more often than something has happened that may have undone it: without a fault, each task once. And what
 * a process finds committed in its journal, it does not run.
 *
 * Owns: what counts as such a thing: a process or an actor that ended, a worker that was called lost, damage that was
 * found, a task that took so long that another worker was given it too.
 */
import type { Task, TaskFailure } from "../../../actors/executor/messages.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { partitionLog } from "../../../actors/partition/messages.ts";
import type { Message } from "../../../actors/switchboard.ts";
import type { JournalAppend } from "../../../runtime/journal/journal.ts";
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import { commitIn } from "./commit-in.ts";
import type { Problems } from "./problems.ts";

const DISTURBING_MESSAGES: ReadonlySet<string> = new Set([
  ...["task.starved", "worker.withdraw", "member.leaving", "output.failed"],
]);

const FORGETTING_MESSAGES: ReadonlySet<string> = new Set([...["worker.withdraw", "worker.free", "worker.close"]]);

export class RepetitionCheck implements Watch {
  readonly #problems: Problems;
  readonly #runs = new Map<string, number>();
  #disturbances = 0;
  /** By worker: tasks whose commits its journal holds, as far as nothing has happened to them. */
  readonly #kept = new Map<string, Set<string>>();
  /** Processes with a partition that was restarted: what it had asked for before may still be run. */
  readonly #restless = new Set<Resident>();
  readonly #introduced = new Set<Resident>();
  #memberCount = 0;
  /** A task may be with two workers: one of them is slow. */
  readonly #raceable: () => boolean;

  constructor(problems: Problems, raceable: () => boolean) {
    this.#problems = problems;
    this.#raceable = raceable;
  }

  ended({ id, disk }: Resident): void {
    this.#disturbances += 1;
    // What a loss of power took of the disk is not known here, nor what is left of a damaged log.
    if (!disk.isIntact) this.#kept.delete(id);
  }

  committed({ id }: Resident, appends: readonly JournalAppend[], drops: readonly string[]): void {
    // What was being written as its job was closed is dropped after it was acknowledged.
    for (const log of drops) {
      for (const name of this.#kept.get(id) ?? []) if (log === logOf(name)) this.#kept.get(id)?.delete(name);
    }
    for (const append of appends) {
      const found = commitIn(append);
      if (found === undefined) continue;
      const { stage, partition, sequence } = found.commit;
      const kept = this.#kept.get(id) ?? new Set<string>();
      this.#kept.set(id, kept.add(nameOf(found.job, stage, partition, sequence)));
    }
  }

  noticed(resident: Resident, supervisor: string, { type }: SupervisorNotice): void {
    if (type !== "child.restarting" && type !== "child.gaveUp") return;
    this.#disturbances += 1;
    if (supervisor === "partitions" || supervisor === "root") this.#restless.add(resident);
  }

  told(resident: Resident, message: Message): void {
    const { type } = message;
    if (DISTURBING_MESSAGES.has(type)) this.#disturbances += 1;
    // Whoever has something of a job made again may have it made anywhere; and what belongs to no job is dropped.
    if (FORGETTING_MESSAGES.has(type)) this.#forget((job) => job === message.job);
    if (type === "worker.keep") this.#forget((job) => !(message.jobs as readonly string[]).includes(job));
    if (type === "member.hello") this.#noteHello(resident);
    if (type === "membership.directory") this.#noteDirectory(message.members as readonly unknown[]);
  }

  /** A copy of the input that is damaged is made again. */
  taskFailed(_resident: Resident, { code }: TaskFailure): void {
    if (code === "INPUT_UNREADABLE") this.#disturbances += 1;
  }

  #forget(isMeant: (job: string) => boolean): void {
    for (const kept of this.#kept.values()) {
      for (const name of kept) if (isMeant(name.slice(0, name.indexOf(" ")))) kept.delete(name);
    }
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

  ran(resident: Resident, { id, plan }: JobDescription, task: Task): void {
    if (task.kind !== "split" && task.kind !== "reduce") return;
    const [stage, partition, sequence] =
      task.kind === "split"
        ? [0, task.split % plan.partitions, Math.floor(task.split / plan.partitions)]
        : [task.stage, task.partition, 0];
    const isKept = this.#kept.get(resident.id)?.has(nameOf(id, stage, partition, sequence)) === true;
    if (isKept && resident.disk.isIntact && !this.#restless.has(resident)) {
      this.#problems.report(
        "repetition",
        `${resident.process.name} runs ${task.kind} ${stage}/${partition}/${sequence} of job ${id}, which it has committed`,
      );
    }
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

/** The log of the partition that a task is of. */
function logOf(name: string): string {
  const [job, place] = name.split(" ");
  return partitionLog(job, Number(place.split("/")[1]));
}

function nameOf(job: string, stage: number, partition: number, sequence: number): string {
  return `${job} ${stage}/${partition}/${sequence}`;
}
