/**
 * Runs tasks whose input are stored blocks and runs: a reduce, the planning of the final order, one range of it.
 *
 * Owns: finding a range's extent in a run.
 * Never: looks into a block.
 */
import type {
  OutputKernels,
  OutputRange,
  StageKernels,
  TaskSink,
  TaskStatistics,
} from "../../programs/kernels/kernel-set.ts";
import type { TextFormatName } from "../../programs/program.ts";
import type { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import { type BundleSource, type Span, SpanReader } from "./bundle-source.ts";
import type { PlannedRange, RunReference, TaskResult } from "./messages.ts";
import { checkExtent, readRunHeader, useEach } from "./stored-input.ts";

export interface BlockContext {
  readonly segments: SegmentReader;
  readonly sink: TaskSink;
  readonly progressed: () => void;
}

export interface ReduceInput {
  readonly span: Span;
  readonly partitionCount: number;
  readonly bundles: readonly BundleSource[];
}

/** One task of a shuffled stage: the blocks of all its partitions together, as if they were one. */
export function runReduce(
  kernels: StageKernels,
  { span, partitionCount, bundles }: ReduceInput,
  { sink, progressed }: Omit<BlockContext, "segments">,
): TaskStatistics & { bytesIn: number } {
  const task = kernels.beginReduce(sink);
  const reader = new SpanReader(span, partitionCount);
  let bytesIn = 0;
  do {
    bytesIn = 0;
    useEach(bundles, {
      at: ({ at }) => at,
      use: (bundle) => {
        bytesIn += reader.push(bundle, task);
        progressed();
      },
      check: (bundle) => {
        reader.check(bundle);
        progressed();
      },
    });
  } while (task.again());
  return { ...task.finish(), bytesIn };
}

/** Headers of runs, kept: every range looks at every header. */
export class RunHeaders {
  readonly #segments: SegmentReader;
  readonly #headers = new Map<string, Uint8Array>();

  constructor(segments: SegmentReader) {
    this.#segments = segments;
  }

  /** Errors: SEGMENT_DAMAGED, and those of the reader. */
  of(run: RunReference): Uint8Array {
    const name = `${run.at.segment}:${run.at.offset}`;
    const header = this.#headers.get(name) ?? readRunHeader(this.#segments, run);
    this.#headers.set(name, header);
    return header;
  }

  /** Of all runs. Errors: SEGMENT_DAMAGED, with every header that is. */
  ofAll(runs: readonly RunReference[]): Uint8Array[] {
    const headers: Uint8Array[] = [];
    useEach(runs, {
      at: ({ at }) => at,
      use: (run) => headers.push(this.of(run)),
      check: (run) => this.of(run),
    });
    return headers;
  }
}

/** Cuts the final order into ranges, and names for each the runs that have pairs in it. */
export function planRanges(output: OutputKernels, headers: readonly Uint8Array[], rangePairs: number): PlannedRange[] {
  return output.planRanges(headers, rangePairs).map((range) => {
    const runs = headers.flatMap((header, run) => (output.extent(header, range) === undefined ? [] : [run]));
    return runs.length === headers.length ? { range } : { range, runs };
  });
}

export interface RangeInput {
  readonly range: OutputRange | undefined;
  readonly runs: readonly RunReference[];
  readonly format: TextFormatName;
  /** Takes text that comes `times` times in a row; the bytes are the kernel's again after the call. */
  readonly emit: (bytes: Uint8Array, times: number) => void;
}

export function runRange(
  output: OutputKernels,
  { range, runs, format, emit }: RangeInput,
  headers: RunHeaders,
  { segments, progressed }: Omit<BlockContext, "sink">,
): Pick<TaskResult, "rest" | "pairsOut" | "bytesIn"> {
  const task = output.beginRange(format, range);
  let bytesIn = 0;
  const extentOf = (run: RunReference) =>
    range === undefined
      ? { offset: run.headerBytes, byteLength: run.at.byteLength - run.headerBytes }
      : output.extent(headers.of(run), range);
  useEach(runs, {
    at: ({ at }) => at,
    use: (run) => {
      const extent = extentOf(run);
      if (extent === undefined) return;
      segments.read(run.at, task.window(extent.byteLength), extent);
      task.push(extent.byteLength);
      bytesIn += extent.byteLength;
      progressed();
    },
    check: (run) => {
      const extent = extentOf(run);
      if (extent !== undefined) checkExtent(segments, run.at, extent);
      progressed();
    },
  });
  let pairsOut = 0;
  const rest = task.finish((bytes, pairCount, times) => {
    emit(bytes, times);
    pairsOut += pairCount * times;
    progressed();
  });
  return { pairsOut, bytesIn, ...(rest === undefined ? {} : { rest }) };
}
