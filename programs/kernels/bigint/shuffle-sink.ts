/**
 * Sends pairs to the partitions of their keys as they are: a bundle for every BUNDLE_PAIRS_MAX pairs, or when long
 * integers have filled BIGINT_GATHERED_BYTES_MAX.
 *
 * Owns: when a bundle is full.
 * Never: combines pairs; see `combiner-sink.ts`.
 */
import { BIGINT_GATHERED_BYTES_MAX, BUNDLE_PAIRS_MAX } from "../../limits.ts";
import type { TaskSink } from "../kernel-set.ts";
import { BundleWriter } from "./bundle-writer.ts";
import type { Integer } from "./integer.ts";
import type { PairSink } from "./pair-sink.ts";

export class ShuffleSink implements PairSink {
  pairsOut = 0;
  readonly #bundle: BundleWriter;
  #byteCount = 0;

  constructor(targetCount: number, sink: TaskSink) {
    this.#bundle = new BundleWriter(targetCount, sink);
  }

  take(key: Integer, value: Integer): void {
    const writer = this.#bundle.row(key);
    const before = writer.length;
    writer.write(key);
    writer.write(value);
    this.#byteCount += writer.length - before;
    if (this.#bundle.rowCount === BUNDLE_PAIRS_MAX || this.#byteCount >= BIGINT_GATHERED_BYTES_MAX) this.#flush();
  }

  finish(): void {
    if (this.#bundle.rowCount > 0) this.#flush();
  }

  #flush(): void {
    this.pairsOut += this.#bundle.rowCount;
    this.#byteCount = 0;
    this.#bundle.flush(2);
  }
}
