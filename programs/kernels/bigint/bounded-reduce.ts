/**
 * The first reduce of a stage, in as many passes over its rows as its memory asks for: each takes the smallest keys that
 * are left, as many as there is room for.
 *
 * Owns: the order of the passes, and the key that is too large for any table.
 * Never: decides what comes to the sink: results are the same, in the same order, however many passes they take.
 *
 * B1. Results come in ascending order of keys, over all passes: a pass takes all keys from its first to its last one.
 * B2. Which rows a pass has seen when its range is cut does not matter: rows behind the range come again.
 * B3. A key that has too many values by itself gets passes of its own, in which its values are counted.
 */
import { ValuesMemoryError } from "../../errors.ts";
import type { ReportFailure } from "../arithmetic-failure.ts";
import { BoundedTable } from "./bounded-table.ts";
import { HotKey } from "./hot-key.ts";
import type { Integer } from "./integer.ts";
import type { IntegerReader } from "./integer-reader.ts";
import { type CompiledReduce, type GivePair, giveResult } from "./reduce-table.ts";

export class BoundedReduce {
  readonly #reduce: CompiledReduce;
  readonly #memoryBytes: number;
  readonly #bounded: BoundedTable;
  /** The last key of this pass, whose values are too many: they are left to passes of its own. */
  #hotKey: Integer | undefined;
  #hot: HotKey | undefined;

  constructor(reduce: CompiledReduce, memoryBytes: number) {
    this.#reduce = reduce;
    this.#memoryBytes = memoryBytes;
    this.#bounded = new BoundedTable(reduce, memoryBytes);
  }

  update(key: Integer, value: Integer): void {
    if (!this.#bounded.range.has(key)) return;
    if (this.#hot !== undefined) {
      if (key === this.#hot.key) this.#hot.update(value);
      return;
    }
    if (key === this.#hotKey) return;
    this.#bounded.table.update(key, value);
    if (this.#bounded.isDue()) this.#fit();
  }

  /** Reads one partial aggregate. */
  merge(reader: IntegerReader): void {
    const { table, range } = this.#bounded;
    const key = reader.read();
    if (range.has(key)) {
      table.merge(key, reader);
      if (this.#bounded.isDue()) this.#fit();
    } else {
      table.skip(reader);
    }
  }

  /** Gives on what the pass took. True: all rows must come again. */
  endPass(give: GivePair, report: ReportFailure): boolean {
    const { table, range } = this.#bounded;
    if (this.#hot !== undefined) {
      if (this.#hot.endPass()) return true;
      const { key, columns } = this.#hot;
      giveResult(this.#reduce, { key, columns }, give, report);
      this.#hot = undefined;
      return range.advance();
    }
    this.#fit();
    table.emit(give, report);
    table.clear();
    if (this.#hotKey === undefined) return range.advance();
    // All keys before it have been given on.
    this.#hot = new HotKey(this.#hotKey, this.#reduce, this.#memoryBytes);
    this.#hotKey = undefined;
    return true;
  }

  #fit(): void {
    const { table, range } = this.#bounded;
    const keyCount = table.keyCount;
    const hotKey = this.#bounded.fit();
    // The range ends before the one that was known.
    if (table.keyCount < keyCount) this.#hotKey = undefined;
    if (hotKey === undefined) return;
    for (const { call } of this.#reduce.step.aggregates) {
      if (call !== undefined) throw new ValuesMemoryError(call.name, hotKey);
    }
    this.#hotKey = hotKey;
    range.cut(hotKey);
    table.clear();
  }
}
