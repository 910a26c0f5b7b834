/**
 * The supervision tree of one process; the only file that knows every machine.
 *
 *   root (rest_for_one)
 *    ├─ executors (one_for_one) ── executor 0 … n-1   threads that run kernels
 *    ├─ pool                       tasks to executors
 *    ├─ partitions (one_for_one) ─ partition          one actor a (job, index)
 *    ├─ worker                     opens jobs, starts partitions
 *    ├─ coordinator                knows jobs
 *    ├─ outputs (one_for_one) ──── output             one a job
 *    └─ jobs (one_for_one) ─────── job
 *
 * What stands later depends on what stands before: it is restarted with it, and finds everything in the journal.
 */
import { createActor } from "xstate";
import type { Clock } from "../runtime/clock.ts";
import { type Incarnation, toIncarnation } from "../runtime/identity.ts";
import type { Journal } from "../runtime/journal/journal.ts";
import type { Random } from "../runtime/random.ts";
import { type SupervisorRef, supervisorLogic } from "../runtime/supervision/machine.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { type ChildSpecification, type Intensity, specifyChild } from "../runtime/supervision/specification.ts";
import { describeExit } from "../runtime/supervision/supervision-error.ts";
import { coordinatorMachine } from "./coordinator/machine.ts";
import { executorMachine } from "./executor/machine.ts";
import type { ThreadInput } from "./executor/messages.ts";
import { createThreadSource, type ThreadSource } from "./executor/thread-source.ts";
import { executorId, poolMachine } from "./executor-pool/machine.ts";
import { type JobOutcome, jobMachine } from "./job/machine.ts";
import type { JobDescription, OutputOrder } from "./job/messages.ts";
import { JobProgress } from "./job/progress.ts";
import { OUTPUT_RANGES_IN_FLIGHT_MAX } from "./options.ts";
import { outputMachine } from "./output/machine.ts";
import type { OutputTotals } from "./output/messages.ts";
import type { OutputPort } from "./output/output-port.ts";
import { partitionMachine } from "./partition/machine.ts";
import { type Message, Switchboard } from "./switchboard.ts";
import { workerMachine } from "./worker/machine.ts";

export interface TreeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly executorCount: number;
  readonly thread: Omit<ThreadInput, "progress">;
  /** Threads that were started ahead; whoever made the source closes it. Default: each is started when it is needed. */
  readonly threads?: ThreadSource;
  /** Restarts of one child within the supervisors' window; more end its supervisor. For runs that kill on purpose. */
  readonly restartsMax?: number;
  /** Where a job's results go; called at each start of its output. */
  readonly outputOf: (job: string) => { readonly port: OutputPort; readonly rejectsPort: OutputPort | undefined };
  readonly onOutcome: (job: string, outcome: JobOutcome) => void;
  /** A supervisor gave up, or the coordinator's journal failed: no job can end. */
  readonly onBroken: (error: unknown) => void;
  readonly onNotice?: (supervisor: string, notice: SupervisorNotice) => void;
}

/** Tasks that are run again although they had been committed. */
export interface Repairs {
  /** The journal has lost the commit. */
  readonly lost: number;
  /** The journal has the commit, but not all that it refers to is stored as it was written. */
  readonly damaged: number;
}

/** What is going on, for progress displays; each map is by job id. */
export interface TreeView {
  readonly progress: ReadonlyMap<string, JobProgress>;
  readonly output: ReadonlyMap<string, OutputTotals>;
  /** Commits that journals of an earlier process held. */
  readonly takenOver: ReadonlyMap<string, number>;
  /** What was made again because it was damaged or lost. */
  readonly repairs: ReadonlyMap<string, Repairs>;
  /** Tasks handed to executors; one that was lost and handed out again counts again. */
  readonly tasksStarted: ReadonlyMap<string, number>;
}

export interface Tree {
  readonly view: TreeView;
  submit(job: JobDescription): void;
  /** Names of everything that can be killed, as `supervisor/child`. */
  children(): string[];
  /** Reports a child as lost to its supervisor, which restarts it: for chaos and tests. */
  kill(child: string, reason: string): void;
  /** Stops everything, in reverse order of the picture above; resolves when the last thread has ended. */
  stop(): Promise<void>;
}

/** What the specifications of children share. */
interface Plot {
  readonly options: TreeOptions;
  readonly board: Switchboard;
  readonly view: {
    readonly progress: Map<string, JobProgress>;
    readonly output: Map<string, OutputTotals>;
    readonly takenOver: Map<string, number>;
    readonly repairs: Map<string, Repairs>;
    readonly tasksStarted: Map<string, number>;
  };
  /** Ends of threads that are being terminated. */
  readonly endings: Set<Promise<unknown>>;
  /** Partitions that have been started and not stopped: a supervisor looks after them. */
  readonly partitions: Map<string, { readonly job: string; readonly partition: number }>;
  /** Submitted and not ended; a coordinator that died before it journaled one is told of it again. */
  readonly submitted: Map<string, JobDescription>;
  /** Jobs whose outcome has been told: a restarted coordinator finds them in the journal and must not run them again. */
  readonly ended: Set<string>;
}

export function startTree(options: TreeOptions): Tree {
  const { clock, random } = options;
  const intensity = intensityOf(options);
  const board = new Switchboard(clock, (): SupervisorRef => root);
  const view = {
    ...{ progress: new Map(), output: new Map() },
    ...{ takenOver: new Map(), repairs: new Map(), tasksStarted: new Map() },
  };
  const sets = { endings: new Set<Promise<unknown>>(), ended: new Set<string>() };
  const plot: Plot = { options, board, view, ...sets, partitions: new Map(), submitted: new Map() };
  const children = [
    supervisor(plot, "executors"),
    pool(plot),
    supervisor(plot, "partitions"),
    worker(plot),
    coordinator(plot),
    supervisor(plot, "outputs"),
    supervisor(plot, "jobs"),
  ];
  const observer = (notice: SupervisorNotice): void => noteRoot(plot, notice);
  const input = { clock, random, intensity, strategy: "rest_for_one", children, observer } as const;
  const root = createActor(supervisorLogic, { input, clock });
  root.subscribe({ error: options.onBroken });
  root.start();
  return {
    view,
    submit: (job) => {
      plot.submitted.set(job.id, job);
      board.send("coordinator", { type: "coordinator.submit", job });
    },
    children: () => board.children(),
    kill: (child, reason) => board.kill(child, reason),
    stop: async () => {
      board.close();
      if (root.getSnapshot().status === "active") {
        await new Promise<void>((resolve) => {
          root.subscribe({ complete: resolve, error: () => resolve() });
          root.send({ type: "supervisor.stop" });
        });
      }
      await Promise.all(plot.endings);
    },
  };
}

function intensityOf({ restartsMax }: TreeOptions): Partial<Intensity> {
  return restartsMax === undefined ? {} : { restartsMax };
}

function noteRoot({ board, options, partitions, submitted }: Plot, notice: SupervisorNotice): void {
  board.note("root", notice);
  options.onNotice?.("root", notice);
  if (notice.type === "child.started" && notice.id === "coordinator") {
    for (const job of submitted.values()) board.send("coordinator", { type: "coordinator.submit", job });
  }
  // Its jobs went with it, and nobody but the coordinator starts them.
  if (notice.type === "child.started" && notice.id === "jobs")
    board.send("coordinator", { type: "coordinator.restart" });
  if (notice.type !== "child.exited") return;
  if (notice.id === "partitions") partitions.clear();
  // A supervisor that gave up has a story of its own; to begin it again from the start would only make it longer.
  const supervisors = ["executors", "partitions", "outputs", "jobs"];
  if (notice.reason.kind === "crashed" && supervisors.includes(notice.id)) options.onBroken(notice.reason.error);
}

function supervisor({ board, options }: Plot, id: string): ChildSpecification {
  const { clock, random } = options;
  const intensity = intensityOf(options);
  const observer = (notice: SupervisorNotice): void => {
    board.note(id, notice);
    if (id === "executors" && notice.type === "child.exited") {
      const { incarnation } = notice;
      const index = Number(notice.id.slice(executorId("").length));
      board.send("pool", { type: "executor.lost", index, incarnation, reason: describeExit(notice.reason) });
    }
    options.onNotice?.(id, notice);
  };
  return specifyChild({ id, logic: supervisorLogic, input: () => ({ clock, random, intensity, observer }) });
}

function pool({ board, options, view, endings }: Plot): ChildSpecification {
  const { thread, threads: source = createThreadSource(), executorCount } = options;
  const tell = (event: Message): void => board.send("pool", event);
  const noteEnding = (ended: Promise<unknown>): void => {
    endings.add(ended);
    void ended.finally(() => endings.delete(ended)); // Terminating a thread never fails.
  };
  const startExecutor = (index: number): void => {
    const id = executorId(index);
    const input = (incarnation: number) => {
      const segmentName = `${thread.segmentName}-e${index}-i${incarnation}`;
      return { index, incarnation, source, thread: { ...thread, segmentName }, noteEnding, tell };
    };
    const specification = specifyChild({ id, logic: executorMachine, input, shutdownMs: 0 });
    board.start("executors", specification);
  };
  const announceExecutors = (): number => {
    const ids = board.childrenOf("executors");
    for (const id of ids) board.sendBelow("executors", id, { type: "executor.announce" });
    return ids.length;
  };
  const reportProgress = (index: number, incarnation: number): void =>
    board.send("executors", { type: "child.progressed", id: executorId(index), incarnation });
  const noteStarted = (job: string): void => {
    view.tasksStarted.set(job, (view.tasksStarted.get(job) ?? 0) + 1);
  };
  return specifyChild({
    id: "pool",
    logic: poolMachine,
    input: (incarnation) => {
      // Far more than one pool hands out, and exact as a number.
      const firstTicket = incarnation * 2 ** 40;
      const monitor = board.monitors.executors;
      const calls = { startExecutor, announceExecutors, reportProgress, noteStarted };
      return { executorCount, monitor, firstTicket, ...calls };
    },
  });
}

function worker(plot: Plot): ChildSpecification {
  const { board, options, partitions } = plot;
  return specifyChild({
    id: "worker",
    logic: workerMachine,
    input: (incarnation) => ({
      listen: () => board.listen("worker", incarnation),
      journal: options.journal,
      pool: { send: (command) => board.send("pool", command) },
      startPartition: (job, partition) => startPartition(plot, { job, partition }),
      stopPartitions: (job) => {
        for (const [id, name] of partitions) {
          if (name.job !== job) continue;
          partitions.delete(id);
          board.send("partitions", { type: "child.stop", id });
        }
      },
      sendToPartition: (job, partition, command) => board.sendBelow("partitions", `${job}/${partition}`, command),
      runningPartitions: () => [...partitions.values()],
      tell: (fact) => board.tell("worker", "coordinator", fact),
    }),
  });
}

/** False if the partition has an actor already, or one that is being restarted. */
function startPartition({ board, options, partitions }: Plot, name: { job: string; partition: number }): boolean {
  const { job, partition } = name;
  const id = `${job}/${partition}`;
  if (partitions.has(id)) return false;
  partitions.set(id, name);
  const { journal, thread } = options;
  const { segmentDirectory } = thread;
  const input = (life: number) => {
    const incarnation: Incarnation = toIncarnation(life);
    return {
      job,
      partition,
      incarnation,
      journal,
      segmentDirectory,
      pool: { send: (command: Message) => board.send("pool", command) },
      tell: (fact: Message) => board.tell("worker", "coordinator", { ...fact, job }),
      reportProgress: () => board.send("partitions", { type: "child.progressed", id, incarnation }),
      beat: ({ progress, busy }: { progress: number; busy: boolean }) => {
        board.monitors.partitions.beat({ id, incarnation, progress, busy, term: 0, eventLoopLagMs: 0 });
      },
    };
  };
  board.start("partitions", specifyChild({ id, logic: partitionMachine, input }));
  return true;
}

function coordinator(plot: Plot): ChildSpecification {
  const { board, options } = plot;
  return specifyChild({
    id: "coordinator",
    logic: coordinatorMachine,
    input: (incarnation) => ({
      listen: () => board.listen("coordinator", incarnation),
      journal: options.journal,
      startJob: (job) => startJob(plot, job),
      sendToJob: (job, fact) => board.sendBelow("jobs", job, fact),
      sendToOutput: (job, fact) => board.sendBelow("outputs", job, fact),
      tellFailed: options.onBroken,
    }),
  });
}

function startJob(plot: Plot, job: JobDescription): void {
  const { board, options, view } = plot;
  const { id } = job;
  if (plot.ended.has(id)) return;
  const specification = specifyChild({
    id,
    logic: jobMachine,
    input: (incarnation) => {
      const progress = new JobProgress(job);
      view.progress.set(id, progress);
      return {
        job,
        progress,
        send: (command) => board.tell("coordinator", "worker", command),
        startOutput: (order) => startOutput(plot, job, order),
        noteTakenOver: ({ commits, unusable, lost }) => {
          // What a later incarnation finds was committed by this process.
          if (incarnation !== 1) return;
          view.takenOver.set(id, (view.takenOver.get(id) ?? 0) + commits);
          noteRepairs(plot, id, { lost, damaged: unusable });
        },
        noteWithdrawn: (damaged) => noteRepairs(plot, id, { lost: 0, damaged }),
        tell: (outcome) => {
          plot.submitted.delete(id);
          plot.ended.add(id);
          options.onOutcome(id, outcome);
        },
      };
    },
  });
  board.start("jobs", specification);
}

function noteRepairs({ view }: Plot, job: string, { lost, damaged }: Repairs): void {
  const known = view.repairs.get(job) ?? { lost: 0, damaged: 0 };
  view.repairs.set(job, { lost: known.lost + lost, damaged: known.damaged + damaged });
}

function startOutput({ board, options, view }: Plot, job: JobDescription, order: OutputOrder): void {
  const { journal, outputOf, executorCount, thread } = options;
  const specification = specifyChild({
    id: job.id,
    logic: outputMachine,
    input: (incarnation) => ({
      job,
      ...order,
      ...outputOf(job.id),
      journal,
      segmentDirectory: thread.segmentDirectory,
      segmentName: `${thread.segmentName}-${job.id}-o${incarnation}`,
      inFlightMax: executorCount * OUTPUT_RANGES_IN_FLIGHT_MAX,
      submit: (tag, task) => board.tell("coordinator", "worker", { type: "worker.runOutput", job: job.id, tag, task }),
      tell: (fact) => {
        if ("totals" in fact) view.output.set(job.id, fact.totals);
        board.sendBelow("jobs", job.id, fact);
      },
    }),
  });
  board.start("outputs", specification);
  // One that runs already, and waits for bytes that were damaged, goes on with these.
  board.sendBelow("outputs", job.id, { type: "output.order", ...order });
}
