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
import { RuntimeError } from "../runtime/errors.ts";
import { type Fenced, toLife } from "../runtime/identity.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { type ChildSpecification, specifyChild } from "../runtime/supervision/specification.ts";
import { coordinatorMachine } from "./coordinator/machine.ts";
import { WorkerWait } from "./coordinator/worker-wait.ts";
import { isNeeded, whyWaiting } from "./coordinator/workers-needed.ts";
import { startJob, tellWorker } from "./coordinator-jobs.ts";
import type { CoordinatorSideOptions, CoordinatorView, Plot } from "./coordinator-plot.ts";
import type { JobDescription } from "./job/messages.ts";
import { isReady } from "./job/worker-orders.ts";
import { decodeJob, encodeJob } from "./job-record.ts";
import { membershipMachine } from "./membership/machine.ts";
import {
  COORDINATOR_ADDRESS,
  type DrainWish,
  MEMBERSHIP_ADDRESS,
  workerAddress,
  workerAt,
} from "./membership/messages.ts";
import { HEARTBEAT_INTERVAL_MS } from "./options.ts";

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

/** A newer life of this process is no reason to give up; a newer term is. */
function superseded({ term, onBroken }: Plot, answer: Fenced): void {
  if (answer.term <= term) return;
  onBroken(new RuntimeError("COORDINATOR_SUPERSEDED", `another coordinator has begun term ${answer.term}`));
}
