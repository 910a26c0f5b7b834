/**
 * Directs a cluster: what its askers see of jobs and workers, and what they can have done.
 *
 * Owns: the way from what the coordinator's side tells to what people are told; the output ports of jobs.
 * Never: speaks to a worker: the coordinator's side does.
 */
import path from "node:path";
import type { Clock, TimerHandle } from "../../runtime/clock.ts";
import type { Term } from "../../runtime/identity.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { WallClock } from "../../runtime/wall-clock.ts";
import type { JobDescription, JobOutcome, TaskRace } from "../job/messages.ts";
import type { MembershipFact } from "../membership/messages.ts";
import type { OutputTotals } from "../output/messages.ts";
import type { OutputPort } from "../output/output-port.ts";
import type { WorkerCommand, WorkerFact, WorkerTale } from "../worker/messages.ts";
import { type KnownFunctions, type Places, type PrepareJob, resultsDirectory } from "./accept-submission.ts";
import type {
  ClusterControl,
  JobResult,
  JobStatus,
  ResultPart,
  StoryEvent,
  SubmitRequest,
  WorkerStatus,
} from "./control.ts";
import { JobDesk, type JobLimits } from "./job-desk.ts";
import { type JobCodec, type JobCounts, type JobFigures, JobRecords } from "./job-record.ts";
import type { StoryBook } from "./story-book.ts";
import { taleOfFact, taleOfMember, taleOfRace } from "./tell-tales.ts";
import { WorkerBook } from "./worker-book.ts";

export interface DirectorOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly term: Term;
  readonly story: StoryBook;
  readonly limits: JobLimits;
  readonly places: Places;
  readonly wallClock: WallClock;
  readonly prepare: PrepareJob;
  readonly functions?: KnownFunctions;
  readonly codec: JobCodec;
  /** Hexadecimal, of so many bytes; never given out twice. */
  readonly newId: (byteCount: number) => string;
  /** Writes a job's result to a file. */
  readonly portTo: (file: string, job: string) => OutputPort;
  readonly fail: (error: unknown) => void;
  readonly onCommitted: () => void;
}

/** What of the coordinator's side is steered from here. */
export interface DirectedSide {
  readonly view: {
    readonly progress: ReadonlyMap<string, JobView>;
    readonly output: ReadonlyMap<string, OutputTotals>;
    readonly repairs: ReadonlyMap<string, Readonly<Record<"lost" | "damaged" | "orphaned", number>>>;
    readonly takenOver: ReadonlyMap<string, number>;
    readonly waits: ReadonlyMap<string, string>;
  };
  submit(job: JobDescription): void;
  forget(job: string): void;
  drain(worker: string): Promise<void>;
}

interface JobView {
  totals(): Omit<JobFigures, keyof JobCounts | "outputBytes">;
}

interface JobPorts {
  readonly port: OutputPort;
  readonly rejectsPort: OutputPort | undefined;
}

const SWEEP_INTERVAL_MS = 60_000;
/** What is counted in between, a coordinator that dies has counted for nobody. */
const COUNT_INTERVAL_MS = 2_000;

export class ClusterDirector implements ClusterControl {
  readonly term: number;
  readonly #options: DirectorOptions;
  readonly #workers: WorkerBook;
  readonly #desk: JobDesk;
  readonly #ports = new Map<string, JobPorts>();
  readonly #timers = new Map<string, TimerHandle>();
  #side: DirectedSide | undefined;
  #isReady = false;

  constructor(options: DirectorOptions) {
    const { clock, wallClock, journal, limits, places, prepare, newId, story, fail, term } = options;
    this.#options = options;
    this.term = term;
    this.#workers = new WorkerBook(clock, wallClock);
    this.#desk = new JobDesk({
      ...{
        records: new JobRecords(journal, options.codec),
        places,
        limits,
        wallClock,
        prepare,
        newId,
        functions: options.functions,
        onBroken: fail,
      },
      start: (job) => {
        this.#side?.submit(job);
      },
      stop: (id) => this.#stopJob(id),
      figuresOf: (id) => this.#figuresOf(id),
      placeOf: (worker) => this.#workers.placeOf(worker),
      isWaiting: (id) => this.#side?.view.waits.has(id) === true,
      tell: (tale) => story.tell(tale),
    });
  }

  /** Before the coordinator's side starts. Errors: those of `open`. */
  async read(): Promise<void> {
    await this.#desk.read();
  }

  /** Goes on with the jobs of an earlier coordinator. Errors: those of the journal; JOB_OF_ANOTHER_VERSION. */
  async open(side: DirectedSide): Promise<void> {
    this.#side = side;
    await this.#desk.open();
    this.#isReady = true;
    this.#every("sweep", SWEEP_INTERVAL_MS, () => void this.#desk.sweep().catch(this.#options.fail));
    this.#every("count", COUNT_INTERVAL_MS, () => void this.#desk.noteCounts().catch(this.#options.fail));
  }

  close(): void {
    this.#isReady = false;
    for (const timer of this.#timers.values()) this.#options.clock.clearTimeout(timer);
  }

  async closePorts(): Promise<void> {
    for (const { port, rejectsPort } of this.#ports.values()) {
      await port.close();
      await rejectsPort?.close();
    }
  }

  // What the coordinator's side asks and tells.

  portsOf(id: string): JobPorts {
    const known = this.#ports.get(id);
    if (known !== undefined) return known;
    const record = this.#desk.record(id);
    const portTo = (file: string): OutputPort => this.#options.portTo(file, id);
    const ports: JobPorts = {
      // Without a record, which was damaged, its result is nobody's; it must not lie where anybody else's may.
      port: portTo(record?.resultFile ?? path.join(resultsDirectory(this.#options.places.dataDirectory), id)),
      rejectsPort: record?.rejectsFile === undefined ? undefined : portTo(record.rejectsFile),
    };
    this.#ports.set(id, ports);
    return ports;
  }

  ended(id: string, outcome: JobOutcome): void {
    this.#desk.ended(id, outcome);
  }

  membersChanged(change: MembershipFact): void {
    const tale = taleOfMember(change, this.#workers.note(change));
    if (tale !== undefined) this.#options.story.tell(tale);
  }

  beatHeard(worker: string): void {
    this.#workers.heard(worker);
  }

  workerCommanded(worker: string, command: WorkerCommand): void {
    this.#workers.commanded(worker, command);
  }

  workerTold(fact: WorkerFact & { readonly worker: string }): void {
    this.#workers.told(fact);
    if (fact.type === "task.committed") this.#options.onCommitted();
    const tale = taleOfFact(fact);
    if (tale !== undefined) this.#options.story.tell(tale);
  }

  jobWaits(job: string, reason: string): void {
    this.#options.story.tell({ kind: "job.waiting", message: `job ${job} waits for a worker: ${reason}`, job });
  }

  raceEnded(job: string, race: TaskRace): void {
    this.#options.story.tell(taleOfRace(job, race));
  }

  taleTold(worker: string, tale: WorkerTale["tale"]): void {
    this.#options.story.tell({ ...tale, worker });
  }

  // What askers want.

  get isReady(): boolean {
    return this.#isReady;
  }

  async submit(request: SubmitRequest): Promise<JobStatus> {
    return await this.#desk.submit(request);
  }

  jobs(): readonly JobStatus[] {
    return this.#desk.statuses();
  }

  job(id: string): JobStatus | undefined {
    return this.#desk.status(id);
  }

  async cancel(id: string): Promise<JobStatus> {
    return await this.#desk.cancel(id);
  }

  result(id: string, part: ResultPart = "output"): JobResult {
    return this.#desk.result(id, part);
  }

  workers(): readonly WorkerStatus[] {
    return this.#workers.statuses();
  }

  /** Resolves when it is journaled. */
  async drain(id: string): Promise<WorkerStatus> {
    const status = this.#workers.status(id);
    if (status.state === "left") return status;
    await this.#side?.drain(id);
    return status.state === "alive" ? { ...status, state: "draining" } : status;
  }

  /** That of a job has what happened to workers while it ran. */
  story(job?: string): readonly StoryEvent[] {
    const events = this.#options.story.events();
    if (job === undefined) return events;
    const record = this.#desk.record(job);
    const isMeanwhile = (time: string): boolean =>
      record?.startedAt !== undefined &&
      time >= record.startedAt &&
      (record.endedAt === undefined || time <= record.endedAt);
    return events.filter((event) => event.job === job || (event.job === undefined && isMeanwhile(event.time)));
  }

  subscribe(listener: (event: StoryEvent) => void): () => void {
    return this.#options.story.subscribe(listener);
  }

  #stopJob(id: string): void {
    this.#side?.forget(id);
    const ports = this.#ports.get(id);
    this.#ports.delete(id);
    // What did not appear goes; of what did, nothing is left to discard.
    for (const port of [ports?.port, ports?.rejectsPort]) {
      port?.discard().then(
        // One of them may have appeared just before.
        () => this.#desk.clearResult(id),
        (error: unknown) => {
          const message = `temporary output of job ${id} cannot be removed: ${String(error)}`;
          this.#options.story.tell({ kind: "output.left", message, job: id });
        },
      );
    }
  }

  #figuresOf(id: string): JobFigures {
    const view = this.#side?.view;
    const totals = view?.progress.get(id)?.totals();
    const repairs = view?.repairs.get(id);
    const output = view?.output.get(id);
    return {
      stage: totals?.stage ?? 0,
      tasksDone: totals?.tasksDone ?? 0,
      tasksOfStage: totals?.tasksOfStage ?? 0,
      pairsIn: totals?.pairsIn ?? 0,
      pairsOut: output?.pairsWritten ?? 0,
      rejected: totals?.rejected ?? 0,
      shuffledBytes: totals?.shuffledBytes ?? 0,
      tasksCommitted: totals?.tasksCommitted ?? 0,
      bytesRead: totals?.bytesRead ?? 0,
      tasksTakenOver: view?.takenOver.get(id) ?? 0,
      tasksRepeated: (repairs?.lost ?? 0) + (repairs?.damaged ?? 0) + (repairs?.orphaned ?? 0),
      restarts: this.#options.story.restartsOf(id),
      outputBytes: output?.bytesWritten ?? 0,
    };
  }

  #every(name: string, intervalMs: number, action: () => void): void {
    const { clock } = this.#options;
    const turn = (): void => {
      this.#timers.set(name, clock.setTimeout(turn, intervalMs));
      action();
    };
    this.#timers.set(name, clock.setTimeout(turn, intervalMs));
  }
}
