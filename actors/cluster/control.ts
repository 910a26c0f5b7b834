/**
 * What a cluster can be asked from outside: the port between its actors and whoever steers it, such as the HTTP gateway.
 *
 * Owns: the shapes of jobs, workers and events as people and programs see them; members are only ever added.
 * Never: says how any of it is done.
 *
 * C1. What is promised to an asker is journaled before the promise: a job that was submitted survives its coordinator.
 */

export interface SubmitRequest {
  /** The program file's text, and its name for messages. */
  readonly program: string;
  readonly fileName: string;
  /** Paths on the coordinator's host, below the data root; or undefined: the program's own, also below the data root. */
  readonly inputs?: readonly string[];
  /** Names of uploads made before, in place of inputs. */
  readonly uploads?: readonly string[];
  /** What the submitter calls each of them, for messages and rejects; default: their names. */
  readonly uploadNames?: readonly string[];
  /** 1 to 4096, in place of the program's. */
  readonly partitions?: number;
  /** Path on the coordinator's host below the data root; undefined: the result is kept until fetched or expired. */
  readonly output?: string;
  /** Of a result that the program gives no format: `run` takes it from the output's name, which only the submitter knows. */
  readonly outputFormat?: "csv" | "ndjson";
  /** Chosen by the submitter: a second request with the same one is answered with the first one's job, and starts none. */
  readonly submissionId?: string;
}

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface JobStatus {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  /** It runs, but there is no worker that can run it. */
  readonly waitsForWorker?: true;
  /** ISO 8601, as are all times here. */
  readonly submittedAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** Index of the stage that runs, from 0. */
  readonly stage: number;
  readonly stageCount: number;
  readonly partitions: number;
  readonly tasksDone: number;
  readonly tasksOfStage: number;
  readonly pairsIn: number;
  readonly pairsOut: number;
  readonly rejected: number;
  readonly shuffledBytes: number;
  /** Of all stages. */
  readonly tasksCommitted: number;
  /** Made again, under whatever coordinator. */
  readonly tasksRepeated: number;
  /** Whose results a coordinator that was started again found with its workers, at most. */
  readonly tasksTakenOver: number;
  readonly bytesRead: number;
  readonly restarts: number;
  readonly outputBytes: number;
  /** As the submitter wrote it; undefined: the result is fetched. */
  readonly outputPath?: string;
  readonly resultKept: boolean;
  readonly failure?: { readonly code: string; readonly message: string };
}

export type WorkerState = "alive" | "suspect" | "dead" | "draining" | "left";

export interface WorkerStatus {
  readonly id: string;
  readonly host: string;
  readonly state: WorkerState;
  readonly epoch: number;
  readonly slots: number;
  readonly tasksRunning: number;
  readonly joinedAt: string;
  /** Milliseconds ago. */
  readonly lastHeardMs: number;
  readonly version: string;
}

/** One line of the story: a restart, a death, a placement, a job's change of state. */
export interface StoryEvent {
  readonly time: string;
  /** One of a fixed set, such as `worker.lost`. */
  readonly kind: string;
  readonly message: string;
  readonly job?: string;
  readonly worker?: string;
  readonly term: number;
  readonly detail?: Readonly<Record<string, string | number>>;
}

/** Rejects are NDJSON; a job that rejects nothing, but fails instead, has none. */
export type ResultPart = "output" | "rejects";

export interface JobResult {
  readonly path: string;
  readonly byteLength: number;
  readonly format: "csv" | "ndjson";
}

export interface ClusterControl {
  /** Journaled before it returns. Errors: RuntimeError (PATH_OUTSIDE_DATA_ROOT, QUEUE_FULL, INPUT_…); ProgramError with all its diagnostics. */
  submit(request: SubmitRequest): Promise<JobStatus>;
  jobs(): readonly JobStatus[];
  job(id: string): JobStatus | undefined;
  /** Resolves when journaled. Errors: JOB_UNKNOWN, JOB_ENDED. */
  cancel(id: string): Promise<JobStatus>;
  /** The finished output, or what was rejected, on the coordinator's disk. Errors: JOB_UNKNOWN, JOB_NOT_DONE, RESULT_GONE. */
  result(id: string, part?: ResultPart): JobResult;
  workers(): readonly WorkerStatus[];
  /** Errors: WORKER_UNKNOWN. */
  drain(id: string): Promise<WorkerStatus>;
  /** Of all, or of one job; the newest 10,000, oldest first. */
  story(job?: string): readonly StoryEvent[];
  /** `listener` is called for each new event; returns what ends that. */
  subscribe(listener: (event: StoryEvent) => void): () => void;
  /** True when journals are open and members can join. */
  readonly isReady: boolean;
  readonly term: number;
}

/** Nothing changes a job any more. */
export function isEnded(state: JobState): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}
