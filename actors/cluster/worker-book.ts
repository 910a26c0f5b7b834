/**
 * The workers of a cluster as people see them.
 *
 * Owns: when each was heard last, how many tasks it has, and those that are gone, for a while.
 * Never: decides who is alive: the membership does.
 */
import type { Clock } from "../../runtime/clock.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { WallClock } from "../../runtime/wall-clock.ts";
import type { TaskName } from "../job/messages.ts";
import type { Member, MembershipFact } from "../membership/messages.ts";
import type { WorkerCommand, WorkerFact } from "../worker/messages.ts";
import type { WorkerState, WorkerStatus } from "./control.ts";

interface Entry {
  member: Member;
  /** Why it is no member any more. */
  gone: "dead" | "left" | undefined;
  lastHeardMs: number;
  readonly joinedAt: string;
  /** By job, then by name. */
  readonly tasks: Map<string, Set<string>>;
}

/** Of those that are gone; the oldest are forgotten. */
const GONE_MAX = 100;

export class WorkerBook {
  readonly #clock: Clock;
  readonly #wallClock: WallClock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, wallClock: WallClock) {
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** Returns the member as it was before. */
  note(change: MembershipFact): Member | undefined {
    if (change.type === "member.gathered") return undefined;
    if (change.type === "member.lost") {
      const entry = this.#entries.get(change.worker);
      if (entry === undefined) return undefined;
      entry.gone = entry.member.draining ? "left" : "dead";
      entry.tasks.clear();
      this.#forgetOldest();
      return entry.member;
    }
    const { member } = change;
    const entry = this.#entries.get(member.id);
    const lastHeardMs = this.#clock.nowMs();
    if (entry === undefined || change.type === "member.joined") {
      const joinedAt = entry?.joinedAt ?? this.#wallClock.stamp();
      // Last in the order of the map: those that are gone longest come first.
      this.#entries.delete(member.id);
      this.#entries.set(member.id, { member, gone: undefined, lastHeardMs, joinedAt, tasks: new Map() });
      return entry?.member;
    }
    const before = entry.member;
    entry.member = member;
    return before;
  }

  placeOf(worker: string): string {
    const host = this.#entries.get(worker)?.member.host;
    return host === undefined ? `worker ${worker}` : `worker ${worker} on ${host}`;
  }

  heard(worker: string): void {
    const entry = this.#entries.get(worker);
    if (entry !== undefined) entry.lastHeardMs = this.#clock.nowMs();
  }

  commanded(worker: string, command: WorkerCommand): void {
    const tasks = this.#entries.get(worker)?.tasks;
    if (tasks === undefined) return;
    if (command.type === "worker.close") tasks.delete(command.job);
    if (command.type === "worker.stop") for (const task of command.tasks) tasks.get(command.job)?.delete(nameOf(task));
    if (command.type !== "worker.run") return;
    const ofJob = tasks.get(command.job) ?? new Set<string>();
    tasks.set(command.job, ofJob);
    for (const run of command.runs) {
      for (const task of run.tasks) ofJob.add(nameOf({ ...task, partition: run.partition }));
    }
  }

  told(fact: WorkerFact & { readonly worker: string }): void {
    const ended = fact.type === "task.committed" ? fact.commit : fact.type === "task.starved" ? fact : undefined;
    if (ended === undefined) return;
    this.#entries.get(fact.worker)?.tasks.get(fact.job)?.delete(nameOf(ended));
  }

  /** Errors: WORKER_UNKNOWN. */
  status(worker: string): WorkerStatus {
    const entry = this.#entries.get(worker);
    if (entry === undefined) throw new RuntimeError("WORKER_UNKNOWN", `there is no worker ${worker}`);
    return this.#statusOf(entry);
  }

  statuses(): readonly WorkerStatus[] {
    return [...this.#entries.values()].map((entry) => this.#statusOf(entry));
  }

  #statusOf({ member, gone, lastHeardMs, joinedAt, tasks }: Entry): WorkerStatus {
    const { id, host, epoch, slots, version } = member;
    let tasksRunning = 0;
    for (const ofJob of tasks.values()) tasksRunning += ofJob.size;
    const heard = Math.max(0, Math.round(this.#clock.nowMs() - lastHeardMs));
    return {
      id,
      host,
      state: stateOf(member, gone),
      epoch,
      slots,
      tasksRunning,
      joinedAt,
      lastHeardMs: heard,
      version,
    };
  }

  #forgetOldest(): void {
    const gone = [...this.#entries].filter(([, entry]) => entry.gone !== undefined);
    for (const [id] of gone.slice(0, Math.max(0, gone.length - GONE_MAX))) this.#entries.delete(id);
  }
}

function nameOf({ stage, partition, sequence }: TaskName): string {
  return `${stage}/${partition}/${sequence}`;
}

function stateOf({ status, draining }: Member, gone: Entry["gone"]): WorkerState {
  if (gone !== undefined) return gone;
  if (status === "suspect" || status === "dead") return status;
  return draining ? "draining" : "alive";
}
