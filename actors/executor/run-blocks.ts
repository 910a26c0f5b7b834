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
import type { PlannedRange, RunReference } from "./messages.ts";

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
    for (const bundle of bundles) {
      bytesIn += reader.push(bundle, task);
      progressed();
    }
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

  of({ at, headerBytes }: RunReference): Uint8Array {
    const name = `${at.segment}:${at.offset}`;
    let header = this.#headers.get(name);
    if (header === undefined) {
      header = new Uint8Array(headerBytes);
      this.#segments.read(at, header, { offset: 0, byteLength: headerBytes });
      this.#headers.set(name, header);
    }
    return header;
  }
}

/** Cuts the final order into ranges, and names for each the runs that have pairs in it. */
export function planRanges(output: OutputKernels, headers: readonly Uint8Array[], rangePairs: number): PlannedRange[] {
  return output.planRanges(headers, rangePairs).map((range) => ({
    range,
    runs: headers.flatMap((header, index) => (output.extent(header, range) === undefined ? [] : [index])),
  }));
}

export interface RangeInput {
  readonly range: OutputRange | undefined;
  readonly runs: readonly RunReference[];
  readonly format: TextFormatName;
}

export function runRange(
  output: OutputKernels,
  { range, runs, format }: RangeInput,
  headers: RunHeaders,
  { segments, progressed }: Omit<BlockContext, "sink">,
): { readonly text: Uint8Array<ArrayBuffer>[]; readonly pairsOut: number; readonly bytesIn: number } {
  const task = output.beginRange(format, range);
  let bytesIn = 0;
  for (const run of runs) {
    const extent =
      range === undefined
        ? { offset: run.headerBytes, byteLength: run.at.byteLength - run.headerBytes }
        : output.extent(headers.of(run), range);
    if (extent === undefined) continue;
    segments.read(run.at, task.window(extent.byteLength), extent);
    task.push(extent.byteLength);
    bytesIn += extent.byteLength;
    progressed();
  }
  const text: Uint8Array<ArrayBuffer>[] = [];
  let pairsOut = 0;
  task.finish((bytes, pairCount) => {
    // The kernel reuses its memory: what crosses threads is a copy of its own.
    text.push(new Uint8Array(bytes));
    pairsOut += pairCount;
    progressed();
  });
  return { text, pairsOut, bytesIn };
}
