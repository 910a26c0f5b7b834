/**
 * Steps that are functions of the operator's own, over batches: a call for each pair, outside of WebAssembly.
 *
 * Owns: the loops over rows; which list a flatMap is in the middle of.
 * Never: allocates beyond the integers that a function is given and gives.
 *
 * F1. A batch is in the kernels' memory before and after: what these steps do can stand between compiled chains.
 * F2. Nothing here can make that memory grow, so that views of it hold for a whole batch.
 * Source: docs/decisions/0016-registered-functions.md
 */
import type { RegisteredCall } from "../../expression/tree.ts";
import { CALL_SUBJECT } from "../../registered/call-recorder.ts";
import { FunctionFailure, type GuardedFunctions } from "../../registered/guarded-functions.ts";
import type { Chain, Expansion } from "./chain/compile-chain.ts";
import type { OnFailure } from "./chain/outcome.ts";
import type { KernelInstance, PairColumns } from "./instance.ts";

/** One step: its index into `Plan.operations`, what it is, and what it calls. */
export interface RegisteredStep {
  readonly kind: "map" | "changeKey" | "filter";
  readonly operation: number;
  readonly call: RegisteredCall;
}

export function registeredChain(
  { kind, operation, call }: RegisteredStep,
  instance: KernelInstance,
  functions: GuardedFunctions,
): Chain {
  const apply: (value: bigint) => bigint | boolean | FunctionFailure =
    kind === "filter" ? functions.truth(call) : functions.integer(call);
  return {
    run: (columns, count, onFailure) => {
      const rows = new Rows(instance, columns, count);
      const results = kind === "changeKey" ? rows.keys : rows.values;
      let kept = 0;
      for (let row = 0; row < count; row += 1) {
        const value = rows.values[row]!;
        rows.enter(functions, operation, row);
        const result = apply(value);
        functions.recorder.leave();
        if (result === false) continue;
        if (typeof result === "object") {
          onFailure({ operation, cause: result.cause, reason: result.reason, key: rows.keys[row]!, value });
          continue;
        }
        if (kept < row) rows.move(row, kept);
        if (result !== true) results[kept] = result;
        kept += 1;
      }
      return kept;
    },
  };
}

/** A list that does not fit the output is kept for the next call, or made again where others have called in between. */
export function registeredExpansion(
  { operation, call }: Omit<RegisteredStep, "kind">,
  instance: KernelInstance,
  functions: GuardedFunctions,
): Expansion {
  const apply = functions.list(call);
  let begun: { readonly value: bigint; readonly list: readonly bigint[] } | undefined;
  const listOf = (rows: Rows, row: number, onFailure: OnFailure): readonly bigint[] => {
    const value = rows.values[row]!;
    if (begun?.value === value) return begun.list;
    rows.enter(functions, operation, row);
    const list = apply(value);
    functions.recorder.leave();
    if (!(list instanceof FunctionFailure)) return list;
    onFailure({ operation, cause: list.cause, reason: list.reason, key: rows.keys[row]!, value });
    return [];
  };
  return {
    run: (columns, row, position, count, out, outAt, capacity, onFailure) => {
      const rows = new Rows(instance, columns, count);
      const target = new Rows(instance, out, capacity);
      let produced = outAt;
      let from = Number(position);
      for (let at = row; at < count; at += 1) {
        const list = listOf(rows, at, onFailure);
        const end = Math.min(list.length, from + capacity - produced);
        for (; from < end; from += 1) {
          target.copyKey(produced, rows, at);
          target.values[produced] = list[from]!;
          produced += 1;
        }
        if (from < list.length) {
          begun = { value: rows.values[at]!, list };
          return { produced: produced - outAt, row: at, position: BigInt(from), done: false };
        }
        begun = undefined;
        from = 0;
      }
      return { produced: produced - outAt, row: count, position: 0n, done: true };
    },
  };
}

/** A batch as numbers; the halves of a key are copied without making an integer of it. */
class Rows {
  readonly keys: BigInt64Array;
  readonly values: BigInt64Array;
  readonly #keyHalves: Uint32Array;
  readonly #valueHalves: Uint32Array;

  constructor(instance: KernelInstance, columns: PairColumns, count: number) {
    this.keys = instance.int64s(columns.keys, count);
    this.values = instance.int64s(columns.values, count);
    this.#keyHalves = instance.uint32s(columns.keys, 2 * count);
    this.#valueHalves = instance.uint32s(columns.values, 2 * count);
  }

  enter({ recorder }: GuardedFunctions, operation: number, row: number): void {
    const [keys, values, at] = [this.#keyHalves, this.#valueHalves, 2 * row];
    recorder.enter(operation, CALL_SUBJECT.pair, keys[at]!, keys[at + 1]!, values[at]!, values[at + 1]!);
  }

  move(from: number, to: number): void {
    this.copyKey(to, this, from);
    this.#valueHalves[2 * to] = this.#valueHalves[2 * from]!;
    this.#valueHalves[2 * to + 1] = this.#valueHalves[2 * from + 1]!;
  }

  copyKey(to: number, source: Rows, from: number): void {
    this.#keyHalves[2 * to] = source.#keyHalves[2 * from]!;
    this.#keyHalves[2 * to + 1] = source.#keyHalves[2 * from + 1]!;
  }
}
