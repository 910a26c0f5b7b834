/**
 * A reduce that is a function of the operator's own: called for each key with all its values, which lie sorted together.
 *
 * Owns: the lists of values, made one at a time.
 * Never: allocates in the kernels' memory while it holds views of it.
 */
import type { RegisteredCall } from "../../expression/tree.ts";
import { CALL_SUBJECT } from "../../registered/call-recorder.ts";
import type { GuardedFunctions } from "../../registered/guarded-functions.ts";
import type { FinishedColumn } from "./accumulator.ts";
import { CAUSE_CODE, type CauseName } from "./chain/cause.ts";
import type { KernelInstance, Pointer } from "./instance.ts";

/** Rows sorted by (key, value). */
export interface SortedRows {
  readonly keys: Pointer;
  readonly values: Pointer;
  readonly count: number;
}

/** Gives the result of each of `keyCount` keys; the columns are the caller's. */
export type ReduceRows = (instance: KernelInstance, rows: SortedRows, keyCount: number) => FinishedColumn;

export function registeredReduce(operation: number, call: RegisteredCall, functions: GuardedFunctions): ReduceRows {
  const apply = functions.integer(call);
  return (instance, rows, keyCount) => {
    const values = instance.allocate(keyCount * BigInt64Array.BYTES_PER_ELEMENT);
    const causes = instance.allocate(keyCount);
    const [keyColumn, valueColumn] = [instance.int64s(rows.keys, rows.count), instance.int64s(rows.values, rows.count)];
    const keyHalves = instance.uint32s(rows.keys, 2 * rows.count);
    const [results, codes] = [instance.int64s(values, keyCount), instance.bytes(causes, keyCount).fill(0)];
    const reasons = new Map<bigint, string>();
    let key = 0;
    for (let from = 0; from < rows.count; key += 1) {
      const to = endOfRun(keyHalves, from);
      const list = Array.from(valueColumn.subarray(from, to));
      functions.recorder.enter(operation, CALL_SUBJECT.key, keyHalves[2 * from]!, keyHalves[2 * from + 1]!, 0, 0);
      const result = apply(list);
      functions.recorder.leave();
      results[key] = typeof result === "bigint" ? result : 0n;
      if (typeof result === "object") {
        codes[key] = CAUSE_CODE[result.cause as CauseName];
        if (result.reason !== undefined) reasons.set(keyColumn[from]!, result.reason);
      }
      from = to;
    }
    if (codes.some((code) => code !== 0)) return { values, causes, reasons };
    instance.release(causes);
    return { values, causes: 0 };
  };
}

/** The row behind those with the key of row `from`. */
function endOfRun(keyHalves: Uint32Array, from: number): number {
  const [low, high] = [keyHalves[2 * from], keyHalves[2 * from + 1]];
  let to = from + 1;
  while (2 * to < keyHalves.length && keyHalves[2 * to] === low && keyHalves[2 * to + 1] === high) to += 1;
  return to;
}
