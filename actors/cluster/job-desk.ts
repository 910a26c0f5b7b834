/**
 * The jobs of a cluster: takes them in, starts them in turn, notes how they end, forgets them in time.
 *
 * Owns: the records of jobs, and which of them runs.
 * Never: knows how a job is run: `start`, `stop` and `figuresOf` are told.
 *
 * D1. A change is journaled before anybody hears of it.
 * D2. Jobs begin in the order of their submission, at most `jobsRunningMax` at a time.
 * D3. A job ends once; what is told of it later is ignored.
 * D4. What coordinators count of a job that runs is journaled from time to time: a restarted one goes on counting.
 */
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { RuntimeError } from "../../runtime/errors.ts";
import type { WallClock } from "../../runtime/wall-clock.ts";
import type { JobDescription, JobOutcome } from "../job/messages.ts";
import {
  acceptSubmission,
  type KnownFunctions,
  type Places,
  type PrepareJob,
  resultsDirectory,
} from "./accept-submission.ts";
import { isEnded, type JobResult, type JobStatus, type ResultPart, type SubmitRequest } from "./control.ts";
import {
  addCounts,
  type ClusterJobRecord,
  type JobCounts,
  type JobFigures,
  type JobRecords,
  NO_COUNTS,
} from "./job-record.ts";
import type { Tale } from "./story-book.ts";

export interface JobLimits {
  readonly jobsRunningMax: number;
  readonly jobsQueuedMax: number;
  /** How long a job that has ended is remembered. */
  readonly historyMs: number;
  /** How long a result that goes nowhere else is kept. */
  readonly resultsMs: number;
}

export interface JobDeskOptions {
  readonly records: JobRecords;
  readonly places: Places;
  readonly wallClock: WallClock;
  readonly prepare: PrepareJob;
  readonly functions?: KnownFunctions;
  /** Hexadecimal, of so many bytes; never given out twice. */
  readonly newId: (byteCount: number) => string;
  readonly limits: JobLimits;
  readonly start: (job: JobDescription) => void;
  /** Ends what is left of a job's actors, also one that was never started. */
  readonly stop: (id: string) => void;
  readonly figuresOf: (id: string) => JobFigures;
  /** How a worker is called before people. */
  readonly placeOf: (worker: string) => string;
  /** Whether a job that runs has no worker. */
  readonly isWaiting: (id: string) => boolean;
  readonly tell: (tale: Tale) => void;
  /** The journal failed: nothing can be promised any more. */
  readonly onBroken: (error: unknown) => void;
}

type FailedOutcome = Extract<JobOutcome, { kind: "failed" }>;

interface DeskJob {
  record: ClusterJobRecord;
  /** Undefined: it has ended. */
  job: JobDescription | undefined;
  /** Its end is being journaled, or has been. */
  ending?: Promise<void>;
  /** What earlier coordinators have counted. */
  readonly before: JobCounts;
}

const JOB_ID_BYTES = 8;
/** Of a result or rejects; with a dot before it: that is being written. */
const RESULT_NAME = /^\.?([0-9a-f]{16})\./;
const NO_FIGURES: JobFigures = {
  ...{ stage: 0, tasksDone: 0, tasksOfStage: 0, pairsIn: 0, pairsOut: 0, rejected: 0 },
  ...{ tasksCommitted: 0, bytesRead: 0, shuffledBytes: 0, outputBytes: 0, ...NO_COUNTS },
};

export class JobDesk {
  readonly #options: JobDeskOptions;
  /** In the order of submission. */
  readonly #jobs = new Map<string, DeskJob>();
  #isRead = false;
  /** Submissions that are being journaled, by the submitter's id. */
  readonly #underWay = new Map<string, Promise<JobStatus>>();
  #queuedUnderWay = 0;

  constructor(options: JobDeskOptions) {
    this.#options = options;
  }

  /** Goes on where an earlier coordinator ended. */
  async open(): Promise<void> {
    await this.read();
    for (const known of this.#jobs.values()) {
      if (known.job === undefined && !isEnded(known.record.state)) await this.#giveUp(known);
    }
    this.#clearResults();
    for (const { record, job } of this.#jobs.values()) {
      if (record.state === "running" && job !== undefined) this.#options.start(job);
    }
    this.#startNext();
  }

  /**
   * Reads what an earlier coordinator has journaled, and starts nothing: to be called before any actor of a job can run,
   * since its output is written where its record says. Errors: those of `open`.
   */
  async read(): Promise<void> {
    if (this.#isRead) return;
    this.#isRead = true;
    for (const { record, job } of await this.#options.records.readAll()) {
      this.#jobs.set(record.id, { record, job, before: record.counts ?? NO_COUNTS });
    }
  }

  /** Errors: QUEUE_FULL, and those of `acceptSubmission`. */
  async submit(request: SubmitRequest): Promise<JobStatus> {
    const { submissionId } = request;
    const known = submissionId === undefined ? undefined : this.#bySubmission(submissionId);
    if (known !== undefined) return await known;
    const submitted = this.#submit(request);
    if (submissionId === undefined) return await submitted;
    this.#underWay.set(submissionId, submitted);
    try {
      return await submitted;
    } finally {
      this.#underWay.delete(submissionId);
    }
  }

  statuses(): readonly JobStatus[] {
    return [...this.#jobs.values()].map((one) => this.#statusOf(one));
  }

  status(id: string): JobStatus | undefined {
    const known = this.#jobs.get(id);
    return known === undefined ? undefined : this.#statusOf(known);
  }

  record(id: string): ClusterJobRecord | undefined {
    return this.#jobs.get(id)?.record;
  }

  /** Errors: JOB_UNKNOWN, JOB_ENDED. */
  async cancel(id: string): Promise<JobStatus> {
    const known = this.#known(id);
    if (isEnded(known.record.state)) throw new RuntimeError("JOB_ENDED", `job ${id} is ${known.record.state} already`);
    await this.#end(known, { state: "cancelled" });
    return this.#statusOf(known);
  }

  /** Errors: JOB_UNKNOWN, JOB_NOT_DONE, RESULT_GONE. */
  result(id: string, part: ResultPart = "output"): JobResult {
    const { record } = this.#known(id);
    const { state, resultFile, rejectsFile } = record;
    if (state !== "done") throw new RuntimeError("JOB_NOT_DONE", `job ${id} is ${state}`);
    const path = part === "rejects" ? rejectsFile : resultFile;
    if (path === undefined) throw new RuntimeError("RESULT_GONE", `job ${id} rejects nothing`);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) throw new RuntimeError("RESULT_GONE", `the result of job ${id} is not kept any more`);
    return { path, byteLength: status.size, format: part === "rejects" ? "ndjson" : record.format };
  }

  /** D3. */
  ended(id: string, outcome: JobOutcome): void {
    const known = this.#jobs.get(id);
    if (known === undefined) return;
    const change =
      outcome.kind === "done"
        ? ({ state: "done", resultKept: known.record.outputPath === undefined } as const)
        : ({ state: "failed", failure: this.#described(outcome) } as const);
    this.#end(known, change).catch(this.#options.onBroken);
  }

  #described({ failure, worker }: FailedOutcome): NonNullable<ClusterJobRecord["failure"]> {
    const { code, message } = failure;
    return { code, message: worker === undefined ? message : `${this.#options.placeOf(worker)}: ${message}` };
  }

  /** D4. */
  async noteCounts(): Promise<void> {
    for (const known of this.#jobs.values()) {
      const { record, job } = known;
      if (record.state !== "running" || job === undefined) continue;
      const { tasksRepeated, tasksTakenOver, restarts } = this.#figuresOf(known);
      const counts = { tasksRepeated, tasksTakenOver, restarts };
      if (isDeepStrictEqual(counts, record.counts ?? NO_COUNTS)) continue;
      known.record = { ...record, counts };
      await this.#options.records.update(known.record);
    }
  }

  /** Of a job that has ended: what of its result has appeared all the same, and is not kept, goes. */
  clearResult(id: string): void {
    const record = this.#jobs.get(id)?.record;
    if (record !== undefined && isEnded(record.state) && record.outputPath === undefined && !record.resultKept) {
      removeResult(record);
    }
  }

  /** Forgets what is too old. */
  async sweep(): Promise<void> {
    const { limits, records, wallClock } = this.#options;
    const nowMs = wallClock.nowMs();
    for (const known of [...this.#jobs.values()]) {
      const { record } = known;
      if (record.endedMs === undefined) continue;
      const ageMs = nowMs - record.endedMs;
      if (record.resultKept && ageMs > limits.resultsMs) {
        removeResult(record);
        known.record = { ...record, resultKept: false };
        await records.update(known.record);
      }
      // A result that is kept is a promise, also where history is short.
      if (ageMs <= limits.historyMs || known.record.resultKept) continue;
      this.#jobs.delete(record.id);
      await records.forget(record.id);
    }
  }

  async #submit(request: SubmitRequest): Promise<JobStatus> {
    const { limits, places, prepare, functions, newId, records, tell, wallClock } = this.#options;
    if (this.#count("queued") + this.#queuedUnderWay >= limits.jobsQueuedMax) {
      throw new RuntimeError("QUEUE_FULL", `${limits.jobsQueuedMax} jobs wait already`);
    }
    this.#queuedUnderWay += 1;
    let known: DeskJob;
    try {
      const context = { id: newId(JOB_ID_BYTES), submittedAt: wallClock.stamp(), places, prepare, functions };
      const { record, job } = await acceptSubmission(request, context);
      await this.#journaled(records.add(record, job));
      known = { record, job, before: NO_COUNTS };
      this.#jobs.set(record.id, known);
      tell({ kind: "job.submitted", message: `job ${record.id} (${record.name}) is submitted`, job: record.id });
    } finally {
      this.#queuedUnderWay -= 1;
    }
    this.#startNext();
    return this.#statusOf(known);
  }

  /** D2. */
  #startNext(): void {
    const { limits, records, start, tell, wallClock, onBroken } = this.#options;
    let free = limits.jobsRunningMax - this.#count("running");
    for (const known of this.#jobs.values()) {
      if (free <= 0) return;
      if (known.record.state !== "queued" || known.job === undefined) continue;
      free -= 1;
      const { job } = known;
      known.record = { ...known.record, state: "running", startedAt: wallClock.stamp() };
      records.update(known.record).then(() => {
        if (known.job === undefined || known.record.state !== "running") return;
        tell({ kind: "job.started", message: `job ${job.id} begins`, job: job.id });
        start(job);
      }, onBroken);
    }
  }

  /** What an earlier coordinator could not remove before it died. */
  #clearResults(): void {
    const directory = resultsDirectory(this.#options.places.dataDirectory);
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      const [, id = ""] = RESULT_NAME.exec(name) ?? [];
      const known = this.#jobs.get(id);
      if (known !== undefined) this.clearResult(id);
      const isUnfinished = known !== undefined && !isEnded(known.record.state);
      if (name.startsWith(".") && id !== "" && !isUnfinished) rmSync(path.join(directory, name), { force: true });
    }
  }

  /** A job of which only its record is left. */
  async #giveUp(known: DeskJob): Promise<void> {
    const { records, tell, wallClock } = this.#options;
    const { id } = known.record;
    const failure = { code: "JOB_LOST", message: `what job ${id} was is damaged in the coordinator's journal` };
    const times = { endedAt: wallClock.stamp(), endedMs: wallClock.nowMs() };
    known.record = { ...known.record, ...times, state: "failed", failure, figures: NO_FIGURES };
    await this.#journaled(records.end(known.record));
    tell({ kind: "job.failed", message: `job ${id} is failed: ${failure.message}`, job: id });
  }

  async #end(known: DeskJob, change: Partial<ClusterJobRecord>): Promise<void> {
    const { records, stop, tell, wallClock } = this.#options;
    const { id, state } = known.record;
    if (known.job === undefined) {
      await known.ending;
      return;
    }
    const figures = state === "running" ? this.#figuresOf(known) : NO_FIGURES;
    const ended = { ...known.record, ...change, endedAt: wallClock.stamp(), endedMs: wallClock.nowMs(), figures };
    known.job = undefined;
    known.ending = this.#journaled(records.end(ended));
    // Nobody is told of an end that the next coordinator may not know.
    await known.ending;
    known.record = ended;
    stop(id);
    const { failure } = known.record;
    const why = failure === undefined ? "" : `: ${failure.message}`;
    tell({ kind: `job.${known.record.state}`, message: `job ${id} is ${known.record.state}${why}`, job: id });
    this.#startNext();
  }

  #bySubmission(submissionId: string): Promise<JobStatus> | JobStatus | undefined {
    const underWay = this.#underWay.get(submissionId);
    if (underWay !== undefined) return underWay;
    for (const known of this.#jobs.values()) {
      if (known.record.submissionId === submissionId) return this.#statusOf(known);
    }
    return undefined;
  }

  #known(id: string): DeskJob {
    const known = this.#jobs.get(id);
    if (known === undefined) throw new RuntimeError("JOB_UNKNOWN", `there is no job ${id}`);
    return known;
  }

  #count(state: JobStatus["state"]): number {
    let count = 0;
    for (const { record } of this.#jobs.values()) if (record.state === state) count += 1;
    return count;
  }

  /** Of a job that runs. */
  #figuresOf({ record, before }: DeskJob): JobFigures {
    const figures = this.#options.figuresOf(record.id);
    return { ...figures, ...addCounts(before, figures) };
  }

  #statusOf(known: DeskJob): JobStatus {
    const { record } = known;
    const { id, name, state, submittedAt, startedAt, endedAt, stageCount, partitions, outputPath, failure } = record;
    const figures = record.figures ?? (state === "running" ? this.#figuresOf(known) : NO_FIGURES);
    const resultKept = record.resultKept && existsSync(record.resultFile);
    const times = { submittedAt, startedAt, endedAt };
    const isWaiting = state === "running" && this.#options.isWaiting(id);
    const waiting = isWaiting ? ({ waitsForWorker: true } as const) : {};
    return {
      id,
      name,
      state,
      ...waiting,
      ...times,
      stageCount,
      partitions,
      ...figures,
      outputPath,
      resultKept,
      failure,
    };
  }

  async #journaled(written: Promise<void>): Promise<void> {
    try {
      await written;
    } catch (error) {
      this.#options.onBroken(error);
      throw error;
    }
  }
}

function removeResult({ resultFile, rejectsFile }: ClusterJobRecord): void {
  for (const file of [resultFile, rejectsFile]) if (file !== undefined) rmSync(file, { force: true });
}
