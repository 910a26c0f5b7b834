/**
 * The supervision tree of one process, readable on one screen; the only file that knows every machine.
 *
 *   root (rest_for_one)
 *    ├─ executors (one_for_one) ── executor 0 … n-1   threads
 *    ├─ pool                       tasks to executors
 *    ├─ partitions (one_for_one) ─ partition          one actor a (job, index)
 *    ├─ worker                     opens jobs, starts partitions
 *    ├─ coordinator                knows jobs
 *    ├─ outputs (one_for_one) ──── output             one a job
 *    └─ jobs (one_for_one) ─────── job
 *
 * What stands later depends on what stands before: it is restarted with it, and finds everything in the journal.
 */
import assert from "node:assert/strict";
import { type AnyActorRef, createActor } from "xstate";
import type { Clock } from "../runtime/clock.ts";
import { type HeartbeatMonitor, startHeartbeatMonitor } from "../runtime/failure/heartbeat-monitor.ts";
import { type Incarnation, toIncarnation, toTerm } from "../runtime/identity.ts";
import type { Journal } from "../runtime/journal/journal.ts";
import type { Random } from "../runtime/random.ts";
import { childRef, type SupervisorRef, supervisorLogic } from "../runtime/supervision/machine.ts";
import type { SupervisorCommand, SupervisorNotice } from "../runtime/supervision/messages.ts";
import { type ChildSpecification, type Intensity, specifyChild } from "../runtime/supervision/specification.ts";
import { createLoopbackTransport } from "../runtime/transport/loopback-transport.ts";
import type { Endpoint } from "../runtime/transport/transport.ts";
import { coordinatorMachine } from "./coordinator/machine.ts";
import { executorMachine } from "./executor/machine.ts";
import type { ThreadInput } from "./executor/messages.ts";
import { executorId, poolMachine } from "./executor-pool/machine.ts";
import { type JobOutcome, jobMachine } from "./job/machine.ts";
import type { JobDescription, OutputOrder } from "./job/messages.ts";
import { JobProgress } from "./job/progress.ts";
import { MESSAGES_IN_FLIGHT_MAX, OUTPUT_RANGES_IN_FLIGHT_MAX, PARTITION_DEAD_AFTER_MS } from "./options.ts";
import { outputMachine } from "./output/machine.ts";
import type { OutputTotals } from "./output/messages.ts";
import type { OutputPort } from "./output/output-port.ts";
import { partitionMachine } from "./partition/machine.ts";
import { workerMachine } from "./worker/machine.ts";

export interface TreeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly executorCount: number;
  readonly thread: Omit<ThreadInput, "progress">;
  /** Where a job's results go; called once a start of its output. */
  readonly outputOf: (job: string) => { readonly port: OutputPort; readonly rejectsPort: OutputPort | undefined };
  readonly onOutcome: (job: string, outcome: JobOutcome) => void;
  /** A supervisor gave up, or the coordinator's journal failed: no job can end. */
  readonly onBroken: (error: unknown) => void;
  readonly onNotice?: (supervisor: string, notice: SupervisorNotice) => void;
  /** Restarts of one child within the supervisors' window; more end its supervisor. For runs that kill on purpose. */
  readonly restartsMax?: number;
}

/** What is going on, for progress displays; each map is by job id. */
export interface TreeView {
  readonly progress: ReadonlyMap<string, JobProgress>;
  readonly output: ReadonlyMap<string, OutputTotals>;
  /** Commits that journals of an earlier process held. */
  readonly takenOver: ReadonlyMap<string, number>;
}

export interface Tree {
  readonly view: TreeView;
  submit(job: JobDescription): void;
  /** Names of everything that can be killed, as `supervisor/child`. */
  children(): string[];
  /** Reports a child as lost to its supervisor, which restarts it: for chaos and tests. */
  kill(child: string, reason: string): void;
  /** Stops everything, in reverse order of the picture above. */
  stop(): Promise<void>;
}

export function startTree(options: TreeOptions): Tree {
  return new RunningTree(options);
}

/** Any actor's event; whoever receives it has typed it. */
interface Message {
  readonly type: string;
  readonly [detail: string]: unknown;
}

/** Who speaks over the transport; the other one is the peer. */
type PeerName = "coordinator" | "worker";

interface PartitionName {
  readonly job: string;
  readonly partition: number;
}

class RunningTree implements Tree {
  readonly view = {
    progress: new Map<string, JobProgress>(),
    output: new Map<string, OutputTotals>(),
    takenOver: new Map<string, number>(),
  };
  readonly #options: TreeOptions;
  readonly #root: SupervisorRef;
  readonly #executorMonitor: HeartbeatMonitor;
  readonly #partitionMonitor: HeartbeatMonitor;
  /** Children that run now, as `supervisor/child`, with their incarnations. */
  readonly #running = new Map<string, number>();
  /** Partitions that have been started and not stopped: a supervisor looks after them. */
  readonly #partitions = new Map<string, PartitionName>();
  readonly #transport = createLoopbackTransport({ unacknowledgedMax: MESSAGES_IN_FLIGHT_MAX });
  readonly #endpoints = new Map<PeerName, Endpoint>();
  #poolCount = 0;

  constructor(options: TreeOptions) {
    this.#options = options;
    const { clock, random } = options;
    const report =
      (supervisor: string) => (transition: { id: string; incarnation?: number; to: string; reason: string }) => {
        if (transition.to !== "dead" && transition.to !== "hung") return;
        const { id, incarnation = 0, reason } = transition;
        this.#send(supervisor, { type: "child.lost", id, incarnation, reason });
      };
    this.#executorMonitor = startHeartbeatMonitor({ clock, onTransition: report("executors") });
    this.#partitionMonitor = startHeartbeatMonitor({
      clock,
      onTransition: report("partitions"),
      options: { deadAfterMs: PARTITION_DEAD_AFTER_MS, hungAfterMs: Number.POSITIVE_INFINITY },
    });
    const children = [
      this.#supervisor("executors"),
      this.#pool(),
      this.#supervisor("partitions"),
      this.#worker(),
      this.#coordinator(),
      this.#supervisor("outputs"),
      this.#supervisor("jobs"),
    ];
    const observer = (notice: SupervisorNotice): void => this.#noteRoot(notice);
    const intensity = this.#intensity();
    const input = { clock, random, strategy: "rest_for_one", children, observer, intensity } as const;
    this.#root = createActor(supervisorLogic, { input, clock });
    this.#root.subscribe({ error: options.onBroken });
    this.#root.start();
  }

  submit(job: JobDescription): void {
    this.#send("coordinator", { type: "coordinator.submit", job });
  }

  children(): string[] {
    return [...this.#running.keys()];
  }

  kill(child: string, reason: string): void {
    const incarnation = this.#running.get(child);
    const [supervisor, ...id] = child.split("/");
    if (incarnation === undefined) return;
    const event: SupervisorCommand = { type: "child.lost", id: id.join("/"), incarnation, reason };
    if (supervisor === "root") this.#root.send(event);
    else this.#send(supervisor, event);
  }

  async stop(): Promise<void> {
    this.#executorMonitor.stop();
    this.#partitionMonitor.stop();
    this.#transport.close();
    if (this.#root.getSnapshot().status !== "active") return;
    await new Promise<void>((resolve) => {
      this.#root.subscribe({ complete: resolve, error: () => resolve() });
      this.#root.send({ type: "supervisor.stop" });
    });
  }

  #find(name: string): AnyActorRef | undefined {
    return childRef(this.#root.getSnapshot(), name);
  }

  /** What an actor that is being restarted would have been told is dropped: it asks for everything anew. */
  #send(name: string, event: Message): void {
    this.#find(name)?.send(event);
  }

  #sendBelow(supervisor: string, id: string, event: Message): void {
    const reference = this.#find(supervisor) as SupervisorRef | undefined;
    if (reference !== undefined) childRef(reference.getSnapshot(), id)?.send(event);
  }

  /** Gives a new life of an actor its address; what was sent to the life before and not acknowledged comes to it. */
  #listen(address: PeerName, incarnation: number): void {
    const fence = { term: toTerm(1), incarnation: toIncarnation(incarnation) };
    const endpoint = this.#transport.createEndpoint(address, fence, {
      receive: ({ envelope, acknowledge }) => {
        this.#send(address, envelope.message as Message);
        acknowledge();
      },
      signalled: () => {},
      // In one process a peer that is gone is a child that its supervisor restarts.
      disconnected: () => {},
      fenced: () => {},
    });
    this.#endpoints.set(address, endpoint);
  }

  #tellPeer(from: PeerName, to: PeerName, message: Message): void {
    const outcome = this.#endpoints.get(from)?.send(to, message);
    assert(outcome !== "full", `more than ${MESSAGES_IN_FLIGHT_MAX} messages wait for the ${to}`);
  }

  #supervisor(id: string): ChildSpecification {
    const { clock, random } = this.#options;
    const observer = (notice: SupervisorNotice): void => this.#note(id, notice);
    const intensity = this.#intensity();
    return specifyChild({ id, logic: supervisorLogic, input: () => ({ clock, random, observer, intensity }) });
  }

  #intensity(): Partial<Intensity> {
    const { restartsMax } = this.#options;
    return restartsMax === undefined ? {} : { restartsMax };
  }

  #noteRoot(notice: SupervisorNotice): void {
    this.#note("root", notice);
    if (notice.type === "child.exited") {
      for (const child of [...this.#running.keys()]) {
        if (child.startsWith(`${notice.id}/`)) this.#running.delete(child);
      }
      if (notice.id === "partitions") this.#partitions.clear();
    }
    // A supervisor that gave up has a story of its own; to begin it again from the start would only make it longer.
    if (notice.type === "child.exited" && notice.reason.kind === "crashed") {
      if (["executors", "partitions", "outputs", "jobs"].includes(notice.id))
        this.#options.onBroken(notice.reason.error);
    }
  }

  #note(supervisor: string, notice: SupervisorNotice): void {
    if (notice.type === "child.started") {
      this.#running.set(`${supervisor}/${notice.id}`, notice.incarnation);
      if (supervisor === "partitions") this.#partitionMonitor.watch(notice.id);
    }
    if (notice.type === "child.exited") {
      const { id, incarnation, reason } = notice;
      this.#running.delete(`${supervisor}/${id}`);
      if (supervisor === "partitions") this.#partitionMonitor.forget(id);
      if (supervisor === "executors") {
        const index = Number(id.slice(id.lastIndexOf("-") + 1));
        this.#send("pool", { type: "executor.lost", index, incarnation, reason: exitReason(reason) });
      }
    }
    this.#options.onNotice?.(supervisor, notice);
  }

  #pool(): ChildSpecification {
    const { thread } = this.#options;
    const tell = (event: Message): void => this.#send("pool", event);
    return specifyChild({
      id: "pool",
      logic: poolMachine,
      input: () => {
        this.#poolCount += 1;
        return {
          executorCount: this.#options.executorCount,
          monitor: this.#executorMonitor,
          firstTicket: this.#poolCount * 2 ** 40,
          startExecutor: (index) => {
            const input = (incarnation: number) => {
              const segmentName = `${thread.segmentName}-e${index}-i${incarnation}`;
              return { index, incarnation, thread: { ...thread, segmentName }, tell };
            };
            const specification = specifyChild({ id: executorId(index), logic: executorMachine, input, shutdownMs: 0 });
            this.#send("executors", { type: "child.start", specification });
          },
          announceExecutors: () => {
            const executors = [...this.#running.keys()].filter((child) => child.startsWith("executors/"));
            for (const child of executors) {
              this.#sendBelow("executors", child.slice("executors/".length), { type: "executor.announce" });
            }
            return executors.length;
          },
          reportProgress: (index, incarnation) => {
            this.#send("executors", { type: "child.progressed", id: executorId(index), incarnation });
          },
        };
      },
    });
  }

  #worker(): ChildSpecification {
    const { journal } = this.#options;
    return specifyChild({
      id: "worker",
      logic: workerMachine,
      input: (incarnation) => ({
        listen: () => this.#listen("worker", incarnation),
        journal,
        pool: { send: (command) => this.#send("pool", command) },
        startPartition: (job, partition) => this.#startPartition({ job, partition }),
        stopPartitions: (job) => {
          for (const [id, name] of this.#partitions) {
            if (name.job !== job) continue;
            this.#partitions.delete(id);
            this.#send("partitions", { type: "child.stop", id });
          }
        },
        sendToPartition: (job, partition, command) =>
          this.#sendBelow("partitions", partitionId({ job, partition }), command),
        runningPartitions: () => [...this.#partitions.values()],
        tell: (fact) => this.#tellPeer("worker", "coordinator", fact),
      }),
    });
  }

  #startPartition(name: PartitionName): boolean {
    const id = partitionId(name);
    if (this.#partitions.has(id)) return false;
    this.#partitions.set(id, name);
    const { journal } = this.#options;
    const { job, partition } = name;
    const specification = specifyChild({
      id,
      logic: partitionMachine,
      input: (incarnation) => ({
        job,
        partition,
        incarnation: incarnation as Incarnation,
        journal,
        pool: { send: (command) => this.#send("pool", command) },
        tell: (fact) => this.#tellPeer("worker", "coordinator", { ...fact, job }),
        reportProgress: () => this.#send("partitions", { type: "child.progressed", id, incarnation }),
        beat: ({ progress, busy }) => {
          this.#partitionMonitor.beat({ id, incarnation, progress, busy, term: 0, eventLoopLagMs: 0 });
        },
      }),
    });
    this.#send("partitions", { type: "child.start", specification });
    return true;
  }

  #coordinator(): ChildSpecification {
    const { journal, onBroken } = this.#options;
    return specifyChild({
      id: "coordinator",
      logic: coordinatorMachine,
      input: (incarnation) => ({
        listen: () => this.#listen("coordinator", incarnation),
        journal,
        startJob: (job) => this.#startJob(job),
        sendToJob: (job, fact) => this.#sendBelow("jobs", job, fact),
        tellFailed: onBroken,
      }),
    });
  }

  #startJob(job: JobDescription): void {
    const { onOutcome } = this.#options;
    const specification = specifyChild({
      id: job.id,
      logic: jobMachine,
      input: (incarnation) => {
        const progress = new JobProgress(job);
        this.view.progress.set(job.id, progress);
        return {
          job,
          progress,
          send: (command) => this.#tellPeer("coordinator", "worker", command),
          startOutput: (order) => this.#startOutput(job, order),
          sendToOutput: (fact) => this.#sendBelow("outputs", job.id, fact),
          noteTakenOver: (count) => {
            // What a later incarnation finds was committed by this process.
            if (incarnation === 1) this.view.takenOver.set(job.id, (this.view.takenOver.get(job.id) ?? 0) + count);
          },
          tell: (outcome) => onOutcome(job.id, outcome),
        };
      },
    });
    this.#send("jobs", { type: "child.start", specification });
  }

  #startOutput(job: JobDescription, order: OutputOrder): void {
    const { journal, outputOf, executorCount, thread } = this.#options;
    const specification = specifyChild({
      id: job.id,
      logic: outputMachine,
      input: () => ({
        job,
        ...order,
        ...outputOf(job.id),
        journal,
        segmentDirectory: thread.segmentDirectory,
        inFlightMax: executorCount * OUTPUT_RANGES_IN_FLIGHT_MAX,
        submit: (tag, task) =>
          this.#tellPeer("coordinator", "worker", { type: "worker.runOutput", job: job.id, tag, task }),
        tell: (fact) => {
          if ("totals" in fact) this.view.output.set(job.id, fact.totals);
          this.#sendBelow("jobs", job.id, fact);
        },
      }),
    });
    this.#send("outputs", { type: "child.start", specification });
  }
}

function partitionId({ job, partition }: PartitionName): string {
  return `${job}/${partition}`;
}

function exitReason(reason: { readonly kind: string; readonly error?: unknown; readonly reason?: string }): string {
  return reason.reason ?? (reason.error instanceof Error ? reason.error.message : reason.kind);
}
