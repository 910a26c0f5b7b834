/**
 * Has splits read where their file is: by this machine if it sees the very file, else from a copy of the split's bytes that
 * is brought from the coordinator and goes with the task.
 *
 * Owns: which files are seen here, and the copies.
 * Never: interprets more of a line than its end.
 *
 * K1. Whether a file is seen is decided by its identity. One that has vanished or changed since is asked of the
 *     coordinator, who knows whether it is the input that has changed.
 * K2. A copy has what a reader of the split looks at: the byte before it, where it does not begin the data, and the rest of
 *     the line that its end cuts.
 * K4. A copy goes with the checksum of what came: one that is another one when it is read is made again.
 * K3. There are at most INPUT_COPIES_MAX copies at once; each goes when the last task that was given it has ended: a
 *     partition that was restarted may have asked for the same split again.
 */
import { crc32 } from "node:zlib";
import { RuntimeError } from "../../runtime/errors.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { InputCopy, Task, TaskFailure } from "../executor/messages.ts";
import type { TaskEnd } from "../executor-pool/messages.ts";
import type { InputFile, JobDescription } from "../job/messages.ts";
import { INPUT_ATTEMPTS_MAX, INPUT_COPIES_MAX, INPUT_STRETCH_BYTES, INPUT_TAIL_BYTES } from "../options.ts";
import { openSame } from "./input-identity.ts";
import { COORDINATOR_PEER, type SubmitCommand } from "./messages.ts";
import type { Mirror } from "./mirror.ts";
import { type PatientFetch, Unavailable } from "./patient-fetch.ts";
import { copyName, inputName } from "./segment-names.ts";

export interface InputJob {
  readonly description: JobDescription;
  /** Aborted when the job is closed. */
  readonly signal: AbortSignal;
}

type SplitTask = Extract<Task, { readonly kind: "split" }>;

interface Submission {
  readonly job: InputJob;
  readonly command: SubmitCommand;
  readonly task: SplitTask;
  readonly pass: (command: SubmitCommand) => void;
}

interface Copy {
  readonly job: string;
  readonly name: string;
  readonly ready: Promise<InputCopy>;
  /** Tasks that were promised it and have not ended. */
  users: number;
}

const LINE_FEED = 0x0a;

export class InputCopies {
  readonly #self: string;
  readonly #fetch: PatientFetch;
  readonly #mirror: Mirror;
  /** By job, then by file: whether it is seen here. */
  readonly #seen = new Map<string, Map<number, Promise<boolean>>>();
  /** By name. */
  readonly #copies = new Map<string, Copy>();
  readonly #waiting: (() => void)[] = [];
  /** Gives back what goes with each task that was passed on and has not ended. */
  #passed = new Set<() => void>();
  #taken = 0;

  constructor({ self, fetch, mirror }: { self: string; fetch: PatientFetch; mirror: Mirror }) {
    this.#self = self;
    this.#fetch = fetch;
    this.#mirror = mirror;
  }

  submit(submission: Submission): void {
    this.#attempt(submission, 1);
  }

  /** Of what was passed on nothing is heard any more; who still wants it asks again. */
  poolEnded(): void {
    const passed = this.#passed;
    this.#passed = new Set();
    for (const giveBack of passed) giveBack();
  }

  /** The job's copies are its mirror's to remove. */
  close(job: string): void {
    this.#seen.delete(job);
    for (const [name, copy] of this.#copies) if (copy.job === job) this.#forget(name, copy);
  }

  #attempt(submission: Submission, count: number): void {
    const { job, command, task, pass } = submission;
    const tell = (end: TaskEnd): void => {
      if (!job.signal.aborted) command.owner.send(end);
    };
    const fail = (error: unknown): void => {
      const { file } = job.description.splits[task.split];
      const failure = failureOf(error, job.description.files[file]);
      tell({ type: "task.failed", tag: command.tag, failure });
    };
    this.#ready(job, task.split).then((held) => {
      const giveBack = (): void => {
        if (held !== undefined) this.#giveBack(held.copy, { isUnfit: false });
      };
      this.#passed.add(giveBack);
      const send = (end: TaskEnd): void => {
        const failure = end.type === "task.failed" ? end.failure : undefined;
        const isHeld = this.#passed.delete(giveBack) && held !== undefined;
        if (isHeld) this.#giveBack(held.copy, { isUnfit: isMissing(failure) });
        if (isMissing(failure) && count < INPUT_ATTEMPTS_MAX && !job.signal.aborted) {
          this.#note(job, task.split, Promise.resolve(false));
          this.#attempt(submission, count + 1);
        } else if (failure?.linesFrom === undefined) tell(end);
        else {
          this.#located(job, task.split, failure).then((located) => {
            tell({ type: "task.failed", tag: end.tag, failure: located });
          }, fail);
        }
      };
      pass({ ...command, task: { ...task, ...(held === undefined ? {} : { copy: held.at }) }, owner: { send } });
    }, fail);
  }

  /** Undefined if the file is seen here. */
  async #ready(job: InputJob, split: number): Promise<{ readonly copy: Copy; readonly at: InputCopy } | undefined> {
    const { files, id, splits } = job.description;
    const { file } = splits[split];
    const seen = this.#seen.get(id)?.get(file) ?? isSeen(files[file]);
    this.#note(job, split, seen);
    if (await seen) return undefined;
    const name = copyName(id, this.#self, split);
    let copy = this.#copies.get(name);
    if (copy === undefined) {
      copy = { job: id, name, ready: this.#make(job, split, name), users: 0 };
      this.#copies.set(name, copy);
    }
    copy.users += 1;
    try {
      return { copy, at: await copy.ready };
    } catch (error) {
      this.#remove(copy);
      throw error;
    }
  }

  #note(job: InputJob, split: number, seen: Promise<boolean>): void {
    const { id, splits } = job.description;
    const files = this.#seen.get(id) ?? new Map<number, Promise<boolean>>();
    if (!job.signal.aborted) this.#seen.set(id, files.set(splits[split].file, seen));
  }

  async #make(job: InputJob, split: number, name: string): Promise<InputCopy> {
    // K3.
    this.#taken += 1;
    if (this.#taken > INPUT_COPIES_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const { files, id, splits } = job.description;
    const { file, start, end } = splits[split];
    const { byteLength, compressed, dataStart } = files[file];
    // K4. Bytes come in their order, without a gap.
    const sum = { byteLength: 0, crc: 0 };
    const write = (position: number, bytes: Uint8Array): void => {
      this.#mirror.write(id, { segment: name, offset: position, byteLength: bytes.length }, bytes);
      sum.byteLength += bytes.length;
      sum.crc = crc32(bytes, sum.crc);
    };
    if (compressed) {
      await this.#read(job, { file, from: 0, to: byteLength, take: write });
      return { segment: name, offset: 0, ...sum };
    }
    // K2.
    const lines = new CutLines(start <= dataStart, { start, end });
    const take = (position: number, bytes: Uint8Array): void => {
      lines.look(position, bytes);
      write(position, bytes);
    };
    const offset = start <= dataStart ? start : start - 1;
    let position = offset;
    let to = Math.min(byteLength, end + INPUT_TAIL_BYTES);
    while (position < to) {
      await this.#read(job, { file, from: position, to, take });
      position = to;
      if (lines.isCut) to = Math.min(byteLength, to + INPUT_STRETCH_BYTES);
    }
    return { segment: name, offset, ...sum };
  }

  /** Errors: Unavailable; what `take` throws. */
  async #read(
    { description, signal }: InputJob,
    { file, from, to, take }: { file: number; from: number; to: number; take: (at: number, bytes: Uint8Array) => void },
  ): Promise<void> {
    const references: SegmentReference[] = [];
    for (let offset = from; offset < to; offset += INPUT_STRETCH_BYTES) {
      references.push({ segment: inputName(file), offset, byteLength: Math.min(INPUT_STRETCH_BYTES, to - offset) });
    }
    await this.#fetch.fetch(COORDINATOR_PEER, {
      ...{ job: description.id, references, signal },
      take: ({ offset }, bytes) => {
        signal.throwIfAborted();
        take(offset, bytes);
      },
    });
  }

  /** A failure with its line in the whole file. */
  async #located(job: InputJob, split: number, failure: TaskFailure): Promise<TaskFailure> {
    const { linesFrom = 0, line = 1, ...told } = failure;
    const { file } = job.description.splits[split];
    let before = 0;
    const count = (_position: number, bytes: Uint8Array): void => {
      for (let found = bytes.indexOf(LINE_FEED); found >= 0; found = bytes.indexOf(LINE_FEED, found + 1)) before += 1;
    };
    await this.#read(job, { file, from: 0, to: linesFrom, take: count });
    return { ...told, line: before + line, message: `${failure.file}:${before + line}: ${failure.message}` };
  }

  /** One that does not fit its checksum is no use to the others either. */
  #giveBack(copy: Copy, { isUnfit }: { readonly isUnfit: boolean }): void {
    copy.users -= 1;
    if (copy.users === 0 || isUnfit) this.#remove(copy);
  }

  #remove(copy: Copy): void {
    const { job, name } = copy;
    if (this.#copies.get(name) !== copy) return;
    this.#forget(name, copy);
    this.#mirror.remove(job, name);
  }

  #forget(name: string, copy: Copy): void {
    if (!this.#copies.delete(name)) return;
    copy.ready.catch(() => undefined); // Whoever waits hears of it.
    this.#taken -= 1;
    this.#waiting.shift()?.();
  }
}

/** Follows where the lines of a split begin and where its last one ends, while its bytes come in their order. */
class CutLines {
  readonly #start: number;
  readonly #end: number;
  #begins: boolean;
  #isEnded = false;

  /** `begins`: a line begins where the split does. */
  constructor(begins: boolean, { start, end }: { readonly start: number; readonly end: number }) {
    this.#begins = begins;
    this.#start = start;
    this.#end = end;
  }

  /** Whether a line of the split goes on behind what came: one that begins in no split's bytes is another split's. */
  get isCut(): boolean {
    return this.#begins && !this.#isEnded;
  }

  look(position: number, bytes: Uint8Array): void {
    const last = this.#end - 1;
    if (!this.#begins) {
      const found = bytes.indexOf(LINE_FEED, Math.max(0, this.#start - 1 - position));
      this.#begins = found >= 0 && position + found < last;
    }
    if (!this.#isEnded) this.#isEnded = bytes.indexOf(LINE_FEED, Math.max(0, last - position)) >= 0;
  }
}

async function isSeen(file: InputFile): Promise<boolean> {
  try {
    const handle = await openSame(file);
    await handle?.close();
    return handle !== undefined;
  } catch {
    // Whatever keeps it from being read here: the coordinator has it.
    return false;
  }
}

function isMissing(failure: TaskFailure | undefined): boolean {
  return failure?.code === "INPUT_UNREADABLE" || failure?.code === "INPUT_CHANGED";
}

/** An error without a name is a bug, and is thrown on. */
function failureOf(error: unknown, { name }: InputFile): TaskFailure {
  if (error instanceof Unavailable) {
    if (error.code === "BLOCK_GONE") {
      return { code: "INPUT_CHANGED", message: `input "${name}" changed while it was being read` };
    }
    return { code: "INPUT_UNREADABLE", message: `cannot read input "${name}": ${error.message}` };
  }
  if (error instanceof RuntimeError) return { code: error.code, message: error.message };
  throw error;
}
