/**
 * The states of one decomposable aggregate: int64 columns beside the key table's dense keys.
 *
 * Owns: the columns' memory, their neutral values, and which kernel pass updates, merges and finishes which aggregate.
 * Never: looks at keys.
 *
 * A1. State columns by aggregate: count [count]; sum [low, carries]; mean [low, carries, count]; min, max [value];
 *     product [value, status] (assembly/int128.ts); and behind them [cause] if the operand can fail.
 * A2. Every state is a commutative monoid with the neutral values as its unit: updates and merges give the same states in
 *     any order and grouping.
 */
import type { AggregateName } from "../../expression/tree.ts";
import { BATCH_PAIRS } from "../../limits.ts";
import type { KernelInstance, Pointer } from "./instance.ts";

export type DecomposableName = Exclude<AggregateName, "median" | "distinct">;

/** One operand over the rows of a batch. */
export interface OperandColumn {
  readonly values: Pointer;
  /** One cause code (u8) per row, or 0: no row failed. */
  readonly causes: Pointer;
}

/** One aggregate over all keys, in the order that was asked for. Both columns belong to the caller. */
export interface FinishedColumn {
  readonly values: Pointer;
  /** One cause code (u8) per key, or 0: no key failed. */
  readonly causes: Pointer;
  /** Of keys whose cause has words of its own. */
  readonly reasons?: ReadonlyMap<bigint, string>;
}

interface AggregateExports {
  fillStates(states: Pointer, from: number, to: number, value: bigint): void;
  reallocate(pointer: Pointer, byteCount: number): Pointer;
  addOnes(counts: Pointer, indexes: Pointer, count: number): void;
  addCounts(counts: Pointer, indexes: Pointer, addends: Pointer, count: number): void;
  addValues(lows: Pointer, carries: Pointer, indexes: Pointer, values: Pointer, count: number): void;
  mergeSums(lows: Pointer, carries: Pointer, indexes: Pointer, low: Pointer, carry: Pointer, count: number): void;
  takeMinima(states: Pointer, indexes: Pointer, values: Pointer, count: number): void;
  takeMaxima(states: Pointer, indexes: Pointer, values: Pointer, count: number): void;
  multiplyValues(products: Pointer, statuses: Pointer, indexes: Pointer, values: Pointer, count: number): void;
  mergeProducts(products: Pointer, statuses: Pointer, indexes: Pointer, p: Pointer, s: Pointer, count: number): void;
  mergeCauses(states: Pointer, indexes: Pointer, causes: Pointer, count: number): void;
  anyByte(bytes: Pointer, count: number): number;
  separateFailed(
    ...operands: [Pointer, Pointer, Pointer, Pointer, count: number, indexesOut: Pointer, valuesOut: Pointer]
  ): number;
  finishSums(lows: Pointer, carries: Pointer, order: Pointer, count: number, out: Pointer, causes: Pointer): number;
  finishProducts(values: Pointer, statuses: Pointer, order: Pointer, n: number, out: Pointer, causes: Pointer): number;
  finishMeans(lows: Pointer, carries: Pointer, counts: Pointer, order: Pointer, count: number, out: Pointer): void;
  finishPlain(states: Pointer, order: Pointer, count: number, out: Pointer): void;
  finishCauses(states: Pointer, order: Pointer, count: number, out: Pointer, causes: Pointer): number;
}

interface Kind {
  /** The state of a key without rows, one for each column. */
  readonly neutral: readonly bigint[];
  update(kernels: AggregateExports, states: readonly Pointer[], indexes: Pointer, values: Pointer, count: number): void;
  merge(
    kernels: AggregateExports,
    states: readonly Pointer[],
    indexes: Pointer,
    others: readonly Pointer[],
    count: number,
  ): void;
  /** Writes results, and causes only if some result does not fit. Returns how many do not. */
  finish(
    kernels: AggregateExports,
    states: readonly Pointer[],
    order: Pointer,
    count: number,
    out: FinishedColumn,
  ): number;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const INT64_BYTES = 8;
const INDEX_BYTES = 4;
const ENTRIES_MIN = 256;

const finishPlain: Kind["finish"] = (kernels, [states = 0], order, count, out) => {
  kernels.finishPlain(states, order, count, out.values);
  return 0;
};

const KINDS: Readonly<Record<DecomposableName, Kind>> = {
  count: {
    neutral: [0n],
    update: (kernels, [counts = 0], indexes, _values, count) => kernels.addOnes(counts, indexes, count),
    merge: (kernels, [counts = 0], indexes, [others = 0], count) => kernels.addCounts(counts, indexes, others, count),
    finish: finishPlain,
  },
  sum: {
    neutral: [0n, 0n],
    update: (kernels, [lows = 0, carries = 0], indexes, values, count) =>
      kernels.addValues(lows, carries, indexes, values, count),
    merge: (kernels, [lows = 0, carries = 0], indexes, [low = 0, carry = 0], count) =>
      kernels.mergeSums(lows, carries, indexes, low, carry, count),
    finish: (kernels, [lows = 0, carries = 0], order, count, out) =>
      kernels.finishSums(lows, carries, order, count, out.values, out.causes),
  },
  mean: {
    neutral: [0n, 0n, 0n],
    update: (kernels, [lows = 0, carries = 0, counts = 0], indexes, values, count) => {
      kernels.addValues(lows, carries, indexes, values, count);
      kernels.addOnes(counts, indexes, count);
    },
    merge: (kernels, [lows = 0, carries = 0, counts = 0], indexes, [low = 0, carry = 0, others = 0], count) => {
      kernels.mergeSums(lows, carries, indexes, low, carry, count);
      kernels.addCounts(counts, indexes, others, count);
    },
    finish: (kernels, [lows = 0, carries = 0, counts = 0], order, count, out) => {
      kernels.finishMeans(lows, carries, counts, order, count, out.values);
      return 0;
    },
  },
  min: {
    neutral: [INT64_MAX],
    update: (kernels, [states = 0], indexes, values, count) => kernels.takeMinima(states, indexes, values, count),
    merge: (kernels, [states = 0], indexes, [others = 0], count) => kernels.takeMinima(states, indexes, others, count),
    finish: finishPlain,
  },
  max: {
    neutral: [INT64_MIN],
    update: (kernels, [states = 0], indexes, values, count) => kernels.takeMaxima(states, indexes, values, count),
    merge: (kernels, [states = 0], indexes, [others = 0], count) => kernels.takeMaxima(states, indexes, others, count),
    finish: finishPlain,
  },
  product: {
    neutral: [1n, 0n],
    update: (kernels, [products = 0, statuses = 0], indexes, values, count) =>
      kernels.multiplyValues(products, statuses, indexes, values, count),
    merge: (kernels, [products = 0, statuses = 0], indexes, [product = 0, status = 0], count) =>
      kernels.mergeProducts(products, statuses, indexes, product, status, count),
    finish: (kernels, [products = 0, statuses = 0], order, count, out) =>
      kernels.finishProducts(products, statuses, order, count, out.values, out.causes),
  },
};

export class Accumulator {
  readonly #instance: KernelInstance;
  readonly #kernels: AggregateExports;
  readonly #kind: Kind;
  readonly #neutral: readonly bigint[];
  readonly #fallible: boolean;
  readonly #columns: Pointer[];
  /** Indexes and values of the rows that did not fail, for batches in which some did. */
  readonly #keptIndexes: Pointer;
  readonly #keptValues: Pointer;
  #capacity = ENTRIES_MIN;
  #count = 0;

  constructor(instance: KernelInstance, name: DecomposableName, fallible: boolean) {
    this.#instance = instance;
    this.#kernels = instance.exports as unknown as AggregateExports;
    this.#kind = KINDS[name];
    this.#fallible = fallible;
    this.#neutral = fallible ? [...this.#kind.neutral, 0n] : this.#kind.neutral;
    this.#columns = this.#neutral.map(() => instance.allocate(this.#capacity * INT64_BYTES));
    this.#keptIndexes = fallible ? instance.allocate(BATCH_PAIRS * INDEX_BYTES) : 0;
    this.#keptValues = fallible ? instance.allocate(BATCH_PAIRS * INT64_BYTES) : 0;
  }

  /** The state columns by index of key; they move when keys are added. */
  get columns(): readonly Pointer[] {
    return this.#columns;
  }

  /** Makes room for `keyCount` keys and gives the new ones the neutral state. */
  extend(keyCount: number): void {
    if (keyCount > this.#capacity) {
      while (keyCount > this.#capacity) this.#capacity *= 2;
      for (const [column, pointer] of this.#columns.entries()) {
        this.#columns[column] = this.#kernels.reallocate(pointer, this.#capacity * INT64_BYTES) >>> 0;
      }
    }
    for (const [column, value] of this.#neutral.entries()) {
      this.#kernels.fillStates(this.#columns[column] ?? 0, this.#count, keyCount, value);
    }
    this.#count = keyCount;
  }

  update(indexes: Pointer, operand: OperandColumn, count: number): void {
    const { values, causes } = operand;
    if (!this.#fallible || causes === 0 || this.#kernels.anyByte(causes, count) === 0) {
      this.#kind.update(this.#kernels, this.#columns, indexes, values, count);
      return;
    }
    const [keptIndexes, keptValues] = [this.#keptIndexes, this.#keptValues];
    const poison = this.#columns.at(-1) ?? 0;
    const kept = this.#kernels.separateFailed(poison, indexes, values, causes, count, keptIndexes, keptValues) >>> 0;
    this.#kind.update(this.#kernels, this.#columns, keptIndexes, keptValues, kept);
  }

  /** Merges partial states: as many columns as `columns` has. */
  merge(indexes: Pointer, states: readonly Pointer[], count: number): void {
    this.#kind.merge(this.#kernels, this.#columns, indexes, states, count);
    if (this.#fallible) this.#kernels.mergeCauses(this.#columns.at(-1) ?? 0, indexes, states.at(-1) ?? 0, count);
  }

  /** The aggregate of each key, in the order of the given indexes (u32). */
  finish(order: Pointer, count: number): FinishedColumn {
    const out = {
      values: this.#instance.allocate(count * INT64_BYTES),
      causes: this.#instance.allocate(count),
    };
    this.#instance.bytes(out.causes, count).fill(0);
    let failed = this.#kind.finish(this.#kernels, this.#columns, order, count, out);
    if (this.#fallible) {
      failed += this.#kernels.finishCauses(this.#columns.at(-1) ?? 0, order, count, out.values, out.causes);
    }
    if (failed > 0) return out;
    this.#instance.release(out.causes);
    return { values: out.values, causes: 0 };
  }

  /** The key table has moved the states of its first `keyCount` keys together; there are no others any more. */
  shrink(keyCount: number): void {
    this.#count = keyCount;
  }

  /** Forgets all keys, keeps the memory. */
  clear(): void {
    this.#count = 0;
  }

  dispose(): void {
    for (const pointer of this.#columns) this.#instance.release(pointer);
    if (this.#fallible) {
      this.#instance.release(this.#keptIndexes);
      this.#instance.release(this.#keptValues);
    }
  }
}
