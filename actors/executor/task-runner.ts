/**
 * Runs tasks one after the other for one job, on the thread it lives in.
 *
 * Owns: the job's kernels, descriptors and segment of this thread.
 * Never: keeps anything of one task for the next but caches.
 */
import { DataError, KernelMemoryError, ValuesMemoryError } from "../../programs/errors.ts";
import type { KernelSet } from "../../programs/kernels/kernel-set.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import type { JobDescription } from "../job/messages.ts";
import { copyResult } from "./copy-result.ts";
import { InputFiles } from "./input-files.ts";
import type { OpenKernels } from "./load-kernels.ts";
import {
  isSegmentBelow,
  type StoredText,
  type Task,
  type TaskFailure,
  type TaskResult,
  type TextPiece,
} from "./messages.ts";
import { planRanges, RunHeaders, runRange } from "./run-blocks.ts";
import { linesOfSplit, runSplit, SplitError } from "./run-split.ts";
import { runStages } from "./run-stages.ts";
import { type SegmentPlace, TaskOutput } from "./task-output.ts";

const NOTHING: TaskResult = {
  pairsIn: 0,
  pairsOut: 0,
  lines: 0,
  bytesIn: 0,
  bytesOut: 0,
  bundles: [],
  runs: [],
  rejectCount: 0,
  rejects: [],
  ranges: [],
  text: [],
};

export interface TaskRunnerOptions {
  readonly job: JobDescription;
  /**
   * Called for the first task, for one that may have more memory or less than the one before, and after each task that
   * failed: what that one left in the kernels' memory is unknown.
   */
  readonly openKernels: OpenKernels;
  readonly segments: SegmentPlace;
  /** Called whenever work got on, many times a second. */
  readonly progressed: () => void;
  /** Called for a split that ended an executor before: its lines in the file, from 1; `last` is 0 where it is not known. */
  readonly noteLines: (first: number, last: number) => void;
  /** A monotonic time: how much work a task takes on, where that decides nothing. */
  readonly nowMs: () => number;
  /** Range of pairs in the final order. */
  readonly rangePairs: number;
}

export interface TaskTerms {
  /** What the kernels may have. */
  readonly memoryBytes?: number;
  /** It ended an executor before. */
  readonly isRetry?: boolean;
}

export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #files: InputFiles;
  readonly #segments: SegmentReader;
  readonly #headers: RunHeaders;
  readonly #output: TaskOutput;
  #kernels: { readonly set: KernelSet; readonly memoryBytes: number } | undefined;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#files = new InputFiles(options.job.files, options.segments.directory);
    this.#segments = new SegmentReader(options.segments.directory);
    this.#headers = new RunHeaders(this.#segments);
    this.#output = new TaskOutput(options.segments, options.progressed);
  }

  /** Errors: whatever `taskFailure` knows how to name. */
  async run(
    task: Task,
    { memoryBytes = Number.POSITIVE_INFINITY, isRetry = false }: TaskTerms = {},
  ): Promise<TaskResult> {
    // Where the file is not seen, nobody knows which lines of it these are.
    if (isRetry && task.kind === "split" && task.copy === undefined) this.#noteLines(task.split);
    if (this.#kernels?.memoryBytes !== memoryBytes) this.rest();
    const kernels = this.#kernels ?? { set: this.#options.openKernels(memoryBytes), memoryBytes };
    this.#kernels = undefined;
    const result = await this.#runWith(kernels.set, task);
    this.#kernels = kernels;
    return result;
  }

  /** Lets go of the kernels, so that others may have their memory. */
  rest(): void {
    this.#kernels = undefined;
  }

  #noteLines(index: number): void {
    const { job, noteLines, progressed } = this.#options;
    const split = job.splits[index];
    const { descriptor, file } = this.#files.open(split.file);
    if (file.compressed) noteLines(file.headerLines + 1, 0);
    else {
      const { first, last } = linesOfSplit(descriptor, file, split, progressed);
      noteLines(first, last);
    }
  }

  async #runWith(kernels: KernelSet, task: Task): Promise<TaskResult> {
    const { job, progressed, rangePairs } = this.#options;
    const context = { segments: this.#segments, sink: this.#output, progressed };
    this.#output.begin(task.kind === "reduce" || task.kind === "copy" ? task.stage : 0);
    switch (task.kind) {
      case "split": {
        const splitContext = { files: this.#files, kernels: kernels.openStage(0), sink: this.#output, progressed };
        const statistics = await runSplit(job.splits[task.split], splitContext, task.copy);
        return { ...NOTHING, ...statistics, ...this.#output.end() };
      }
      case "reduce": {
        const statistics = runStages(task, { ...context, plan: job.plan, kernels, nowMs: this.#options.nowMs });
        return { ...NOTHING, ...statistics, ...this.#output.end() };
      }
      case "copy":
        return { ...NOTHING, ...copyResult(task.result, this.#segments, this.#output) };
      case "planRanges": {
        const headers = this.#headers.ofAll(task.runs);
        return { ...NOTHING, ranges: planRanges(kernels.output, headers, rangePairs) };
      }
      case "range":
        return this.#runRange(kernels, task);
    }
  }

  #runRange({ output }: KernelSet, task: Task & { readonly kind: "range" }): TaskResult {
    const { job, progressed, segments } = this.#options;
    const text: TextPiece[] = [];
    const storedText: StoredText[] = [];
    // The kernel reuses its memory: what crosses threads is a copy of its own.
    const emit = segments.storesText
      ? (bytes: Uint8Array, times: number) => void storedText.push({ at: this.#output.text(bytes), times })
      : (bytes: Uint8Array, times: number) => void text.push({ bytes: new Uint8Array(bytes), times });
    const range = { ...task, format: job.outputFormat, emit };
    const statistics = runRange(output, range, this.#headers, { segments: this.#segments, progressed });
    return { ...NOTHING, ...statistics, text, ...(storedText.length === 0 ? {} : { storedText }) };
  }

  /** Lets go of the segments of stages before `below`, so that their room comes back when they are deleted. */
  free(below: number): void {
    this.#segments.releaseAll((segment) => isSegmentBelow(segment, below));
    this.#output.free(below);
  }

  close(): void {
    this.#files.close();
    this.#segments.close();
    this.#output.close();
  }
}

/** What crosses to the actor. An error that is neither of data nor of operation is a bug: it is thrown on, and the thread dies. */
export function taskFailure(error: unknown): TaskFailure {
  if (error instanceof SplitError) {
    const { file, line, linesFrom, message } = error;
    const { detail, code } = error.error;
    return { code, message, reject: detail, file, line, ...(linesFrom === undefined ? {} : { linesFrom }) };
  }
  if (error instanceof DataError) return { code: error.code, message: error.message, reject: error.detail };
  if (error instanceof SegmentDamageError) {
    return { code: error.code, message: error.message, damage: error.damage };
  }
  if (error instanceof RuntimeError || error instanceof KernelMemoryError || error instanceof ValuesMemoryError) {
    return { code: error.code, message: error.message };
  }
  throw error;
}
