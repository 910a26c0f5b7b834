/**
 * What a task reads of stored bytes, in two steps: indexes first, since they say where the rest lies.
 *
 * Owns: the stretches of bundles and runs that a task reads.
 * Never: fetches anything, or tells what is not as it was written: that is found by whoever reads it.
 */
import { bundleIndexStretch, readBundleIndex } from "../../programs/blocks/bundle.ts";
import { crc32c } from "../../programs/blocks/crc32c.ts";
import { BrokenBlockError } from "../../programs/errors.ts";
import type { OutputRange } from "../../programs/kernels/kernel-set.ts";
import { runExtent } from "../../programs/kernels/run-extent.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import { type Extent, type RunReference, referencesIn, type Task } from "../executor/messages.ts";

/** Of each bundle, the index entries of the task's partitions; of each run, its header. */
export function indexesOf(task: Task): readonly SegmentReference[] {
  switch (task.kind) {
    case "reduce": {
      const stretch = bundleIndexStretch(task.partition, task.span);
      return task.inputs.map((at) => within(at, stretch));
    }
    case "planRanges":
    case "range":
      return task.runs.map(({ at, headerBytes }) => within(at, { offset: 0, byteLength: headerBytes }));
    case "copy":
      return referencesIn(task.result);
    case "split":
      return [];
  }
}

/** The rest; `readIndex` gives the bytes of an index that was brought here, none for one of this worker's own. */
export function bodiesOf(
  task: Task,
  plan: Plan,
  readIndex: (at: SegmentReference) => Uint8Array,
): readonly SegmentReference[] {
  const indexes = indexesOf(task);
  const bodyOf = (at: SegmentReference, input: number, extentIn: (index: Uint8Array) => Extent | undefined) => {
    const index = readIndex(indexes[input]);
    const extent = index.length === 0 ? undefined : extentIn(index);
    return extent === undefined || extent.offset + extent.byteLength > at.byteLength ? [] : [within(at, extent)];
  };
  if (task.kind === "reduce") {
    return task.inputs.flatMap((at, input) => bodyOf(at, input, (index) => blocksOf(index, plan.partitions)));
  }
  if (task.kind !== "range") return [];
  const { range, runs } = task;
  return runs.flatMap((run, input) => bodyOf(run.at, input, (header) => stretchOf(run, header, { range, plan })));
}

/** Undefined for none, and for a header that is not the one that was written. */
function stretchOf(
  { at, headerBytes }: RunReference,
  header: Uint8Array,
  { range, plan }: { readonly range: OutputRange | undefined; readonly plan: Plan },
): Extent | undefined {
  if (range === undefined) return { offset: headerBytes, byteLength: at.byteLength - headerBytes };
  return crc32c(header, 0, header.length) === at.crc ? runExtent(plan.integers)(header, range) : undefined;
}

/** Undefined for none, and for an index that is broken. */
function blocksOf(index: Uint8Array, partitionCount: number): Extent | undefined {
  try {
    const entries = readBundleIndex(index, partitionCount);
    const { offset } = entries[0];
    const last = entries[entries.length - 1];
    const byteLength = last.offset + last.byteLength - offset;
    return byteLength === 0 ? undefined : { offset, byteLength };
  } catch (error) {
    if (error instanceof BrokenBlockError) return undefined;
    throw error;
  }
}

function within({ segment, offset }: SegmentReference, extent: Extent): SegmentReference {
  return { segment, offset: offset + extent.offset, byteLength: extent.byteLength };
}
