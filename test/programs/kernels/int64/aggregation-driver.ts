/**
 * Drives an `Aggregation` with rows of BigInt and reads its results back.
 *
 * Owns: copying into and out of the kernels' memory.
 * Never: aggregates.
 */
import { readFileSync } from "node:fs";
import type { Aggregation } from "../../../../programs/kernels/int64/aggregation.ts";
import { instantiateKernels, type KernelInstance, type Pointer } from "../../../../programs/kernels/int64/instance.ts";
import { BATCH_PAIRS } from "../../../../programs/limits.ts";
import type { Aggregated, Row } from "./aggregation-reference.ts";

const INT64_BYTES = 8;

export const kernelModule = new WebAssembly.Module(
  readFileSync(new URL("../../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);

export function newInstance(): KernelInstance {
  return instantiateKernels(kernelModule);
}

export function column(instance: KernelInstance, values: readonly bigint[]): Pointer {
  const pointer = instance.allocate(values.length * INT64_BYTES);
  instance.int64s(pointer, values.length).set(values);
  return pointer;
}

/** Updates in batches of `batchRows`. A batch without failures has no column of causes. */
export function updateWith(
  instance: KernelInstance,
  aggregation: Aggregation,
  rows: readonly Row[],
  batchRows: number = BATCH_PAIRS,
): void {
  for (let from = 0; from < rows.length; from += batchRows) {
    const batch = rows.slice(from, from + batchRows);
    const keys = column(
      instance,
      batch.map((row) => row.key),
    );
    const operands = batch[0]!.operands.map((_, position) => {
      const values = column(
        instance,
        batch.map((row) => row.operands[position]!.value),
      );
      const codes = batch.map((row) => row.operands[position]!.cause);
      const causes = codes.some((cause) => cause !== 0) ? instance.allocate(batch.length) : 0;
      if (causes !== 0) instance.bytes(causes, batch.length).set(codes);
      return { values, causes };
    });
    aggregation.update(keys, operands, batch.length);
    for (const { values, causes } of operands) {
      instance.release(values);
      if (causes !== 0) instance.release(causes);
    }
    instance.release(keys);
  }
}

export interface PartialAggregates {
  readonly keys: readonly bigint[];
  readonly states: readonly (readonly bigint[])[];
}

/** All partial aggregates, copied out in slices of `sliceKeys`. */
export function statesOf(instance: KernelInstance, aggregation: Aggregation, sliceKeys: number): PartialAggregates {
  const keys: bigint[] = [];
  const states: bigint[][] = Array.from({ length: aggregation.stateColumnCount }, () => []);
  for (let from = 0; from < aggregation.keyCount; from += sliceKeys) {
    const count = Math.min(sliceKeys, aggregation.keyCount - from);
    const columns = [keys, ...states].map(() => instance.allocate(count * INT64_BYTES));
    aggregation.states(from, count, columns[0]!, columns.slice(1));
    for (const [index, target] of [keys, ...states].entries()) {
      target.push(...instance.int64s(columns[index]!, count));
      instance.release(columns[index]!);
    }
  }
  return { keys, states };
}

export function mergeInto(instance: KernelInstance, aggregation: Aggregation, partial: PartialAggregates): void {
  const keys = column(instance, partial.keys);
  const states = partial.states.map((values) => column(instance, values));
  aggregation.merge(keys, states, partial.keys.length);
  for (const pointer of [keys, ...states]) instance.release(pointer);
}

export function resultsOf(instance: KernelInstance, aggregation: Aggregation): Aggregated {
  const { count, keys, columns, causes } = aggregation.results();
  const keyView = instance.int64s(keys, count);
  const views = columns.map((pointer) => instance.int64s(pointer, count));
  const causeViews = causes.map((pointer) => (pointer === 0 ? new Uint8Array(count) : instance.bytes(pointer, count)));
  return Array.from(keyView, (key, index) => ({
    key,
    results: views.map((view, position) => ({ value: view[index]!, cause: causeViews[position]![index]! })),
  }));
}
