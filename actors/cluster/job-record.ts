/**
 * What a coordinator remembers of a job, from its submission until long after its end.
 *
 * Owns: the shape of that, and how it is journaled.
 *
 * R1. The description of a job that has not ended lies beside its record; it goes when the job ends.
 */
import type { Journal, JournalAppend } from "../../runtime/journal/journal.ts";
import { jobLog } from "../coordinator/messages.ts";
import type { JobDescription } from "../job/messages.ts";
import { outputLog } from "../output/messages.ts";
import { isEnded, type JobState, type JobStatus } from "./control.ts";

/** What a job that runs, or ran, has done. */
export type JobFigures = Pick<
  JobStatus,
  | "stage"
  | "tasksDone"
  | "tasksOfStage"
  | "pairsIn"
  | "pairsOut"
  | "rejected"
  | "shuffledBytes"
  | "tasksCommitted"
  | "tasksRepeated"
  | "tasksTakenOver"
  | "bytesRead"
  | "restarts"
  | "outputBytes"
>;

/** What no journal of a worker tells: each coordinator counts it anew. */
export type JobCounts = Pick<JobFigures, "tasksRepeated" | "tasksTakenOver" | "restarts">;

export const NO_COUNTS: JobCounts = { tasksRepeated: 0, tasksTakenOver: 0, restarts: 0 };

/** Of coordinators before, and of this one. Each finds anew what there is to be taken over. */
export function addCounts(before: JobCounts, now: JobCounts): JobCounts {
  return {
    tasksRepeated: before.tasksRepeated + now.tasksRepeated,
    tasksTakenOver: Math.max(before.tasksTakenOver, now.tasksTakenOver),
    restarts: before.restarts + now.restarts,
  };
}

export interface ClusterJobRecord {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  readonly submittedAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** The same, in milliseconds since 1970. */
  readonly endedMs?: number;
  readonly submissionId?: string;
  readonly stageCount: number;
  readonly partitions: number;
  readonly format: "csv" | "ndjson";
  /** As the submitter wrote it; undefined: the result is kept here. */
  readonly outputPath?: string;
  /** Where the result goes, absolute. */
  readonly resultFile: string;
  /** Absolute; undefined: nothing is rejected. */
  readonly rejectsFile?: string;
  readonly resultKept: boolean;
  readonly failure?: { readonly code: string; readonly message: string };
  /** At its end. */
  readonly figures?: JobFigures;
  /** What its coordinators have counted until now. */
  readonly counts?: JobCounts;
}

export interface RememberedJob {
  readonly record: ClusterJobRecord;
  /** Undefined: it has ended. */
  readonly job: JobDescription | undefined;
}

export const RECORD_PREFIX = "record/";
const DESCRIPTION_PREFIX = "description/";

/** See `actors/job-record.ts`. */
export interface JobCodec {
  encode(job: JobDescription): Uint8Array;
  /** Errors: JOB_OF_ANOTHER_VERSION. */
  decode(bytes: Uint8Array): JobDescription;
}

export class JobRecords {
  readonly #journal: Journal;
  readonly #codec: JobCodec;

  constructor(journal: Journal, codec: JobCodec) {
    this.#journal = journal;
    this.#codec = codec;
  }

  /**
   * All that is remembered. What is left of jobs that nobody remembers is dropped: those that ended as the coordinator did.
   *
   * Errors: those of the journal; JOB_OF_ANOTHER_VERSION.
   */
  async readAll(): Promise<readonly RememberedJob[]> {
    const remembered: RememberedJob[] = [];
    for (const log of await this.#journal.actors(RECORD_PREFIX)) {
      const payload = (await this.#journal.read(log)).at(-1)?.payload;
      if (payload === undefined) continue;
      const record = JSON.parse(Buffer.from(payload).toString("utf8")) as ClusterJobRecord;
      if (isEnded(record.state)) {
        // What it was may stand there still: it was cancelled while it was being begun.
        remembered.push({ record, job: undefined });
        continue;
      }
      const described = (await this.#journal.read(descriptionLog(record.id))).at(-1)?.payload;
      // One that has begun stands in the journal twice: where one record is damaged, the other one goes on with it.
      const description = described ?? (await this.#journal.read(jobLog(record.id))).at(-1)?.payload;
      remembered.push({ record, job: description === undefined ? undefined : this.#codec.decode(description) });
    }
    const open = new Set(remembered.filter(({ job }) => job !== undefined).map(({ record }) => record.id));
    const stale: string[] = [];
    for (const logOf of [jobLog, outputLog, descriptionLog]) {
      const prefix = logOf("");
      for (const log of await this.#journal.actors(prefix)) if (!open.has(log.slice(prefix.length))) stale.push(log);
    }
    if (stale.length > 0) await this.#journal.commit([], stale);
    return remembered.sort((left, right) => (left.record.submittedAt < right.record.submittedAt ? -1 : 1));
  }

  async add(record: ClusterJobRecord, job: JobDescription): Promise<void> {
    await this.#journal.commit([
      entry(record),
      { actor: descriptionLog(record.id), payload: this.#codec.encode(job), replace: true },
    ]);
  }

  async update(record: ClusterJobRecord): Promise<void> {
    await this.#journal.commit([entry(record)]);
  }

  /** R1. */
  async end(record: ClusterJobRecord): Promise<void> {
    await this.#journal.commit([entry(record)], [descriptionLog(record.id), jobLog(record.id), outputLog(record.id)]);
  }

  async forget(id: string): Promise<void> {
    await this.#journal.commit([], [recordLog(id)]);
  }
}

function entry(record: ClusterJobRecord): JournalAppend {
  return { actor: recordLog(record.id), payload: Buffer.from(JSON.stringify(record)), replace: true };
}

function recordLog(id: string): string {
  return `${RECORD_PREFIX}${id}`;
}

function descriptionLog(id: string): string {
  return `${DESCRIPTION_PREFIX}${id}`;
}
