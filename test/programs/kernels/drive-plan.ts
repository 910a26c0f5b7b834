/**
 * Drives a kernel set through a whole plan in memory: splits, shuffles, reduces, runs, ranges, text.
 *
 * Owns: what executors and partition actors do with bundles, blocks and runs.
 * Never: knows which kernel set it drives; every task gets one from `openKernels`.
 */
import assert from "node:assert/strict";
import { bundleCheck, bundleIndexStretch, isEntryOf, readBundleIndex } from "../../../programs/blocks/bundle.ts";
import type { Reject } from "../../../programs/errors.ts";
import type {
  KernelSet,
  OutputRange,
  TakeText,
  Task,
  TaskSink,
  TaskStatistics,
  TextFormat,
} from "../../../programs/kernels/kernel-set.ts";
import type { Plan } from "../../../programs/plan/plan.ts";
import type { TextFormatName } from "../../../programs/program.ts";

export interface Drive {
  readonly plan: Plan;
  /** Called for every task; may give the same kernel set each time. */
  readonly openKernels: () => KernelSet;
  /** Whole lines each, without header and byte order mark. */
  readonly splits: readonly Uint8Array[];
  readonly format: TextFormat;
  readonly outputFormat: TextFormatName;
  /** Bytes of one push of text; all at once by default. */
  readonly windowBytes?: number;
  readonly pairsPerRange?: number;
  /** Pairs that one task of a range collects; the kernels' own number by default. */
  readonly pairsPerTask?: number;
  /** The order in which a reduce gets its blocks; as they were made by default. */
  readonly shuffleBlocks?: (blocks: readonly Uint8Array[]) => readonly Uint8Array[];
}

export interface Bundle {
  readonly bytes: Uint8Array;
  readonly pairCount: number;
  readonly targets: readonly number[];
}

export interface Run {
  readonly bytes: Uint8Array;
  readonly pairCount: number;
  readonly headerBytes: number;
}

export interface TaskOutcome {
  readonly stage: number;
  readonly statistics: TaskStatistics;
  readonly bundles: readonly Bundle[];
  readonly runs: readonly Run[];
  readonly rejects: readonly Reject[];
}

export interface DriveOutcome {
  readonly text: string;
  /** Pairs as `finish` of the ranges counted them. */
  readonly pairCount: number;
  readonly rejects: readonly Reject[];
  /** In the order in which they ran. */
  readonly tasks: readonly TaskOutcome[];
}

export function drivePlan(drive: Drive): DriveOutcome {
  const { plan } = drive;
  const tasks: TaskOutcome[] = [];
  let outcomes = drive.splits.map((split) => runSplit(drive, split));
  tasks.push(...outcomes);
  for (let stage = 1; stage < plan.stages.length; stage += 1) {
    const blocksByTarget = routeBlocks(plan, outcomes);
    outcomes = blocksByTarget
      .filter((blocks) => blocks.length > 0)
      .map((blocks) => runReduce(drive, stage, drive.shuffleBlocks?.(blocks) ?? blocks));
    tasks.push(...outcomes);
  }
  const rejects = tasks.flatMap((task) => task.rejects);
  return {
    ...formatRuns(
      drive,
      outcomes.flatMap(({ runs }) => runs),
    ),
    rejects,
    tasks,
  };
}

export function runSplit(drive: Drive, split: Uint8Array): TaskOutcome {
  const collector = new Collector();
  const task = drive.openKernels().openStage(0).beginSplit(drive.format, collector);
  const windowBytes = drive.windowBytes ?? Math.max(1, split.length);
  for (let from = 0; from < split.length; from += windowBytes) {
    pushBytes(task, split.subarray(from, from + windowBytes));
  }
  return { stage: 0, statistics: task.finish(), ...collector.contents() };
}

export function runReduce(drive: Drive, stage: number, blocks: readonly Uint8Array[]): TaskOutcome {
  const collector = new Collector();
  const task = drive.openKernels().openStage(stage).beginReduce(collector);
  do {
    for (const block of blocks) pushBytes(task, block);
  } while (task.again());
  return { stage, statistics: task.finish(), ...collector.contents() };
}

/** The blocks of each target partition, in the order of tasks and bundles. */
export function routeBlocks(plan: Plan, outcomes: readonly TaskOutcome[]): Uint8Array[][] {
  const blocksByTarget = Array.from({ length: plan.partitions }, (): Uint8Array[] => []);
  for (const { bytes, targets } of outcomes.flatMap(({ bundles }) => bundles)) {
    for (let target = 0; target < plan.partitions; target += 1) {
      const { offset, byteLength } = bundleIndexStretch(target, 1);
      const stretch = bytes.subarray(offset, offset + byteLength);
      const [entry] = readBundleIndex(stretch, plan.partitions);
      const block = bytes.subarray(entry.offset, entry.offset + entry.byteLength);
      const place = { check: bundleCheck(bytes), target, index: 0 };
      assert(isEntryOf(stretch, place, block), "a bundle's index is right");
      assert.equal(block.length > 0, targets.includes(target), "a bundle's description names its targets");
      if (block.length > 0) blocksByTarget[target].push(block);
    }
  }
  return blocksByTarget;
}

/** The final text, range by range; for order `none` run by run. */
export function formatRuns(drive: Drive, runs: readonly Run[]): { readonly text: string; readonly pairCount: number } {
  const pieces: string[] = [];
  let pairCount = 0;
  const take = (bytes: Uint8Array, count: number, times: number): void => {
    pieces.push(Buffer.from(bytes).toString("latin1").repeat(times));
    pairCount += count * times;
  };
  const { sink } = drive.plan.stages[drive.plan.stages.length - 1];
  assert(sink.kind === "output");
  if (sink.order === "none") {
    for (const { bytes, headerBytes } of runs) {
      const task = drive.openKernels().output.beginRange(drive.outputFormat, undefined);
      pushBytes(task, bytes.subarray(headerBytes));
      task.finish(take);
    }
    return { text: pieces.join(""), pairCount };
  }
  const headers = runs.map(({ bytes, headerBytes }) => bytes.subarray(0, headerBytes));
  for (const range of drive.openKernels().output.planRanges(headers, drive.pairsPerRange ?? 1_000_000)) {
    for (let left: OutputRange | undefined = range; left !== undefined; ) left = formatRange(drive, runs, left, take);
  }
  return { text: pieces.join(""), pairCount };
}

/** Returns what the task left of the range. */
function formatRange(drive: Drive, runs: readonly Run[], range: OutputRange, take: TakeText): OutputRange | undefined {
  const { output } = drive.openKernels();
  const task = output.beginRange(drive.outputFormat, structuredClone(range), drive.pairsPerTask);
  for (const { bytes, headerBytes } of runs) {
    const extent = output.extent(bytes.subarray(0, headerBytes), range);
    if (extent !== undefined) pushBytes(task, bytes.subarray(extent.offset, extent.offset + extent.byteLength));
  }
  return task.finish(take);
}

function pushBytes(task: Pick<Task, "window" | "push">, bytes: Uint8Array): void {
  task.window(bytes.length).set(bytes);
  task.push(bytes.length);
}

class Collector implements TaskSink {
  readonly #bundles: Bundle[] = [];
  readonly #runs: Run[] = [];
  readonly #rejects: Reject[] = [];

  bundle(bytes: Uint8Array, { pairCount, targets }: { readonly pairCount: number; readonly targets: Uint16Array }) {
    this.#bundles.push({ bytes: bytes.slice(), pairCount, targets: [...targets] });
  }

  run(bytes: Uint8Array, description: { readonly pairCount: number; readonly headerBytes: number }) {
    this.#runs.push({ bytes: bytes.slice(), ...description });
  }

  reject(reject: Reject) {
    this.#rejects.push(structuredClone(reject));
  }

  contents() {
    return { bundles: this.#bundles, runs: this.#runs, rejects: this.#rejects };
  }
}
