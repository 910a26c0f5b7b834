/**
 * Sends pairs to the partitions of their keys as they are: a bundle for every BUNDLE_PAIRS_MAX pairs.
 *
 * Owns: the pairs collected for the next bundle.
 * Never: combines pairs; see `combiner-sink.ts`.
 */
import { BUNDLE_PAIRS_MAX } from "../../limits.ts";
import type { TaskSink } from "../kernel-set.ts";
import type { PairColumns } from "./instance.ts";
import type { KernelResources } from "./kernel-resources.ts";
import type { PairBuffer } from "./memory-pool.ts";
import type { PairSink } from "./pair-sink.ts";

export class ShuffleSink implements PairSink {
  pairsOut = 0;
  readonly #resources: KernelResources;
  readonly #sink: TaskSink;
  #pairs: PairBuffer | undefined;

  constructor(resources: KernelResources, sink: TaskSink) {
    this.#resources = resources;
    this.#sink = sink;
  }

  take(columns: PairColumns, count: number): void {
    this.#pairs ??= this.#resources.acquirePairs();
    let from = 0;
    while (from < count) {
      const taken = Math.min(count - from, BUNDLE_PAIRS_MAX - this.#pairs.count);
      this.#pairs.append(columns, from, taken);
      from += taken;
      if (this.#pairs.count === BUNDLE_PAIRS_MAX) this.#flush(this.#pairs);
    }
  }

  finish(): void {
    if (this.#pairs === undefined) return;
    if (this.#pairs.count > 0) this.#flush(this.#pairs);
    this.#resources.releasePairs(this.#pairs);
    this.#pairs = undefined;
  }

  #flush(pairs: PairBuffer): void {
    const { keys, values } = pairs.columns;
    this.#resources.bundles.write(0, [keys, values], pairs.count, this.#sink);
    this.pairsOut += pairs.count;
    pairs.count = 0;
  }
}
