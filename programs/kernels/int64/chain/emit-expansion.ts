/**
 * Compiles a flatMap's list expression to a loop that appends pairs to a batch until the batch is full.
 *
 * Owns: the loop, and how a pair's list is cut where the batch ends. A range is never laid out anywhere but in the batch.
 *
 * Signature: `(keys, values, row, count, outKeys, outValues, outAt, capacity, position) -> status`. The outcome area then
 * holds the row and position to go on with and the number of output rows in use; after a failure the row that failed.
 *
 * X1. All items of a list have a value before the first is counted: a failing item emits nothing.
 * X2. Evaluating a pair again to go on inside its list gives the same list, so no state is kept but the position.
 */
import type { ListExpression } from "../../../expression/tree.ts";
import type { Pointer } from "../instance.ts";
import { ANY_PAIR, analyse, type PairRanges, refine } from "./analyse.ts";
import { CodeWriter, type Label } from "./code-writer.ts";
import type { Surroundings } from "./emit-checks.ts";
import { emitTruth, emitValue } from "./emit-expression.ts";
import { HELPER } from "./helpers.ts";
import { emitOutcome, siteOf } from "./outcome.ts";

export const EXPANSION_STATUS = { done: 0, full: 1, failed: 2 } as const;

const DIGITS_MAX = 19;
const [KEYS, VALUES, ROW, COUNT, OUT_KEYS, OUT_VALUES, OUT_AT, CAPACITY, POSITION] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
] as const;

/** Most items that have to be laid out in the scratch area for one pair. */
export function scratchItems(list: ListExpression): number {
  switch (list.kind) {
    case "list":
      return list.items.length;
    case "digits":
      return DIGITS_MAX;
    case "conditional":
      return Math.max(scratchItems(list.consequent), scratchItems(list.alternate));
    default:
      return 0;
  }
}

export interface ExpansionMemory {
  readonly outcome: Pointer;
  /** Room for `scratchItems` int64. */
  readonly scratch: Pointer;
}

export function emitExpansion(list: ListExpression, operation: number, memory: ExpansionMemory): CodeWriter {
  return new ExpansionEmitter(operation, memory).emit(list);
}

class ExpansionEmitter {
  readonly #code = new CodeWriter([...Array<"i32">(8).fill("i32"), "i64"], "i32");
  readonly #memory: ExpansionMemory;
  readonly #operation: number;
  readonly #key = this.#code.local("i64");
  readonly #value = this.#code.local("i64");
  readonly #site = this.#code.local("i32");
  /** The pair's whole list: `total` items (unsigned) `first`, `first + stride`, … or, if `source` is not 0, those laid out there. */
  readonly #total = this.#code.local("i64");
  readonly #first = this.#code.local("i64");
  readonly #stride = this.#code.local("i64");
  readonly #source = this.#code.local("i32");
  /** Where the items of a list are stored first: the batch itself if they fit, else the scratch area. */
  readonly #target = this.#code.local("i32");

  constructor(operation: number, memory: ExpansionMemory) {
    this.#operation = operation;
    this.#memory = memory;
  }

  emit(list: ListExpression): CodeWriter {
    const code = this.#code;
    const done = code.block();
    const failed = code.block();
    const rows = code.loop();
    code.get(ROW).get(COUNT).op("i32.ge_u").branchIf(done);
    code.get(KEYS).get(ROW).i32(3).op("i32.shl", "i32.add").memory("i64.load").set(this.#key);
    code.get(VALUES).get(ROW).i32(3).op("i32.shl", "i32.add").memory("i64.load").set(this.#value);
    const next = code.block();
    this.#emitList(this.#surroundings(failed), list, ANY_PAIR, next);
    this.#emitItems();
    code.end();
    code.i64(0n).set(POSITION).get(ROW).i32(1).op("i32.add").set(ROW).branch(rows);
    code.end();
    code.end();
    emitOutcome(code, this.#memory.outcome, { key: this.#key, value: this.#value, site: this.#site });
    this.#emitPlace();
    code.i32(EXPANSION_STATUS.failed).op("return");
    code.end();
    this.#emitPlace();
    code.i32(EXPANSION_STATUS.done);
    return code;
  }

  #emitPlace(): void {
    emitOutcome(this.#code, this.#memory.outcome, { row: ROW, position: POSITION, produced: OUT_AT });
  }

  #surroundings(failed: Label): Surroundings {
    const code = this.#code;
    return {
      code,
      key: this.#key,
      value: this.#value,
      fail: (cause) => {
        code.i32(siteOf(this.#operation, cause)).set(this.#site).branchIf(failed);
      },
      column: () => {
        throw new TypeError("an expansion has no columns");
      },
    };
  }

  /** Describes the pair's list in the locals, or emits it whole and goes on with the next row. */
  #emitList(to: Surroundings, list: ListExpression, pair: PairRanges, next: Label): void {
    const code = this.#code;
    switch (list.kind) {
      case "conditional": {
        const test = analyse(list.test, pair);
        emitTruth(to, test);
        code.if();
        this.#emitList(to, list.consequent, refine(pair, test, true), next);
        code.else();
        this.#emitList(to, list.alternate, refine(pair, test, false), next);
        code.end();
        return;
      }
      case "range": {
        emitValue(to, analyse(list.from, pair));
        emitValue(to, analyse(list.below, pair));
        const below = code.temporary("i64");
        code.set(below).set(this.#first);
        // The difference of two int64 is an unsigned number of 64 bits.
        code.get(below).get(this.#first).op("i64.sub").i64(0n).get(this.#first).get(below).op("i64.lt_s", "select");
        code.set(this.#total).release("i64", below);
        code.i64(1n).set(this.#stride).i32(0).set(this.#source);
        return;
      }
      case "copies": {
        emitValue(to, analyse(list.item, pair));
        code.set(this.#first);
        emitValue(to, analyse(list.count, pair));
        const count = code.temporary("i64");
        code.tee(count).i64(0n).get(count).i64(0n).op("i64.gt_s", "select").set(this.#total).release("i64", count);
        code.i64(0n).set(this.#stride).i32(0).set(this.#source);
        return;
      }
      case "digits":
        emitValue(to, analyse(list.operand, pair));
        this.#emitDigits();
        return;
      case "list":
        this.#emitWrittenList(to, list, pair, next);
        return;
      case "registered":
        throw new TypeError("a function of the operator's own is a step of its own");
    }
  }

  /** Takes the number from the stack. Its digits are written backwards, so that they end where the scratch area ends. */
  #emitDigits(): void {
    const code = this.#code;
    const end = this.#memory.scratch + DIGITS_MAX * 8;
    const count = code.temporary("i32");
    code.i32(end).call(HELPER.decimalDigits).tee(count).op("i64.extend_i32_u").set(this.#total);
    code.i32(end).get(count).i32(3).op("i32.shl", "i32.sub").set(this.#source).release("i32", count);
  }

  #emitWrittenList(
    to: Surroundings,
    { items }: Extract<ListExpression, { kind: "list" }>,
    pair: PairRanges,
    next: Label,
  ): void {
    const code = this.#code;
    const { scratch } = this.#memory;
    if (items.length === 0) {
      code.branch(next);
      return;
    }
    code.get(OUT_VALUES).get(OUT_AT).i32(3).op("i32.shl", "i32.add").i32(scratch);
    code
      .get(POSITION)
      .op("i64.eqz")
      .get(CAPACITY)
      .get(OUT_AT)
      .op("i32.sub")
      .i32(items.length)
      .op("i32.ge_u", "i32.and");
    code.op("select").set(this.#target);
    for (const [index, item] of items.entries()) {
      code.get(this.#target);
      emitValue(to, analyse(item, pair));
      code.memory("i64.store", index * 8);
    }
    code.get(this.#target).i32(scratch).op("i32.ne").if();
    const keyOut = code.temporary("i32");
    code.get(OUT_KEYS).get(OUT_AT).i32(3).op("i32.shl", "i32.add").set(keyOut);
    for (const index of items.keys())
      code
        .get(keyOut)
        .get(this.#key)
        .memory("i64.store", index * 8);
    code.get(OUT_AT).i32(items.length).op("i32.add").set(OUT_AT).branch(next);
    code.end().release("i32", keyOut);
    code.i32(scratch).set(this.#source).i64(BigInt(items.length)).set(this.#total);
  }

  /** Emits the described list from `position` on; returns from the function if the batch is full before its end. */
  #emitItems(): void {
    const code = this.#code;
    const [rest, taken, item] = [code.temporary("i64"), code.temporary("i64"), code.temporary("i64")];
    const [keyOut, valueOut, end, from] = Array.from({ length: 4 }, () => code.temporary("i32")) as [
      number,
      number,
      number,
      number,
    ];
    code.get(this.#total).get(POSITION).op("i64.sub").set(rest);
    code.get(CAPACITY).get(OUT_AT).op("i32.sub", "i64.extend_i32_u").set(taken);
    code.get(rest).get(taken).get(rest).get(taken).op("i64.lt_u", "select").set(taken);
    code.get(OUT_KEYS).get(OUT_AT).i32(3).op("i32.shl", "i32.add").set(keyOut);
    code.get(OUT_VALUES).get(OUT_AT).i32(3).op("i32.shl", "i32.add").set(valueOut);
    code.get(OUT_AT).get(taken).op("i32.wrap_i64", "i32.add").set(OUT_AT);
    code.get(OUT_VALUES).get(OUT_AT).i32(3).op("i32.shl", "i32.add").set(end);
    code.get(this.#source).if();
    code.get(this.#source).get(POSITION).op("i32.wrap_i64").i32(3).op("i32.shl", "i32.add").set(from);
    this.#emitLoop({ keyOut, valueOut, end }, () => {
      code.get(valueOut).get(from).memory("i64.load").memory("i64.store");
      code.get(from).i32(8).op("i32.add").set(from);
    });
    code.else();
    code.get(this.#first).get(this.#stride).get(POSITION).op("i64.mul", "i64.add").set(item);
    this.#emitLoop({ keyOut, valueOut, end }, () => {
      code.get(valueOut).get(item).memory("i64.store");
      code.get(item).get(this.#stride).op("i64.add").set(item);
    });
    code.end();
    code.get(taken).get(rest).op("i64.lt_u").if();
    code.get(POSITION).get(taken).op("i64.add").set(POSITION);
    this.#emitPlace();
    code.i32(EXPANSION_STATUS.full).op("return").end();
    code.release("i64", rest, taken, item).release("i32", keyOut, valueOut, end, from);
  }

  #emitLoop(
    { keyOut, valueOut, end }: { readonly keyOut: number; readonly valueOut: number; readonly end: number },
    emitItem: () => void,
  ): void {
    const code = this.#code;
    const finished = code.block();
    code.get(valueOut).get(end).op("i32.ge_u").branchIf(finished);
    const items = code.loop();
    emitItem();
    code.get(keyOut).get(this.#key).memory("i64.store");
    for (const address of [keyOut, valueOut]) code.get(address).i32(8).op("i32.add").set(address);
    code.get(valueOut).get(end).op("i32.lt_u").branchIf(items);
    code.end().end();
  }
}
