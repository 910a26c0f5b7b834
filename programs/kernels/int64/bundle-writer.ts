/**
 * Writes shuffled rows as one bundle: rows ordered by the target partition of their key, one block a target.
 *
 * Owns: the scratch memory for ordered rows and encoded blocks.
 * Never: decides when a bundle is full.
 */
import { bundleHeaderBytes, writeBundleHeader } from "../../blocks/bundle.ts";
import type { TaskSink } from "../kernel-set.ts";
import { encodeBlock, encodedBytesMax } from "./block-codec.ts";
import type { KernelInstance, Pointer } from "./instance.ts";
import { INT64_BYTES, ScratchRegion } from "./memory-pool.ts";
import { Scatter } from "./scatter.ts";

/** Kind 0: raw pairs, two columns. Kind 1: partial aggregates, a key column and state columns. */
export type BlockKind = 0 | 1;

export class BundleWriter {
  readonly #instance: KernelInstance;
  readonly #targetCount: number;
  readonly #scattered: ScratchRegion;
  readonly #encoded: ScratchRegion;
  #scatter: Scatter | undefined;

  constructor(instance: KernelInstance, targetCount: number) {
    this.#instance = instance;
    this.#targetCount = targetCount;
    this.#scattered = new ScratchRegion(instance);
    this.#encoded = new ScratchRegion(instance);
  }

  /**
   * Shape: `columns` have `count` rows, the first column is the key; `count` is at least 1.
   * Cost: two passes over the rows, one over the ordered columns.
   */
  write(kind: BlockKind, columns: readonly Pointer[], count: number, sink: TaskSink): void {
    const { ordered, rows } = this.#order(columns, count);
    const targets = occupiedTargets(rows);
    const headerBytes = bundleHeaderBytes(this.#targetCount);
    const bundle = this.#encoded.ensure(headerBytes + bodyBytesMax(columns.length, rows, targets));
    const offsets = new Uint32Array(this.#targetCount + 1);
    let end = 0;
    let occupied = 0;
    for (let target = 0; target < this.#targetCount; target += 1) {
      offsets[target] = end;
      if (targets[occupied] !== target) continue;
      occupied += 1;
      const from = rows[target];
      end += encodeBlock(this.#instance, kind, ordered, from, rows[target + 1] - from, bundle + headerBytes + end);
    }
    offsets[this.#targetCount] = end;
    const bytes = this.#instance.bytes(bundle, headerBytes + end);
    writeBundleHeader(bytes, offsets);
    sink.bundle(bytes, { pairCount: count, targets });
  }

  /** `rows` has targetCount + 1 offsets into the ordered columns. */
  #order(
    columns: readonly Pointer[],
    count: number,
  ): { readonly ordered: readonly Pointer[]; readonly rows: Uint32Array } {
    if (this.#targetCount === 1) return { ordered: columns, rows: Uint32Array.of(0, count) };
    this.#scatter ??= new Scatter(this.#instance, this.#targetCount);
    const columnBytes = count * INT64_BYTES;
    const scattered = this.#scattered.ensure(columnBytes * columns.length);
    const ordered = columns.map((_, index) => scattered + index * columnBytes);
    // A copy: encoding grows the memory, which detaches the scatter's view.
    return { ordered, rows: this.#scatter.run(columns, count, ordered).slice() };
  }
}

function occupiedTargets(rows: Uint32Array): Uint16Array {
  const targets = new Uint16Array(rows.length - 1);
  let occupied = 0;
  for (let target = 0; target < targets.length; target += 1) {
    if (rows[target + 1] > rows[target]) targets[occupied++] = target;
  }
  return targets.slice(0, occupied);
}

function bodyBytesMax(columnCount: number, rows: Uint32Array, targets: Uint16Array): number {
  let byteCount = 0;
  for (const target of targets) byteCount += encodedBytesMax(columnCount, rows[target + 1] - rows[target]);
  return byteCount;
}
