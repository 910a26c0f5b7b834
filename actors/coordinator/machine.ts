/**
 * The coordinator: knows the jobs and the members, starts each job under its supervisor, passes on what workers tell.
 *
 * C1. A job is started after it has been journaled, so that a restarted coordinator starts it again.
 * C2. What a worker tells goes to the job that it names, and nowhere else; the end of a task of the output goes to that
 *     job's output, which goes on while its job is being restarted.
 * C3. No job starts before the members of an earlier life have gathered: what they hold need not be made again.
 * C5. A worker that is drained may go when no job needs what it alone holds; not while a job, as after a restart of the
 *     coordinator, still has to hear what that is.
 * C4. A worker that speaks of a job that is not running is told to close it; one that joins is told which jobs there are,
 *     so that it frees what it holds of others.
 * C6. A job that has ended is not taken up again, though it may stand in the journal: it ended while that was written.
 */
import { assign, fromPromise, setup } from "xstate";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { Address } from "../../runtime/transport/transport.ts";
import type { JobDescription } from "../job/messages.ts";
import { type Member, type MembershipFact, workerAt } from "../membership/messages.ts";
import { RELEASE_INTERVAL_MS } from "../options.ts";
import type { WorkerCommand, WorkerFact, WorkerTale } from "../worker/messages.ts";
import { type CoordinatorCommand, JOB_LOG_PREFIX, jobLog } from "./messages.ts";

export interface CoordinatorInput {
  /** Takes the actor's address; called when it runs. */
  readonly listen: () => void;
  readonly journal: Journal;
  readonly encodeJob: (job: JobDescription) => Uint8Array;
  readonly decodeJob: (payload: Uint8Array) => JobDescription;
  /** Asks the membership who is there. */
  readonly askMembers: () => void;
  readonly hasEnded: (job: string) => boolean;
  /** Starts a job's actor under its supervisor; does nothing if it has one, or the job has ended. */
  readonly startJob: (job: JobDescription, members: readonly Member[]) => void;
  /** Ends a job's actor and its output. */
  readonly stopJob: (job: string) => void;
  readonly sendToJob: (job: string, event: (WorkerFact & { readonly worker: string }) | MembershipFact) => void;
  readonly sendToOutput: (job: string, fact: WorkerFact & { readonly worker: string }) => void;
  readonly sendToWorker: (worker: string, command: WorkerCommand) => void;
  /** The journal cannot be read or written: nothing can be accepted. */
  readonly tellFailed: (error: unknown) => void;
  /** Whether a job that was started needs something that this worker alone holds, or may do so. */
  readonly isNeeded: (member: Member) => boolean;
  /** Called again and again: for what nobody tells, such as that nothing happens. */
  readonly lookAfterJobs: () => void;
  /** Told of every change of the members. */
  readonly noteMembers: (members: ReadonlyMap<string, Member>, change: MembershipFact) => void;
  /** Told of all that workers tell of jobs that run. */
  readonly noteFact?: (fact: WorkerFact & { readonly worker: string }) => void;
  /** A worker tells what happened to it. */
  readonly noteTale?: (worker: string, tale: WorkerTale["tale"]) => void;
}

interface Context extends CoordinatorInput {
  readonly jobs: Map<string, JobDescription>;
  readonly members: Map<string, Member>;
  /** Journaled, and waiting for the members to gather. */
  readonly waiting: Map<string, JobDescription>;
  gathered: boolean;
  /** Forgotten before they were journaled. */
  readonly forgotten: Set<string>;
  /** Submissions that came before the journal was read. */
  held: CoordinatorCommand[];
}

type Event =
  | CoordinatorCommand
  | MembershipFact
  | (WorkerFact & { readonly from: Address })
  | (WorkerTale & { readonly from: Address })
  | { readonly type: "job.journaled"; readonly description: JobDescription }
  | { readonly type: "job.refused"; readonly error: unknown };

interface ReadJobs {
  readonly journal: Journal;
  readonly decodeJob: (payload: Uint8Array) => JobDescription;
}

const readJobs = fromPromise<JobDescription[], ReadJobs>(async ({ input: { journal, decodeJob } }) => {
  const jobs: JobDescription[] = [];
  for (const actor of await journal.actors(JOB_LOG_PREFIX)) {
    for (const { payload } of await journal.read(actor)) jobs.push(decodeJob(payload));
  }
  return jobs;
});

function start(context: Context, job: JobDescription): void {
  context.jobs.set(job.id, job);
  if (context.gathered) context.startJob(job, [...context.members.values()]);
  else context.waiting.set(job.id, job);
}

function noteMember(context: Context, event: MembershipFact): void {
  if (event.type === "member.joined" || event.type === "member.changed") {
    context.members.set(event.member.id, event.member);
  } else if (event.type === "member.lost") context.members.delete(event.worker);
  context.noteMembers(context.members, event);
}

/** C4. */
function tellJobs(context: Context, worker: string): void {
  context.sendToWorker(worker, { type: "worker.keep", jobs: [...context.jobs.keys()] });
}

export const coordinatorMachine = setup({
  types: { context: {} as Context, input: {} as CoordinatorInput, events: {} as Event },
  actors: { readJobs },
  delays: { release: RELEASE_INTERVAL_MS },
  actions: {
    submit: ({ context, event, self }) => {
      if (event.type !== "coordinator.submit") return;
      const { job } = event;
      if (context.jobs.has(job.id)) return;
      context.journal.commit([{ actor: jobLog(job.id), payload: context.encodeJob(job) }]).then(
        () => self.send({ type: "job.journaled", description: job }),
        (error: unknown) => self.send({ type: "job.refused", error }),
      );
    },
    forget: ({ context, event }) => {
      if (event.type !== "coordinator.forget") return;
      if (!context.jobs.delete(event.job)) context.forgotten.add(event.job);
      context.waiting.delete(event.job);
      context.stopJob(event.job);
      for (const worker of context.members.keys()) {
        context.sendToWorker(worker, { type: "worker.close", job: event.job });
      }
    },
    hold: ({ context, event }) => {
      if (event.type === "coordinator.submit" || event.type === "coordinator.forget") context.held.push(event);
    },
    release: ({ context, self }) => {
      for (const command of context.held.splice(0)) self.send(command);
    },
    restart: ({ context }) => {
      for (const job of context.jobs.values()) start(context, job);
    },
    start: ({ context, event }) => {
      if (event.type !== "job.journaled" || context.forgotten.has(event.description.id)) return;
      start(context, event.description);
    },
    noteMember: ({ context, event }) => {
      noteMember(context, event as MembershipFact);
      if (event.type === "member.gathered") {
        context.gathered = true;
        for (const job of context.waiting.values()) start(context, job);
        context.waiting.clear();
        return;
      }
      for (const job of context.jobs.keys()) context.sendToJob(job, event as MembershipFact);
    },
    route: ({ context, event }) => {
      if (!("job" in event) || typeof event.job !== "string" || !("from" in event)) return;
      const worker = workerAt(event.from);
      if (worker === undefined) return;
      const fact = { ...(event as WorkerFact), worker };
      if (context.jobs.has(event.job)) context.noteFact?.(fact);
      if (!context.jobs.has(event.job)) context.sendToWorker(worker, { type: "worker.close", job: event.job });
      else if (fact.type === "output.done" || fact.type === "output.failed") context.sendToOutput(event.job, fact);
      else context.sendToJob(event.job, fact);
    },
    noteTale: ({ context, event }) => {
      const worker = event.type === "worker.tale" ? workerAt(event.from) : undefined;
      if (worker !== undefined && event.type === "worker.tale") context.noteTale?.(worker, event.tale);
    },
    releaseDrained: ({ context }) => {
      if (!context.gathered) return; // Its jobs wait.
      for (const member of context.members.values()) {
        const isDone = member.draining && !context.isNeeded(member);
        if (isDone) context.sendToWorker(member.id, { type: "worker.release" });
      }
    },
    lookAfterJobs: ({ context }) => context.lookAfterJobs(),
    tellJobs: ({ context, event }) => {
      const workers = event.type === "member.joined" ? [event.member.id] : context.members.keys();
      for (const worker of workers) tellJobs(context, worker);
    },
    tellFailed: ({ context, event }) => context.tellFailed((event as { readonly error?: unknown }).error),
  },
}).createMachine({
  id: "coordinator",
  context: ({ input }) => ({
    ...input,
    jobs: new Map(),
    members: new Map(),
    waiting: new Map(),
    gathered: false,
    forgotten: new Set(),
    held: [],
  }),
  initial: "recovering",
  entry: ({ context }) => {
    context.listen();
    context.askMembers();
  },
  states: {
    recovering: {
      invoke: {
        src: "readJobs",
        input: ({ context: { journal, decodeJob } }) => ({ journal, decodeJob }),
        onDone: {
          target: "serving",
          actions: assign(({ context, event }) => {
            // C6.
            for (const job of event.output) if (!context.hasEnded(job.id)) start(context, job);
            return {};
          }),
        },
        onError: { target: "failed", actions: "tellFailed" },
      },
      // What a worker tells before jobs are known, it is asked for again by the job.
      on: {
        "coordinator.submit": { actions: "hold" },
        "coordinator.forget": { actions: "hold" },
        "member.*": { actions: "noteMember" },
      },
    },
    serving: {
      entry: ["release", "tellJobs"],
      on: {
        "worker.tale": { actions: "noteTale" },
        "coordinator.submit": { actions: "submit" },
        "coordinator.forget": { actions: "forget" },
        "coordinator.restart": { actions: "restart" },
        // Before its jobs are opened there.
        "member.joined": { actions: ["tellJobs", "noteMember"] },
        "member.*": { actions: "noteMember" },
        "job.journaled": { actions: "start" },
        "job.refused": { target: "failed", actions: "tellFailed" },
        "*": { actions: "route" },
      },
      initial: "pacing",
      states: {
        pacing: {
          after: { release: { target: "pacing", reenter: true, actions: ["releaseDrained", "lookAfterJobs"] } },
        },
      },
    },
    failed: {},
  },
});
