/**
 * The port between executors and kernels. Two implementations: `int64` (WebAssembly) and `bigint`.
 *
 * Owns: what a task is given and what it gives.
 * Never: reads files: the executor fills windows and takes bytes.
 *
 * K1. What a task emits is a pure function of plan, stage and the bytes pushed: never of time, memory or thread. (The order
 *     of its rejects is not: who writes them sorts them.)
 * K2. A task is used once: begin, then (window, push)*, then finish; one that passes several times over its input:
 *     begin, then (window, push)* and again, until that is false, then finish. A task that threw is dropped with its kernel set.
 * K3. Bytes given to a sink are valid only during the call.
 * K4. In `fail` mode the first bad record or arithmetic error throws a `DataError`; in `reject` mode it goes to the sink.
 */
import type { Reject } from "../errors.ts";
import type { TextFormatName } from "../program.ts";

/** How the lines of one file are read. */
export type TextFormat =
  | {
      readonly format: "csv";
      /** ASCII code. */
      readonly delimiter: number;
      /** 0-based. */
      readonly keyColumn: number;
      readonly valueColumn: number;
      /** True with default columns: a line has two fields and no more. */
      readonly exactlyTwoFields: boolean;
    }
  | { readonly format: "ndjson"; readonly keyMember: string; readonly valueMember: string };

/** Where a task's results go; implemented by the executor. */
export interface TaskSink {
  /** A finished bundle of shuffled blocks (`blocks/bundle.ts`). `targets` are the partitions with pairs in it, ascending. */
  bundle(bytes: Uint8Array, description: { readonly pairCount: number; readonly targets: Uint16Array }): void;
  /** A finished sorted run (order `key`) or unsorted run (order `none`) of output pairs, with its own header. */
  run(bytes: Uint8Array, description: { readonly pairCount: number; readonly headerBytes: number }): void;
  reject(reject: Reject): void;
  /** Told often while a task computes, whatever comes out: a long computation and a hung one can be told apart. */
  progressed?(): void;
}

export interface TaskStatistics {
  /** Pairs read from text or blocks. */
  readonly pairsIn: number;
  /** Pairs in bundles or runs; partial aggregates count one each. */
  readonly pairsOut: number;
  /** Lines of text, blank and rejected ones too; 0 for a reduce. */
  readonly lines: number;
}

export interface Task {
  /** A writable window of `byteCount` bytes for the next push; valid until the next call of anything. */
  window(byteCount: number): Uint8Array;
  /** Takes the first `byteCount` bytes of the window. A split: text, cut anywhere. A reduce: exactly one block. */
  push(byteCount: number): void;
  /** Ends the input (a last line needs no line end), emits what is left. */
  finish(): TaskStatistics;
}

/** A task that may need its whole input several times, because its memory is bounded. */
export interface PassingTask extends Task {
  /** Ends a pass over the input, and emits what it had room for. True: all of the input must be pushed again, in any order. */
  again(): boolean;
}

export interface StageKernels {
  /** Reads text: byte order mark and header are skipped by the executor, not here. */
  beginSplit(format: TextFormat, sink: TaskSink): Task;
  /** Reads all blocks of one target partition, in any fixed order; the result does not depend on the order. */
  beginReduce(sink: TaskSink): PassingTask;
}

/** A range of the final order, cut by `planRanges`; opaque to the executor, structured-cloneable. */
export interface OutputRange {
  readonly index: number;
  /** Smallest and largest pair bounds; `undefined` is open. From (inclusive), below (exclusive), in (key, value) order. */
  readonly from: readonly [bigint, bigint] | undefined;
  readonly below: readonly [bigint, bigint] | undefined;
}

/** `bytes` are the text of `pairCount` pairs, which comes `times` times in a row. */
export type TakeText = (bytes: Uint8Array, pairCount: number, times: number) => void;

export interface RangeTask {
  window(byteCount: number): Uint8Array;
  /** Takes one extent of one run, as `extent` named it. */
  push(byteCount: number): void;
  /**
   * Gives the text of the range, in pieces of at most some MB, in order. Returns the end of the range that there was no room
   * for, if there is one: it is a range for another task.
   */
  finish(text: TakeText): OutputRange | undefined;
}

export interface OutputKernels {
  /** Cuts the final order into ranges of about `pairsPerRange` pairs, from the runs' headers. Order `none`: not used. */
  planRanges(runHeaders: readonly Uint8Array[], pairsPerRange: number): OutputRange[];
  /** The one stretch of a run's bytes (from its start) that a range needs, or undefined if none. */
  extent(
    runHeader: Uint8Array,
    range: OutputRange,
  ): { readonly offset: number; readonly byteLength: number } | undefined;
  /**
   * Sorts and formats a range, of which it collects about `pairsMax` pairs (RANGE_PAIRS_MAX) and leaves the rest. Without a
   * range (order `none`): one extent is the whole body of one run, formatted as it stands.
   */
  beginRange(format: TextFormatName, range: OutputRange | undefined, pairsMax?: number): RangeTask;
}

export interface KernelSet {
  /** `stage` is an index into the plan's stages. Cheap when called again for the same stage. */
  openStage(stage: number): StageKernels;
  readonly output: OutputKernels;
}
