/**
 * The coordinator's side of a tree: what decides.
 *
 *    ├─ membership                 knows the workers
 *    ├─ coordinator                knows the jobs
 *    ├─ outputs (one_for_one) ──── output             one a job
 *    └─ jobs (one_for_one) ─────── job
 *
 * What stands later depends on what stands before: it is restarted with it, and finds everything in the journal.
 */
import type { Clock } from "../runtime/clock.ts";
import { RuntimeError } from "../runtime/errors.ts";
import type { HeartbeatOptions } from "../runtime/failure/heartbeat-decision.ts";
import { type Fenced, type Term, toLife } from "../runtime/identity.ts";
import type { Journal } from "../runtime/journal/journal.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { type ChildSpecification, specifyChild } from "../runtime/supervision/specification.ts";
import { coordinatorMachine } from "./coordinator/machine.ts";
import { WorkerWait } from "./coordinator/worker-wait.ts";
import { isNeeded, whyWaiting } from "./coordinator/workers-needed.ts";
import type { ReferenceExchange } from "./exchange/messages.ts";

import { writerOf } from "./exchange/segment-names.ts";
import { jobMachine } from "./job/machine.ts";
import { canRun, type JobDescription, type JobOutcome, type OutputOrder, type TaskRace } from "./job/messages.ts";

import { Placement } from "./job/placement.ts";
import { JobProgress } from "./job/progress.ts";
import { isReady, type Workplace } from "./job/worker-orders.ts";
import { decodeJob, encodeJob } from "./job-record.ts";
import { membershipMachine } from "./membership/machine.ts";
import {
  COORDINATOR_ADDRESS,
  type DrainWish,
  MEMBERSHIP_ADDRESS,
  type Member,
  type MembershipFact,
  workerAddress,
  workerAt,
} from "./membership/messages.ts";
import { HEARTBEAT_INTERVAL_MS, OUTPUT_RANGES_IN_FLIGHT_MAX } from "./options.ts";
import { outputMachine } from "./output/machine.ts";
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

export interface CoordinatorSide {
  readonly children: readonly ChildSpecification[];
  readonly view: CoordinatorView;
  submit(job: JobDescription): void;
  /** Ends a job, or what is left of one that has ended: its actors stop, and workers free what they hold of it. */
  forget(job: string): void;
  /** Gives a worker nothing new; resolves when that will be so after a restart, too. */
  drain(worker: string): Promise<void>;
  /** Follows what the root's observer tells. */
  note(notice: SupervisorNotice): void;
}

interface Plot extends CoordinatorSideOptions {
  readonly view: {
    readonly jobs: Map<string, JobDescription>;
    members: ReadonlyMap<string, Member>;
    readonly progress: Map<string, JobProgress>;
    readonly output: Map<string, OutputTotals>;
    readonly takenOver: Map<string, number>;
    readonly repairs: Map<string, Repairs>;
    waits: ReadonlyMap<string, string>;
  };
  /** By job. */
  readonly placements: Map<string, Placement>;
  /** By job, then by worker. */
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

export function coordinatorSide(options: CoordinatorSideOptions): CoordinatorSide {
  const view: Plot["view"] = {
    ...{ jobs: new Map(), members: new Map(), progress: new Map(), output: new Map() },
    ...{ takenOver: new Map(), repairs: new Map(), waits: new Map() },
  };
  const books = { placements: new Map(), workplaces: new Map() };
  const plot: Plot = { ...options, ...books, view, submitted: new Map(), ended: new Set(), wishes: new Set(), turn: 0 };
  const submit = (job: JobDescription): void => {
    plot.submitted.set(job.id, job);
    options.board.send("coordinator", { type: "coordinator.submit", job });
  };
  return {
    children: [membership(plot), coordinator(plot), options.supervisor("outputs"), options.supervisor("jobs")],
    view,
    submit,
    forget: (job) => {
      plot.submitted.delete(job);
      plot.ended.add(job);
      // Its actor may have gone with a coordinator that does not hear of this: its view as one that runs, too.
      const { jobs, progress: far, output, takenOver, repairs } = view;
      for (const map of [jobs, far, output, takenOver, repairs, ...Object.values(books)]) map.delete(job);
      options.board.send("coordinator", { type: "coordinator.forget", job });
    },
    drain: (worker) =>
      new Promise((resolve) => {
        const noted = (): void => {
          plot.wishes.delete(wish);
          resolve();
        };
        const wish: DrainWish = { type: "membership.drain", worker, noted };
        plot.wishes.add(wish);
        options.board.send("membership", { ...wish });
      }),
    note: (notice) => {
      if (notice.type !== "child.started") return;
      // One that died before it journaled a job is told of it again.
      if (notice.id === "coordinator") for (const job of plot.submitted.values()) submit(job);
      if (notice.id === "membership") for (const wish of plot.wishes) options.board.send("membership", { ...wish });
      // Its jobs went with it, and nobody but the coordinator starts them.
      if (notice.id === "jobs") options.board.send("coordinator", { type: "coordinator.restart" });
    },
  };
}

function membership(plot: Plot): ChildSpecification {
  const { board, clock, heartbeat, journal, onBroken, term } = plot;
  return specifyChild({
    id: "membership",
    logic: membershipMachine,
    input: (incarnation) => {
      const line = { address: MEMBERSHIP_ADDRESS, fence: { term, incarnation: toLife(term, incarnation) } };
      return {
        listen: () =>
          board.listen("membership", line, {
            signalled: (message, from) => {
              board.send("membership", message);
              plot.listener?.beatHeard(workerAt(from) ?? "");
            },
            disconnected: (peer) => board.send("membership", { type: "member.disconnected", peer }),
            fenced: (answer) => superseded(plot, answer),
          }),
        journal,
        version: plot.version,
        heartbeatIntervalMs: heartbeat?.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
        monitor: (onTransition) =>
          board.monitor("members", { ...heartbeat, hungAfterMs: Number.POSITIVE_INFINITY }, onTransition),
        nowMs: () => clock.nowMs(),
        tell: (fact) => board.send("coordinator", { ...fact }),
        send: (to, answer) => board.tell("membership", to, answer),
        signal: (to, answer) => board.signal("membership", to, answer),
        forget: (worker) => {
          for (const name of ["membership", "coordinator"]) board.forget(name, workerAddress(worker));
        },
        tellFailed: onBroken,
      };
    },
  });
}

function coordinator(plot: Plot): ChildSpecification {
  const { board, journal, onBroken, term, view } = plot;
  return specifyChild({
    id: "coordinator",
    logic: coordinatorMachine,
    input: (incarnation) => {
      const line = { address: COORDINATOR_ADDRESS, fence: { term, incarnation: toLife(term, incarnation) } };
      let gathered = false;
      const wait = new WorkerWait(plot.workerWaitMs ?? Number.POSITIVE_INFINITY);
      return {
        listen: () => board.listen("coordinator", line, { fenced: (answer) => superseded(plot, answer) }),
        journal,
        ...{ encodeJob, decodeJob },
        askMembers: () => board.send("membership", { type: "membership.report" }),
        hasEnded: (job) => plot.ended.has(job),
        startJob: (job, members) => startJob(plot, job, members),
        stopJob: (job) => {
          view.jobs.delete(job);
          plot.exchange?.close(job);
          for (const supervisor of ["jobs", "outputs"]) board.send(supervisor, { type: "child.stop", id: job });
        },
        sendToJob: (job, event) => board.sendBelow("jobs", job, { ...event }),
        sendToOutput: (job, fact) => board.sendBelow("outputs", job, { ...fact }),
        sendToWorker: (worker, command) => tellWorker(plot, worker, command),
        tellFailed: onBroken,
        isNeeded: (member) => isNeeded({ ...view, ...plot }, member, (job, worker) => hasHeard(plot, job, worker)),
        lookAfterJobs: () => lookAfterWaits(plot, wait),
        noteFact: (fact) => plot.listener?.workerTold(fact),
        noteTale: (worker, tale) => plot.listener?.taleTold(worker, tale),
        noteMembers: (members, change) => {
          view.members = members;
          plot.listener?.membersChanged(change);
          // Before that, who is not named may only not be back yet, and is not to be given up.
          gathered ||= change.type === "member.gathered";
          if (gathered) plot.exchange?.noteDirectory([...members.values()]);
        },
      };
    },
  });
}

function hasHeard({ workplaces }: Plot, job: string, worker: string): boolean {
  const workplace = workplaces.get(job)?.get(worker);
  return workplace !== undefined && isReady(workplace);
}

function tellWorker({ board, listener }: Plot, worker: string, command: WorkerCommand): void {
  listener?.workerCommanded(worker, command);
  board.tell("coordinator", workerAddress(worker), command);
}

/** Has people told of jobs that wait for a worker, and ends those that have waited too long. */
function lookAfterWaits(plot: Plot, wait: WorkerWait): void {
  const { board, clock, listener, view, workerWaitMs = Number.POSITIVE_INFINITY } = plot;
  const waits = new Map<string, string>();
  for (const job of view.jobs.values()) {
    const reason = whyWaiting({ ...view, ...plot }, job);
    if (reason !== undefined) waits.set(job.id, reason);
  }
  view.waits = waits;
  const { begun, expired } = wait.look(waits, clock.nowMs());
  for (const [job, reason] of begun) listener?.jobWaits(job, reason);
  for (const [job, reason] of expired) {
    const message = `job ${job} has had no worker for ${workerWaitMs / 1000} s: ${reason}`;
    board.sendBelow("jobs", job, { type: "job.abandon", failure: { code: "NO_WORKERS", message } });
  }
}

function startJob(plot: Plot, job: JobDescription, members: readonly Member[]): void {
  const { board, clock, ended, onOutcome, submitted, view } = plot;
  const { id } = job;
  if (ended.has(id)) return;
  view.jobs.set(id, job);
  const specification = specifyChild({
    id,
    logic: jobMachine,
    input: (incarnation) => {
      const progress = new JobProgress(job);
      view.progress.set(id, progress);
      const placement = new Placement();
      plot.placements.set(id, placement);
      const workplaces = new Map<string, Workplace>();
      plot.workplaces.set(id, workplaces);
      return {
        ...{ job, progress, placement, workplaces },
        members: incarnation === 1 ? members : [...view.members.values()],
        nowMs: () => clock.nowMs(),
        replicas: plot.replicas,
        send: (worker, command) => tellWorker(plot, worker, command),
        startOutput: (order) => startOutput(plot, job, order),
        noteTakenOver: ({ commits, unusable, lost }) => {
          // What a later incarnation finds was committed by this process.
          if (incarnation !== 1) return;
          view.takenOver.set(id, (view.takenOver.get(id) ?? 0) + commits);
          noteRepairs(plot, id, { lost, damaged: unusable, orphaned: 0 });
        },
        noteRace: (race) => plot.listener?.raceEnded(id, race),
        noteWithdrawn: (damaged) => noteRepairs(plot, id, { lost: 0, damaged, orphaned: 0 }),
        noteLost: (orphaned) => noteRepairs(plot, id, { lost: 0, damaged: 0, orphaned }),
        tell: (outcome) => {
          submitted.delete(id);
          ended.add(id);
          view.jobs.delete(id);
          onOutcome(id, outcome);
        },
      };
    },
  });
  board.start("jobs", specification);
}

function noteRepairs({ view }: Plot, job: string, { lost, damaged, orphaned }: Repairs): void {
  const known = view.repairs.get(job) ?? { lost: 0, damaged: 0, orphaned: 0 };
  view.repairs.set(job, {
    lost: known.lost + lost,
    damaged: known.damaged + damaged,
    orphaned: known.orphaned + orphaned,
  });
}

function startOutput(plot: Plot, job: JobDescription, order: OutputOrder): void {
  const { board, exchange, journal, outputOf, segmentDirectory, segmentName, view } = plot;
  const slots = [...view.members.values()].reduce((sum, member) => sum + member.slots, 0);
  const specification = specifyChild({
    id: job.id,
    logic: outputMachine,
    input: (incarnation) => ({
      job,
      ...order,
      ...outputOf(job.id),
      journal,
      segmentDirectory,
      ...(exchange === undefined
        ? {}
        : {
            bring: (references) => exchange.bring(job.id, references),
            readText: (references) => exchange.read(job.id, references),
            freeText: (segments) => freeText(plot, job.id, segments),
          }),
      segmentName: `${segmentName}-${job.id}-o${incarnation}`,
      inFlightMax: Math.max(1, slots) * OUTPUT_RANGES_IN_FLIGHT_MAX,
      submit: (tag, task) => {
        const worker = nextWorker(plot, job);
        if (worker === undefined) return;
        board.tell("coordinator", workerAddress(worker), { type: "worker.runOutput", job: job.id, tag, task });
      },
      tell: (fact) => {
        if ("totals" in fact) view.output.set(job.id, fact.totals);
        board.sendBelow("jobs", job.id, { ...fact });
      },
    }),
  });
  // The one that runs already is told where the blocks are now; it has all its pieces computed that it has not got.
  board.sendBelow("outputs", job.id, { type: "output.order", ...order });
  board.start("outputs", specification);
}

/** Tells those who hold text that nobody needs it any more; what a worker that is gone holds goes with its job. */
function freeText({ board, view }: Plot, job: string, segments: readonly string[]): void {
  for (const segment of segments) {
    const worker = writerOf(segment);
    if (worker === undefined || !view.members.has(worker)) continue;
    board.tell("coordinator", workerAddress(worker), { type: "worker.freeText", job, segments: [segment] });
  }
}

/** Workers take turns; without any, the job gives its order again when one has joined. */
function nextWorker(plot: Plot, job: JobDescription): string | undefined {
  const able = [...plot.view.members.values()].filter((member) => canRun(job, member));
  const open = able.filter(({ draining }) => !draining);
  const members = open.length > 0 ? open : able;
  plot.turn += 1;
  return members[plot.turn % members.length]?.id;
}

/** A newer life of this process is no reason to give up; a newer term is. */
function superseded({ term, onBroken }: Plot, answer: Fenced): void {
  if (answer.term <= term) return;
  onBroken(new RuntimeError("COORDINATOR_SUPERSEDED", `another coordinator has begun term ${answer.term}`));
}
