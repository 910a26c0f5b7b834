/**
 * Tasks that executor threads run, what they give back, and the messages between a thread and its actor.
 *
 * Owns: the types; all are structured-cloneable.
 */
import type { Reject } from "../../programs/errors.ts";
import type { OutputRange } from "../../programs/kernels/kernel-set.ts";
import type { DiskAccount } from "../../runtime/journal/disk-meter.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { JobDescription } from "../job/messages.ts";

/**
 * Stored bytes with a checksum to know them by: a CRC-32C of a run's header, or of all rejects; for a bundle the check of
 * its index (`programs/blocks/bundle.ts`).
 */
export interface StoredReference extends SegmentReference {
  readonly crc: number;
}

/** A stored bundle of blocks. */
export interface BundleReference {
  readonly at: StoredReference;
  readonly pairCount: number;
  /** Partitions with a block in it; absent where they are too many to list. */
  readonly targets?: readonly number[];
}

/** A stored run of output pairs. */
export interface RunReference {
  readonly at: StoredReference;
  readonly headerBytes: number;
  readonly pairCount: number;
}

/** Text of the output that comes `times` times in a row. */
export interface TextPiece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly times: number;
}

/** Such a text, stored by whoever made it. Its checksum is the CRC-32 of zlib. */
export interface StoredText {
  readonly at: StoredReference;
  readonly times: number;
}

/** A stretch of stored bytes, from their start. */
export interface Extent {
  readonly offset: number;
  readonly byteLength: number;
}

export interface PlannedRange {
  readonly range: OutputRange;
  /** Indexes of the runs that have pairs in it; absent where all have. Keeps a plan small: most often all have. */
  readonly runs?: readonly number[];
}

/** A segment that has bytes of an input file at their places in the file. */
export interface InputCopy {
  readonly segment: string;
  readonly offset: number;
  readonly byteLength: number;
  /** CRC-32 of its bytes, as of zlib, as they came. */
  readonly crc: number;
}

export type Task =
  | {
      readonly kind: "split";
      readonly split: number;
      /** What a reader of the split looks at, for whoever does not see the file. */
      readonly copy?: InputCopy;
    }
  | {
      readonly kind: "reduce";
      readonly stage: number;
      /** The first of its partitions. */
      readonly partition: number;
      /** How many partitions it takes; with all of them it may go on with the stages behind. */
      readonly span: number;
      readonly inputs: readonly StoredReference[];
    }
  /** Stores again here what another worker has stored: the result of a task of that stage. */
  | { readonly kind: "copy"; readonly stage: number; readonly result: StoredResult }
  | { readonly kind: "planRanges"; readonly runs: readonly RunReference[] }
  /** Without a range: the runs as they stand, for order `none`. */
  | {
      readonly kind: "range";
      readonly range: OutputRange | undefined;
      readonly runs: readonly RunReference[];
    };

export interface TaskResult {
  readonly pairsIn: number;
  readonly pairsOut: number;
  readonly lines: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The stage that bundles and runs are of, if the task went on behind its own. */
  readonly through?: number;
  readonly bundles: readonly BundleReference[];
  readonly runs: readonly RunReference[];
  readonly rejectCount: number;
  /** Stored rejects, JSON lines of `Reject`. */
  readonly rejects: readonly StoredReference[];
  /** Of `planRanges`: each range, in order. */
  readonly ranges: readonly PlannedRange[];
  /** Of `range`. */
  readonly text: readonly TextPiece[];
  /** Of `range`, instead of `text` where threads store it. */
  readonly storedText?: readonly StoredText[];
  /** Of `range`: what there was no room for, of the same runs. */
  readonly rest?: OutputRange;
}

/** What is left of a task's result when it is committed. */
export type StoredResult = Omit<TaskResult, "ranges" | "text" | "storedText">;

/** Everything stored that a result refers to. */
export function referencesIn(result: StoredResult): StoredReference[] {
  return [...result.bundles.map(({ at }) => at), ...result.runs.map(({ at }) => at), ...result.rejects];
}

/** A task's error, as it crosses threads. */
export interface TaskFailure {
  readonly code: string;
  readonly message: string;
  /** Where data was at fault. */
  readonly reject?: Reject;
  /** Of a bad record: the file as the user named it, and the line in the whole file, from 1. */
  readonly file?: string;
  readonly line?: number;
  /** `line` counts from this byte of the file, and `message` names no line: what is before was not there to be counted. */
  readonly linesFrom?: number;
  /** Stored bytes that the task needs and that are not what was written: to be made again by those who made them. */
  readonly damage?: readonly SegmentReference[];
}

/** What a thread is told first. */
export interface ThreadInput {
  /** The compiled int64 kernels; threads share the machine code. */
  readonly kernels: unknown;
  readonly segmentDirectory: string;
  readonly disk: DiskAccount;
  /** Unique for every thread that ever wrote to the directory. */
  readonly segmentName: string;
  readonly durable: boolean;
  /** Text of the output goes to segments, since whoever writes it is not in this process. */
  readonly storesText: boolean;
  /** What the kernels of all jobs may have, in bytes. */
  readonly kernelMemoryBytes: number;
  /** Functions of the operator's own that jobs may name. */
  readonly functions?: FunctionModule;
  /** What the thread notes; see `thread-notes.ts`. */
  readonly notes: SharedArrayBuffer;
}

/** A module of functions, as a thread is given it. */
export interface FunctionModule {
  /** As the user named it, for messages. */
  readonly file: string;
  /** Absolute, for traces. */
  readonly path: string;
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A call of a function of the operator's own. */
export interface CallUnderWay {
  /** Index into `Plan.operations`. */
  readonly operation: number;
  /** Undefined where the pair has an integer beyond 64 bits. */
  readonly key: bigint | undefined;
  /** Undefined for a reduce too, which is called for a key. */
  readonly value: bigint | undefined;
}

/** What a thread notes, to be read at any time, and what it is to note. */
export interface ThreadNotes {
  /** Rises whenever the thread gets on. */
  progress(): number;
  /** Where the thread has ended, or hangs. */
  call(): CallUnderWay | undefined;
  /** Of the split that it reads, from 1; `last` is undefined where that is not known. */
  lines(): { readonly first: number; readonly last: number | undefined } | undefined;
  /** Those of its tasks that are to stop, at most EXECUTOR_TASKS_MAX; they take the place of those that were named before. */
  stop(tickets: readonly number[]): void;
}

/** What a writer's segments hold: results of a stage, rejects, which are needed until the job ends, or text of the output. */
export type SegmentContent = number | "rejects" | "text";

export function segmentWriterName(thread: string, writer: number, content: SegmentContent): string {
  if (content === "rejects") return `${thread}-w${writer}`;
  return content === "text" ? `${thread}-w${writer}-text` : `${thread}-w${writer}-s${content}`;
}

/** Whether a segment holds text of the output, which nobody needs when it is written. */
export function isTextSegment(segment: string): boolean {
  return /-w\d+-text-\d+\.segment$/.test(segment);
}

/** Whether a segment holds nothing but results of stages before `below`. */
export function isSegmentBelow(segment: string, below: number): boolean {
  const stage = /-w\d+-s(\d+)-\d+\.segment$/.exec(segment)?.[1];
  return stage !== undefined && Number(stage) < below;
}

export type ThreadCommand =
  | { readonly kind: "begin"; readonly input: ThreadInput }
  | { readonly kind: "open"; readonly job: JobDescription }
  | { readonly kind: "close"; readonly job: string }
  /** Lets go of the segments of earlier stages. */
  | { readonly kind: "free"; readonly job: string; readonly below: number }
  | {
      readonly kind: "run";
      readonly ticket: number;
      readonly job: string;
      readonly task: Task;
      /** It ended an executor before: the thread notes what it reads. */
      readonly isRetry: boolean;
    };

export type ThreadEvent =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly ticket: number; readonly result: TaskResult }
  | { readonly kind: "failed"; readonly ticket: number; readonly failure: TaskFailure }
  /** It was to stop. */
  | { readonly kind: "stopped"; readonly ticket: number }
  /** Writes nothing more of the job. */
  | { readonly kind: "closed"; readonly job: string };

export type ExecutorCommand =
  | { readonly type: "executor.command"; readonly command: ThreadCommand }
  /** Asks for `executor.ready` again, for a pool that is new. */
  | { readonly type: "executor.announce" }
  | { readonly type: "child.shutdown" };

/** What an executor tells its pool; `incarnation` tells the pool whether it is still the one that it counts on. */
export type ExecutorFact = { readonly index: number; readonly incarnation: number } & (
  | { readonly type: "executor.ready"; readonly executor: ExecutorReference; readonly notes: ThreadNotes }
  | { readonly type: "executor.done"; readonly ticket: number; readonly result: TaskResult }
  | { readonly type: "executor.failed"; readonly ticket: number; readonly failure: TaskFailure }
  | { readonly type: "executor.stopped"; readonly ticket: number }
  | { readonly type: "executor.closed"; readonly job: string }
);

export interface ExecutorReference {
  send(event: ExecutorCommand): void;
}
