/**
 * Brings the blocks of other workers here before a task that reads them is run, and input that is not seen here.
 *
 * Owns: what is being brought for whom.
 * Never: checks a byte: the task does, and what does not fit is made again.
 *
 * X1. A stretch is fetched once, however many tasks wait for it.
 * X2. A task of a job that is not open here yet waits for it: only then it is known what it reads.
 * X5. What cannot be had from others is damage, which their blocks' job has made again; what cannot be written here is a
 *     failure of the task.
 */
import type { Clock } from "../../runtime/clock.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { type DiskAccount, DiskMeter } from "../../runtime/journal/disk-meter.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import { referencesIn, type Task, type TaskFailure } from "../executor/messages.ts";
import type { JobDescription } from "../job/messages.ts";
import { InputCopies } from "./input-copies.ts";
import type { BlockSource, Located, SubmitCommand, WorkerExchange } from "./messages.ts";
import { Mirror } from "./mirror.ts";
import { bodiesOf, indexesOf } from "./needs.ts";
import { PatientFetch, Unavailable } from "./patient-fetch.ts";
import { writerOf } from "./segment-names.ts";

export interface WorkerExchangeOptions {
  readonly clock: Clock;
  /** This worker's id. */
  readonly self: string;
  readonly segmentDirectory: string;
  readonly disk: DiskAccount;
  readonly source: BlockSource;
  /** See `BlockServing`; absent where nobody serves. */
  readonly release?: (segments: readonly string[]) => Promise<void>;
}

export function createWorkerExchange(options: WorkerExchangeOptions): WorkerExchange {
  return new TaskExchange(options);
}

/** A job whose tasks come. */
interface OpenJob {
  readonly description: JobDescription;
  /** Aborted when the job is closed. */
  readonly closing: AbortController;
  /** By stretch. */
  readonly underWay: Map<string, Promise<void>>;
  /** Of runs, by stretch: every range looks at every header. */
  readonly headers: Map<string, Uint8Array>;
}

interface EarlyTask {
  readonly command: SubmitCommand;
  readonly pass: (command: SubmitCommand) => void;
}

class TaskExchange implements WorkerExchange {
  readonly #options: WorkerExchangeOptions;
  readonly #mirror: Mirror;
  readonly #fetch: PatientFetch;
  readonly #inputs: InputCopies;
  readonly #jobs = new Map<string, OpenJob>();
  /** By job (X2). */
  readonly #early = new Map<string, EarlyTask[]>();

  constructor(options: WorkerExchangeOptions) {
    this.#options = options;
    this.#mirror = new Mirror(options.segmentDirectory, new DiskMeter(options.disk));
    this.#fetch = new PatientFetch(options);
    this.#inputs = new InputCopies({ self: options.self, fetch: this.#fetch, mirror: this.#mirror });
  }

  open(job: JobDescription): void {
    if (this.#jobs.has(job.id)) return;
    this.#jobs.set(job.id, {
      description: job,
      closing: new AbortController(),
      underWay: new Map(),
      headers: new Map(),
    });
    const early = this.#early.get(job.id) ?? [];
    this.#early.delete(job.id);
    for (const { command, pass } of early) this.submit(command, pass);
  }

  submit(command: SubmitCommand, pass: (command: SubmitCommand) => void): void {
    const { job, task, tag, owner } = command;
    const open = this.#jobs.get(job);
    if (open === undefined) {
      this.#early.set(job, [...(this.#early.get(job) ?? []), { command, pass }]);
      return;
    }
    if (task.kind === "split") {
      const inputs = { description: open.description, signal: open.closing.signal };
      this.#inputs.submit({ job: inputs, command, task, pass });
      return;
    }
    if (this.#foreign(indexesOf(task)).length === 0) {
      pass(command);
      return;
    }
    this.#bringAll(job, open, task).then(
      () => pass(command),
      (error: unknown) => {
        // Nobody waits for the tasks of a job that is closed.
        if (open.closing.signal.aborted) return;
        owner.send({ type: "task.failed", tag, failure: failureOf(error, task) });
      },
    );
  }

  poolEnded(): void {
    this.#inputs.poolEnded();
  }

  noteDirectory(members: readonly Located[]): void {
    this.#fetch.noteDirectory(members);
  }

  isForeign(segment: string): boolean {
    const writer = writerOf(segment);
    return writer !== undefined && writer !== this.#options.self;
  }

  async release(segments: readonly string[]): Promise<void> {
    await this.#options.release?.(segments);
  }

  free(job: string, below: number): number {
    return this.#mirror.free(job, below);
  }

  close(job: string): void {
    this.#jobs.get(job)?.closing.abort();
    this.#jobs.delete(job);
    this.#early.delete(job);
    this.#inputs.close(job);
    this.#mirror.close(job);
  }

  #foreign(references: readonly SegmentReference[]): readonly SegmentReference[] {
    return references.filter(({ segment }) => this.isForeign(segment));
  }

  async #bringAll(job: string, open: OpenJob, task: Task): Promise<void> {
    await this.#bring(job, open, indexesOf(task));
    const read = (at: SegmentReference): Uint8Array => {
      if (this.#foreign([at]).length === 0) return new Uint8Array(0);
      if (task.kind !== "range") return this.#mirror.read(job, at);
      const header = open.headers.get(nameOf(at)) ?? this.#mirror.read(job, at);
      open.headers.set(nameOf(at), header);
      return header;
    };
    await this.#bring(job, open, bodiesOf(task, open.description.plan, read));
  }

  async #bring(job: string, open: OpenJob, references: readonly SegmentReference[]): Promise<void> {
    const waiting: Promise<void>[] = [];
    const missing = new Map<string, SegmentReference[]>();
    for (const reference of this.#foreign(references)) {
      if (this.#mirror.has(job, reference)) continue;
      const known = open.underWay.get(nameOf(reference));
      if (known !== undefined) {
        waiting.push(known);
        continue;
      }
      const writer = writerOf(reference.segment) as string;
      const list = missing.get(writer);
      if (list === undefined) missing.set(writer, [reference]);
      else list.push(reference);
    }
    for (const [worker, list] of missing) waiting.push(this.#copy(job, open, { worker, references: list }));
    await Promise.all(waiting);
  }

  /** Errors: Unavailable; those of the mirror. */
  #copy(
    job: string,
    { closing: { signal }, underWay }: OpenJob,
    { worker, references }: { readonly worker: string; readonly references: readonly SegmentReference[] },
  ): Promise<void> {
    const take = (reference: SegmentReference, bytes: Uint8Array): void => {
      // The mirror of a job that was closed is gone, and is not begun anew.
      signal.throwIfAborted();
      this.#mirror.write(job, reference, bytes);
    };
    const fetched = this.#fetch.fetch(worker, { job, references, signal, take });
    const names = references.map(nameOf);
    for (const name of names) underWay.set(name, fetched);
    const forget = (): void => {
      for (const name of names) underWay.delete(name);
    };
    fetched.then(forget, forget);
    return fetched;
  }
}

/** X5. An error without a name is a bug, and is thrown on. */
function failureOf(error: unknown, task: Task): TaskFailure {
  if (error instanceof Unavailable) {
    const damage = storedIn(task).filter(({ segment }) => writerOf(segment) === error.peer);
    return { code: "BLOCK_UNREACHABLE", message: error.message, damage };
  }
  if (error instanceof RuntimeError) return { code: error.code, message: error.message };
  throw error;
}

function storedIn(task: Task): readonly SegmentReference[] {
  if (task.kind === "reduce") return task.inputs;
  if (task.kind === "copy") return referencesIn(task.result);
  return task.kind === "split" ? [] : task.runs.map(({ at }) => at);
}

function nameOf({ segment, offset, byteLength }: SegmentReference): string {
  return `${segment}:${offset}:${byteLength}`;
}
