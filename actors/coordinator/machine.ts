/**
 * The coordinator: knows the jobs, starts each under its supervisor, passes on what workers tell.
 *
 * C1. A job is started after it has been journaled, so that a restarted coordinator starts it again.
 * C2. What a worker tells goes to the job that it names, and nowhere else; the end of a task of the output goes to that
 *     job's output, which goes on while its job is being restarted.
 */
import { assign, fromPromise, setup } from "xstate";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { JobDescription } from "../job/messages.ts";
import type { WorkerFact } from "../worker/messages.ts";
import { type CoordinatorCommand, decodeJob, encodeJob, JOB_LOG_PREFIX, jobLog } from "./messages.ts";

export interface CoordinatorInput {
  /** Takes the actor's address; called when it runs. */
  readonly listen: () => void;
  readonly journal: Journal;
  /** Starts a job's actor under its supervisor; does nothing if it has one, or the job has ended. */
  readonly startJob: (job: JobDescription) => void;
  readonly sendToJob: (job: string, fact: WorkerFact) => void;
  readonly sendToOutput: (job: string, fact: WorkerFact) => void;
  /** The journal cannot be read or written: nothing can be accepted. */
  readonly tellFailed: (error: unknown) => void;
}

interface Context extends CoordinatorInput {
  readonly jobs: Map<string, JobDescription>;
  /** Submissions that came before the journal was read. */
  held: CoordinatorCommand[];
}

type Event =
  | CoordinatorCommand
  | WorkerFact
  | { readonly type: "job.journaled"; readonly description: JobDescription }
  | { readonly type: "job.refused"; readonly error: unknown };

const readJobs = fromPromise<JobDescription[], Journal>(async ({ input: journal }) => {
  const jobs: JobDescription[] = [];
  for (const actor of await journal.actors(JOB_LOG_PREFIX)) {
    for (const { payload } of await journal.read(actor)) jobs.push(decodeJob(payload));
  }
  return jobs;
});

export const coordinatorMachine = setup({
  types: { context: {} as Context, input: {} as CoordinatorInput, events: {} as Event },
  actors: { readJobs },
  actions: {
    submit: ({ context, event, self }) => {
      if (event.type !== "coordinator.submit") return;
      const { job } = event;
      if (context.jobs.has(job.id)) return;
      context.journal.commit([{ actor: jobLog(job.id), payload: encodeJob(job) }]).then(
        () => self.send({ type: "job.journaled", description: job }),
        (error: unknown) => self.send({ type: "job.refused", error }),
      );
    },
    hold: ({ context, event }) => {
      if (event.type === "coordinator.submit") context.held.push(event);
    },
    release: ({ context, self }) => {
      for (const command of context.held.splice(0)) self.send(command);
    },
    restart: ({ context }) => {
      for (const job of context.jobs.values()) context.startJob(job);
    },
    start: ({ context, event }) => {
      if (event.type !== "job.journaled") return;
      context.jobs.set(event.description.id, event.description);
      context.startJob(event.description);
    },
    route: ({ context, event }) => {
      if (!("job" in event) || typeof event.job !== "string") return;
      const fact = event as WorkerFact;
      if (fact.type === "output.done" || fact.type === "output.failed") context.sendToOutput(event.job, fact);
      else context.sendToJob(event.job, fact);
    },
    tellFailed: ({ context, event }) => context.tellFailed((event as { readonly error?: unknown }).error),
  },
}).createMachine({
  id: "coordinator",
  context: ({ input }) => ({ ...input, jobs: new Map(), held: [] }),
  initial: "recovering",
  entry: ({ context }) => context.listen(),
  states: {
    recovering: {
      invoke: {
        src: "readJobs",
        input: ({ context }) => context.journal,
        onDone: {
          target: "serving",
          actions: assign(({ context, event }) => {
            for (const job of event.output) {
              context.jobs.set(job.id, job);
              context.startJob(job);
            }
            return {};
          }),
        },
        onError: { target: "failed", actions: "tellFailed" },
      },
      // All jobs are started when the journal has been read.
      on: { "coordinator.submit": { actions: "hold" }, "coordinator.restart": {}, "*": { actions: "route" } },
    },
    serving: {
      entry: "release",
      on: {
        "coordinator.submit": { actions: "submit" },
        "coordinator.restart": { actions: "restart" },
        "job.journaled": { actions: "start" },
        "job.refused": { target: "failed", actions: "tellFailed" },
        "*": { actions: "route" },
      },
    },
    failed: {},
  },
});
