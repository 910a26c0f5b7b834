/**
 * A cluster that does nothing by itself: tests say what becomes of its jobs and workers.
 *
 * Owns: a `ClusterControl` in memory, whose results are files that a test has written.
 */
import type {
  ClusterControl,
  JobResult,
  JobStatus,
  StoryEvent,
  SubmitRequest,
  WorkerStatus,
} from "../../../actors/cluster/control.ts";
import { isEnded } from "../../../actors/cluster/control.ts";
import { RuntimeError } from "../../../runtime/errors.ts";

const TIME = "2026-01-02T03:04:05.000Z";

export class FakeControl implements ClusterControl {
  readonly submitted: SubmitRequest[] = [];
  readonly #jobs = new Map<string, JobStatus>();
  readonly #jobsOfSubmissions = new Map<string, string>();
  readonly #workers = new Map<string, WorkerStatus>();
  readonly #results = new Map<string, JobResult>();
  readonly #events: StoryEvent[] = [];
  readonly #listeners = new Set<(event: StoryEvent) => void>();
  readonly #lookouts = new Set<() => void>();
  isReady = true;
  term = 1;
  /** Thrown by whatever is asked for next. */
  nextError: unknown;

  async submit(request: SubmitRequest): Promise<JobStatus> {
    this.#fail();
    const known = this.job(this.#jobsOfSubmissions.get(request.submissionId ?? "") ?? "");
    if (known !== undefined) return known;
    this.submitted.push(request);
    const status = jobStatus(`job-${this.submitted.length}`, {
      name: request.fileName,
      partitions: request.partitions ?? 8,
      outputPath: request.output,
    });
    if (request.submissionId !== undefined) this.#jobsOfSubmissions.set(request.submissionId, status.id);
    this.put(status);
    return status;
  }

  jobs(): readonly JobStatus[] {
    this.#fail();
    return [...this.#jobs.values()];
  }

  job(id: string): JobStatus | undefined {
    this.#fail();
    return this.#jobs.get(id);
  }

  async cancel(id: string): Promise<JobStatus> {
    const job = this.#known(id);
    if (isEnded(job.state)) throw new RuntimeError("JOB_ENDED", `job ${id} is ${job.state}`);
    return this.put({ ...job, state: "cancelled" });
  }

  result(id: string): JobResult {
    const { state } = this.#known(id);
    if (state !== "done") throw new RuntimeError("JOB_NOT_DONE", `job ${id} is ${state}`);
    const result = this.#results.get(id);
    if (result === undefined) throw new RuntimeError("RESULT_GONE", `the result of job ${id} is no longer kept`);
    return result;
  }

  workers(): readonly WorkerStatus[] {
    this.#fail();
    return [...this.#workers.values()];
  }

  async drain(id: string): Promise<WorkerStatus> {
    this.#fail();
    const worker = this.#workers.get(id);
    if (worker === undefined) throw new RuntimeError("WORKER_UNKNOWN", `no worker "${id}"`);
    return this.putWorker({ ...worker, state: "draining" });
  }

  story(job?: string): readonly StoryEvent[] {
    this.#fail();
    return this.#events.filter((event) => job === undefined || event.job === job);
  }

  subscribe(listener: (event: StoryEvent) => void): () => void {
    this.#listeners.add(listener);
    for (const look of [...this.#lookouts]) look();
    return () => this.#listeners.delete(listener);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Resolves as soon as so many listen. */
  async listened(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#listeners.size < count) return;
        this.#lookouts.delete(look);
        resolve();
      };
      this.#lookouts.add(look);
      look();
    });
  }

  /** Sets a job, and tells of its state. */
  put(status: JobStatus): JobStatus {
    this.#jobs.set(status.id, status);
    this.tell({ kind: "job.changed", message: `job ${status.id} is ${status.state}`, job: status.id });
    return status;
  }

  putWorker(status: WorkerStatus): WorkerStatus {
    this.#workers.set(status.id, status);
    return status;
  }

  /** The job is done, and this is its result. */
  finish(id: string, result: JobResult): void {
    this.#results.set(id, result);
    this.put({ ...this.#known(id), state: "done", outputBytes: result.byteLength, resultKept: true });
  }

  tell(event: Pick<StoryEvent, "kind" | "message" | "job" | "worker">): void {
    const told = { ...event, time: TIME, term: this.term };
    this.#events.push(told);
    for (const listener of this.#listeners) listener(told);
  }

  #known(id: string): JobStatus {
    const job = this.job(id);
    if (job === undefined) throw new RuntimeError("JOB_UNKNOWN", `no job "${id}"`);
    return job;
  }

  #fail(): void {
    const error = this.nextError;
    this.nextError = undefined;
    if (error !== undefined) throw error;
  }
}

export function jobStatus(id: string, given: Partial<JobStatus> = {}): JobStatus {
  return {
    ...{ id, name: "sums", state: "queued", submittedAt: TIME, stage: 0, stageCount: 2, partitions: 8 },
    ...{ tasksDone: 0, tasksOfStage: 4, pairsIn: 0, pairsOut: 0, rejected: 0, shuffledBytes: 0 },
    ...{ tasksCommitted: 0, tasksTakenOver: 0, bytesRead: 0 },
    ...{ tasksRepeated: 0, restarts: 0, outputBytes: 0, resultKept: false },
    ...given,
  };
}

export function workerStatus(id: string, given: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    ...{ id, host: "127.0.0.1", state: "alive", epoch: 1, slots: 2, tasksRunning: 0 },
    ...{ joinedAt: TIME, lastHeardMs: 12, version: "0.1.0" },
    ...given,
  };
}
