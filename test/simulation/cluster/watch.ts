/**
 * What the checks of a simulation can hear of: the points at which it is looked at.
 *
 * Owns: the interface, and the passing on to whoever listens.
 * Never: changes anything of what it tells.
 */
import type { Task, TaskFailure } from "../../../actors/executor/messages.ts";
import type { JobDescription, JobOutcome } from "../../../actors/job/messages.ts";
import type { Message } from "../../../actors/switchboard.ts";
import type { JournalAppend } from "../../../runtime/journal/journal.ts";
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import type { Envelope } from "../../../runtime/transport/transport.ts";
import type { SimulatedDisk } from "../world/disk.ts";
import type { SimulatedProcess } from "../world/process.ts";

/** A process with what belongs to it. */
export interface Resident {
  readonly process: SimulatedProcess;
  readonly role: "coordinator" | "worker";
  /** Of the data directory; both are known when its journal is open, and it has begun its life. */
  id: string;
  /** Counts the lives of the data directory; of a coordinator: its term. */
  epoch: number;
  readonly disk: SimulatedDisk;
  readonly segmentDirectory: string;
  readonly durable: boolean;
  readonly slots: number;
}

export interface Watch {
  /** Its life is journaled. */
  started?(resident: Resident): void;
  ended?(resident: Resident): void;
  noticed?(resident: Resident, supervisor: string, notice: SupervisorNotice): void;
  /** A message is about to be given to the transport. */
  told?(resident: Resident, message: Message): void;
  /** A message of a peer is about to be heard by the `life`-th endpoint of all, which speaks in this term. */
  heard?(resident: Resident, envelope: Envelope, by: { readonly life: number; readonly term: number }): void;
  /** A batch stands, and the journal has not acknowledged it. */
  written?(resident: Resident): void;
  /** A log was read that somebody else has edited, and nothing was told of it. */
  unnoticed?(resident: Resident, actor: string): void;
  /** The journal has acknowledged these, and that the logs of these actors are gone. */
  committed?(resident: Resident, appends: readonly JournalAppend[], drops: readonly string[]): void;
  ran?(resident: Resident, job: JobDescription, task: Task): void;
  /** By name, on a thread. */
  taskFailed?(resident: Resident, failure: TaskFailure): void;
  queued?(resident: Resident, runCount: number): void;
  /** Messages that wait for an acknowledgement of one peer. */
  waiting?(resident: Resident, messageCount: number): void;
  renamed?(from: string, to: string): void;
  outcome?(resident: Resident, job: string, outcome: JobOutcome): void;
  /** The coordinator has told an operator that a worker, by its id, is drained. */
  drained?(coordinator: Resident, worker: string): void;
  /** All jobs have ended, and everybody has had the time to clear up; in some runs only. */
  settled?(): void;
  /** After everything: what is wrong at the end. */
  finished?(): void;
}

type Listener<Point extends keyof Watch> = NonNullable<Watch[Point]>;

/** Tells every check in turn. What a process says that was killed in the middle of something, nobody hears. */
export class Watches {
  readonly #watches: readonly Watch[];

  constructor(watches: readonly Watch[]) {
    this.#watches = watches;
  }

  tell<Point extends keyof Watch>(point: Point, ...details: Parameters<Listener<Point>>): void {
    const [first] = details;
    if (point !== "ended" && typeof first === "object" && !first.process.isAlive) return;
    for (const watch of this.#watches) {
      const listener = watch[point] as ((...told: typeof details) => void) | undefined;
      listener?.apply(watch, details);
    }
  }
}
