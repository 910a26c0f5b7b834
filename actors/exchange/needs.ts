/**
 * What a task reads of stored bytes, in two steps: indexes first, since they say where the rest lies.
 *
 * Owns: the stretches of bundles and runs that a task reads.
 * Never: fetches or checks anything: what is not as it was written is found by whoever reads it.
 */
import { bundleIndexStretch, readBundleIndex } from "../../programs/blocks/bundle.ts";
import { BrokenBlockError } from "../../programs/errors.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import { type Extent, referencesIn, type Task } from "../executor/messages.ts";

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
  partitionCount: number,
  readIndex: (at: SegmentReference) => Uint8Array,
): readonly SegmentReference[] {
  if (task.kind === "range") return task.runs.map(({ at }, index) => within(at, task.extents[index]));
  if (task.kind !== "reduce") return [];
  const indexes = indexesOf(task);
  return task.inputs.flatMap((at, input) => {
    const index = readIndex(indexes[input]);
    const extent = index.length === 0 ? undefined : blocksOf(index, partitionCount);
    return extent === undefined || extent.offset + extent.byteLength > at.byteLength ? [] : [within(at, extent)];
  });
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
