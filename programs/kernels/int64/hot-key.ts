/**
 * One key with more rows than holistic aggregates may keep: aggregated in several passes over its rows, keeping counts of
 * distinct operands only.
 *
 * Owns: the key's aggregates.
 * Never: sees a row of another key, or a function of the operator's own, which needs all values at once.
 */
import {
  Aggregation,
  type AggregationResults,
  type AggregationSpecification,
  type OperandColumn,
} from "./aggregation.ts";
import type { CountedName } from "./holistic.ts";
import type { KernelInstance, Pointer } from "./instance.ts";
import { INT64_BYTES } from "./memory-pool.ts";
import { ValueCounts } from "./value-counts.ts";

export class HotKey {
  readonly key: bigint;
  readonly #instance: KernelInstance;
  /** By specification. */
  readonly #counts: readonly (ValueCounts | undefined)[];
  /** The aggregates that need no second pass. */
  readonly #plain: Aggregation | undefined;
  #isFirstPass = true;
  /** Owned memory of the result: key, values, causes. */
  #row: Pointer = 0;

  /** `valuesMax`: distinct operands counted in one pass, all aggregates together. */
  constructor(
    key: bigint,
    instance: KernelInstance,
    specifications: readonly AggregationSpecification[],
    valuesMax: number,
  ) {
    this.key = key;
    this.#instance = instance;
    const holistic = specifications.filter(({ name }) => isCounted(name));
    const share = Math.max(1, Math.floor(valuesMax / holistic.length));
    this.#counts = specifications.map(({ name }) =>
      isCounted(name) ? new ValueCounts(name, instance, share) : undefined,
    );
    const plain = specifications.filter(({ name }) => !isCounted(name));
    this.#plain = plain.length === 0 ? undefined : new Aggregation(instance, plain);
  }

  update(keys: Pointer, operands: readonly OperandColumn[], count: number): void {
    for (const [position, counts] of this.#counts.entries()) counts?.update(operands[position]!, count);
    if (!this.#isFirstPass) return;
    const plain = operands.filter((_, position) => this.#counts[position] === undefined);
    this.#plain?.update(keys, plain, count);
  }

  /** True: all rows of the key must come again. */
  endPass(): boolean {
    this.#isFirstPass = false;
    let goesOn = false;
    for (const counts of this.#counts) if (counts?.endPass()) goesOn = true;
    return goesOn;
  }

  /** One row, after the last pass; its memory goes with `dispose`. */
  results(): AggregationResults {
    const width = this.#counts.length;
    this.#row = this.#instance.allocate((1 + 2 * width) * INT64_BYTES);
    const plain = this.#plain?.results();
    const values = [this.key];
    const causes: bigint[] = [];
    let plainIndex = 0;
    for (const counts of this.#counts) {
      if (counts !== undefined) {
        values.push(counts.result);
        causes.push(BigInt(counts.cause));
        continue;
      }
      const cause = plain?.causes[plainIndex] ?? 0;
      values.push(this.#instance.int64s(plain?.columns[plainIndex] ?? 0, 1)[0]!);
      causes.push(cause === 0 ? 0n : BigInt(this.#instance.bytes(cause, 1)[0]!));
      plainIndex += 1;
    }
    this.#instance.int64s(this.#row, 1 + 2 * width).set([...values, ...causes]);
    const at = (index: number): Pointer => this.#row + index * INT64_BYTES;
    return {
      count: 1,
      keys: at(0),
      columns: this.#counts.map((_, index) => at(1 + index)),
      // A code is one byte; the first one of a small integer.
      causes: causes.map((cause, index) => (cause === 0n ? 0 : at(1 + width + index))),
    };
  }

  dispose(): void {
    for (const counts of this.#counts) counts?.dispose();
    this.#plain?.dispose();
    if (this.#row !== 0) this.#instance.release(this.#row);
  }
}

function isCounted(name: AggregationSpecification["name"]): name is CountedName {
  return name === "median" || name === "distinct";
}
