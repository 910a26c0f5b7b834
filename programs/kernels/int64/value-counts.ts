/**
 * Median or distinct of one key whose operands are too many to be kept: they are counted by value, in as many passes over
 * them as their distinct values need, in ascending order.
 *
 * Owns: the counts of one pass, and what passes before it have found.
 * Never: keeps an operand more than once.
 */
import { BATCH_PAIRS } from "../../limits.ts";
import { Aggregation, type OperandColumn } from "./aggregation.ts";
import { fitKeys } from "./fit-keys.ts";
import type { CountedName } from "./holistic.ts";
import type { KernelInstance, Pointer } from "./instance.ts";
import { KeyRange } from "./key-range.ts";
import { INT64_BYTES } from "./memory-pool.ts";

/** A number of 64 bits is read as two of 32. */
const HIGH_HALF = 2 ** 32;

export class ValueCounts {
  /** The smallest code among failed operands; 0: none failed. */
  cause = 0;
  readonly #name: CountedName;
  readonly #instance: KernelInstance;
  readonly #keysMax: number;
  readonly #counts: Aggregation;
  readonly #range = new KeyRange();
  /** A copy of a batch of operands: what is not in range is taken out of it. */
  readonly #batch: Pointer;
  #passes = 0;
  #isDone = false;
  /** Operands, failed ones too. */
  #rowCount = 0;
  /** Operands in the ranges of finished passes, for the median. */
  #rowsBefore = 0;
  #result = 0n;

  constructor(name: CountedName, instance: KernelInstance, keysMax: number) {
    this.#name = name;
    this.#instance = instance;
    this.#keysMax = keysMax;
    this.#counts = new Aggregation(instance, [{ name: "count", fallible: false }]);
    this.#batch = instance.allocate(BATCH_PAIRS * INT64_BYTES);
  }

  /** 0 where an operand failed. */
  get result(): bigint {
    return this.cause === 0 ? this.#result : 0n;
  }

  update({ values, causes }: OperandColumn, count: number): void {
    if (this.#isDone) return;
    if (this.#passes === 0) {
      this.#rowCount += count;
      if (causes !== 0) this.#noteCauses(causes, count);
    }
    // The result of a key is its cause, whatever else comes.
    if (this.cause !== 0) return;
    const byteCount = count * INT64_BYTES;
    this.#instance.bytes(this.#batch, byteCount).set(this.#instance.bytes(values, byteCount));
    const kept = this.#range.select(this.#instance, [this.#batch], count);
    if (kept === 0) return;
    this.#counts.update(this.#batch, [{ values: 0, causes: 0 }], kept);
    fitKeys(this.#counts, this.#range, this.#keysMax);
  }

  /** True: all operands must come again. */
  endPass(): boolean {
    if (this.#isDone) return false;
    this.#passes += 1;
    this.#isDone = this.cause !== 0 || this.#take() || !this.#range.advance();
    this.#counts.clear();
    return !this.#isDone;
  }

  dispose(): void {
    this.#counts.dispose();
    this.#instance.release(this.#batch);
  }

  /** Takes over what the pass counted; true if the result is known. */
  #take(): boolean {
    const { count, keys, columns } = this.#counts.results();
    if (this.#name === "distinct") {
      this.#result += BigInt(count);
      return false;
    }
    const halves = this.#instance.uint32s(columns[0] ?? 0, 2 * count);
    const wanted = Math.floor((this.#rowCount - 1) / 2);
    for (let row = 0; row < count; row += 1) {
      this.#rowsBefore += halves[2 * row]! + halves[2 * row + 1]! * HIGH_HALF;
      if (this.#rowsBefore <= wanted) continue;
      this.#result = this.#instance.int64s(keys + row * INT64_BYTES, 1)[0]!;
      return true;
    }
    return false;
  }

  #noteCauses(causes: Pointer, count: number): void {
    for (const cause of this.#instance.bytes(causes, count)) {
      if (cause !== 0 && (this.cause === 0 || cause < this.cause)) this.cause = cause;
    }
  }
}
