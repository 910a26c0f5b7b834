/**
 * Writes pairs of the result as runs: a run for every RUN_PAIRS_MAX pairs, sorted where the output is to be.
 *
 * Owns: the pairs collected for the next run.
 * Never: merges runs; see `range-task.ts`.
 */
import { RUN_BLOCK_PAIRS, RUN_PAIRS_MAX } from "../../limits.ts";
import type { OutputOrder } from "../../program.ts";
import type { TaskSink } from "../kernel-set.ts";
import type { BoundPair } from "../range-splitters.ts";
import { encodeBlock, encodedBytesMax } from "./block-codec.ts";
import type { PairColumns } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import { INT64_BYTES, type PairBuffer } from "./memory-pool.ts";
import type { PairSink } from "./pair-sink.ts";
import { BLOCK_LENGTH_BYTES, type RunBlock, runHeaderBytes, writeBlockLength, writeRunHeader } from "./run-header.ts";
import { sortPairs } from "./sort.ts";

export class RunSink implements PairSink {
  pairsOut = 0;
  readonly #order: OutputOrder;
  readonly #resources: KernelResources;
  readonly #sink: TaskSink;
  #pairs: PairBuffer | undefined;

  constructor(order: OutputOrder, resources: KernelResources, sink: TaskSink) {
    this.#order = order;
    this.#resources = resources;
    this.#sink = sink;
  }

  take(columns: PairColumns, count: number): void {
    this.#pairs ??= this.#resources.acquirePairs();
    let from = 0;
    while (from < count) {
      const taken = Math.min(count - from, RUN_PAIRS_MAX - this.#pairs.count);
      this.#pairs.append(columns, from, taken);
      from += taken;
      if (this.#pairs.count === RUN_PAIRS_MAX) this.#flush(this.#pairs);
    }
  }

  finish(): void {
    if (this.#pairs === undefined) return;
    if (this.#pairs.count > 0) this.#flush(this.#pairs);
    this.#resources.releasePairs(this.#pairs);
    this.#pairs = undefined;
  }

  #flush(pairs: PairBuffer): void {
    const { instance, runBytes } = this.#resources;
    const { count, columns } = pairs;
    if (this.#order === "key") sortPairs(instance, columns.keys, columns.values, count);
    const blockCount = Math.ceil(count / RUN_BLOCK_PAIRS);
    const headerBytes = runHeaderBytes(blockCount);
    const run = runBytes.ensure(headerBytes + blockCount * (BLOCK_LENGTH_BYTES + encodedBytesMax(2, RUN_BLOCK_PAIRS)));
    const blocks: RunBlock[] = [];
    let end = headerBytes;
    for (let from = 0; from < count; from += RUN_BLOCK_PAIRS) {
      const pairCount = Math.min(RUN_BLOCK_PAIRS, count - from);
      blocks.push({ first: this.#pairAt(columns, from), pairCount, offset: end });
      const block = run + end + BLOCK_LENGTH_BYTES;
      const byteLength = encodeBlock(instance, 0, [columns.keys, columns.values], from, pairCount, block);
      writeBlockLength(instance.bytes(run + end, BLOCK_LENGTH_BYTES), byteLength);
      end += BLOCK_LENGTH_BYTES + byteLength;
    }
    const last = this.#pairAt(columns, count - 1);
    const bytes = instance.bytes(run, end);
    writeRunHeader(bytes, blocks, last);
    this.#sink.run(bytes, { pairCount: count, headerBytes });
    this.pairsOut += count;
    pairs.count = 0;
  }

  #pairAt({ keys, values }: PairColumns, row: number): BoundPair {
    const { instance } = this.#resources;
    const offset = row * INT64_BYTES;
    return [instance.int64s(keys + offset, 1)[0], instance.int64s(values + offset, 1)[0]];
  }
}
