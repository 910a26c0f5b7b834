/**
 * What the actors of the coordinator's side share: what they are given, and what is known of each job.
 *
 * Owns: the types.
 */
import type { Clock } from "../runtime/clock.ts";
import type { HeartbeatOptions } from "../runtime/failure/heartbeat-decision.ts";
import type { Term } from "../runtime/identity.ts";
import type { Journal } from "../runtime/journal/journal.ts";
import type { ChildSpecification } from "../runtime/supervision/specification.ts";
import type { ReferenceExchange } from "./exchange/messages.ts";
import type { JobDescription, JobOutcome, TaskRace } from "./job/messages.ts";
import type { Placement } from "./job/placement.ts";
import type { JobProgress } from "./job/progress.ts";
import type { Workplace } from "./job/worker-orders.ts";
import type { DrainWish, Member, MembershipFact } from "./membership/messages.ts";
import type { OutputTotals } from "./output/messages.ts";
import type { OutputPort } from "./output/output-port.ts";
import type { Switchboard } from "./switchboard.ts";
import type { WorkerCommand, WorkerFact, WorkerTale } from "./worker/messages.ts";

export interface CoordinatorSideOptions {
  readonly clock: Clock;
  readonly board: Switchboard;
  readonly journal: Journal;
  /** Of this process. */
  readonly term: Term;
  readonly supervisor: (id: string) => ChildSpecification;
  /** Of the product: that workers must have, too; undefined: any will do. */
  readonly version?: string;
  readonly heartbeat?: Partial<HeartbeatOptions>;
  /** Workers that hold each committed result; default: the one that made it. */
  readonly replicas?: number;
  /** How long a job may be without a worker that can run it, before it fails; default: for ever. */
  readonly workerWaitMs?: number;
  /** Where a job's results go; called at each start of its output. */
  readonly outputOf: (job: string) => { readonly port: OutputPort; readonly rejectsPort: OutputPort | undefined };
  /** Where blocks of rejects lie, and the name of files that sort them: unique for every process. */
  readonly segmentDirectory: string;
  readonly segmentName: string;
  /** Absent where every block is in this process. */
  readonly exchange?: ReferenceExchange;
  readonly onOutcome: (job: string, outcome: JobOutcome) => void;
  /** The journal failed: no job can end. */
  readonly onBroken: (error: unknown) => void;
  /** Hears what the coordinator hears, for those who tell people. */
  readonly listener?: CoordinatorListener;
}

export interface CoordinatorListener {
  membersChanged(change: MembershipFact): void;
  beatHeard(worker: string): void;
  workerCommanded(worker: string, command: WorkerCommand): void;
  /** Of a job that runs. */
  workerTold(fact: WorkerFact & { readonly worker: string }): void;
  /** It has no worker that can run it; `reason` says why. */
  jobWaits(job: string, reason: string): void;
  raceEnded(job: string, race: TaskRace): void;
  taleTold(worker: string, tale: WorkerTale["tale"]): void;
}

/** What is going on, for displays; each map of jobs is by job id. */
export interface CoordinatorView {
  /** Jobs that run. */
  readonly jobs: ReadonlyMap<string, JobDescription>;
  readonly members: ReadonlyMap<string, Member>;
  readonly progress: ReadonlyMap<string, JobProgress>;
  readonly output: ReadonlyMap<string, OutputTotals>;
  /** Commits that journals of an earlier process held. */
  readonly takenOver: ReadonlyMap<string, number>;
  /** What was made again because it was damaged or lost. */
  readonly repairs: ReadonlyMap<string, Repairs>;
  /** Jobs that run, but have no worker that can run them, and why. */
  readonly waits: ReadonlyMap<string, string>;
}

/** Tasks that are run again although they had been committed. */
export interface Repairs {
  /** The journal has lost the commit. */
  readonly lost: number;
  /** The journal has the commit, but not all that it refers to is stored as it was written. */
  readonly damaged: number;
  /** Its worker was lost with it, or while it ran. */
  readonly orphaned: number;
}

/** Of one coordinator process; each map is by job. */
export interface Plot extends CoordinatorSideOptions {
  readonly view: {
    readonly jobs: Map<string, JobDescription>;
    members: ReadonlyMap<string, Member>;
    readonly progress: Map<string, JobProgress>;
    readonly output: Map<string, OutputTotals>;
    readonly takenOver: Map<string, number>;
    readonly repairs: Map<string, Repairs>;
    waits: ReadonlyMap<string, string>;
  };
  readonly placements: Map<string, Placement>;
  /** Then by worker. */
  readonly workplaces: Map<string, ReadonlyMap<string, Workplace>>;
  /** Submitted and not ended. */
  readonly submitted: Map<string, JobDescription>;
  /** Jobs whose outcome has been told: a restarted coordinator finds them in the journal and must not run them again. */
  readonly ended: Set<string>;
  /** Of operators, not journaled yet. */
  readonly wishes: Set<DrainWish>;
  /** Whose turn it is to compute a piece of an output. */
  turn: number;
}
