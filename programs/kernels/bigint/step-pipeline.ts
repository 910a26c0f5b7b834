/**
 * Drives pairs through the steps of a stage to its sink, one at a time and depth first.
 *
 * Owns: the lists that flatMaps are in the middle of; the stage's reduces.
 * Never: reads text or blocks, decides where pairs go.
 *
 * P1. Pairs reach the sink in an order that depends on nothing but the order in which they came.
 * P2. Memory grows with the number of flatMaps, not with what they produce, and the stack with neither.
 * P3. A reduce holds what reaches it until all before it has ended; then its results go on, in order of keys. The first
 *     reduce of a stage may end in several passes, each for all of its keys; no step between two reduces of a stage
 *     changes keys, so that the later ones see all pairs of a key in one pass.
 */
import assert from "node:assert/strict";
import type { ReportFailure } from "../arithmetic-failure.ts";
import { BoundedReduce } from "./bounded-reduce.ts";
import type { Column } from "./compile-expression.ts";
import type { ListCursor } from "./compile-list.ts";
import type { CompiledStage, Segment } from "./compiled-stage.ts";
import { failureFacts } from "./evaluation-failure.ts";
import type { Integer } from "./integer.ts";
import type { PairSink } from "./pair-sink.ts";
import { ReduceTable } from "./reduce-table.ts";

const NO_COLUMNS: readonly Column[] = [];
const PROGRESS_PAIRS = 16;

/** A list of which some items are yet to go to the segment after its flatMap. */
interface OpenList {
  readonly segment: number;
  readonly key: Integer;
  readonly cursor: ListCursor;
}

export class StepPipeline {
  readonly #segments: readonly Segment[];
  readonly #sink: PairSink;
  readonly #report: ReportFailure;
  readonly #progressed: () => void;
  #pairCount = 0;
  /** Innermost last; at most one for each flatMap. */
  readonly #open: OpenList[] = [];
  readonly #memoryBytes: number;
  /** The stage's first step, where that is a reduce that has had pairs. */
  #first: BoundedReduce | undefined;
  /** By segment; only those that end in a later reduce and have pairs. */
  readonly #tables: (ReduceTable | undefined)[] = [];

  /**
   * `memoryBytes`: what the tables of reduces may have; the results of one are the rows of the next. `progressed` is
   * called every PROGRESS_PAIRS pairs: each of them may take seconds.
   */
  constructor(
    stage: CompiledStage,
    sink: PairSink,
    report: ReportFailure,
    memoryBytes: number,
    progressed: () => void,
  ) {
    this.#segments = stage.segments;
    this.#sink = sink;
    this.#report = report;
    this.#progressed = progressed;
    this.#memoryBytes = memoryBytes / Math.min(2, Math.max(1, stage.reduceCount));
  }

  /** Takes a pair at the first segment. */
  take(key: Integer, value: Integer): void {
    this.#flow(0, key, value);
  }

  /** The stage's first step, which must be a reduce. */
  firstReduce(): BoundedReduce {
    if (this.#first === undefined) {
      const { end, steps } = this.#segments[0];
      assert(end?.kind === "reduce" && steps.length === 0);
      this.#first = new BoundedReduce(end.reduce, this.#memoryBytes);
    }
    return this.#first;
  }

  /** Lets every reduce give on what the pass brought, in the order of the steps. True: the first one needs its rows again. */
  endPass(): boolean {
    const goesOn = this.#first?.endPass((key, value) => this.#flow(1, key, value), this.#report) ?? false;
    for (let index = 1; index < this.#segments.length; index += 1) {
      this.#tables[index]?.emit((key, value) => this.#flow(index + 1, key, value), this.#report);
      this.#tables[index] = undefined;
    }
    return goesOn;
  }

  /** Drives one pair from a segment on, until nothing of it is left before the next reduce or the sink. */
  #flow(segment: number, key: Integer, value: Integer): void {
    this.#advance(segment, key, value);
    for (let open = this.#open.at(-1); open !== undefined; open = this.#open.at(-1)) {
      const item = open.cursor.next();
      if (item === undefined) this.#open.pop();
      else this.#advance(open.segment + 1, open.key, item);
    }
  }

  /** Runs a segment's steps on one pair and hands what is left of it to what ends the segment. */
  #advance(index: number, startKey: Integer, startValue: Integer): void {
    const { steps, end } = this.#segments[index];
    this.#pairCount += 1;
    if (this.#pairCount % PROGRESS_PAIRS === 0) this.#progressed();
    let key = startKey;
    let value = startValue;
    let at = 0;
    let cursor: ListCursor | undefined;
    try {
      for (; at < steps.length; at += 1) {
        const { kind, evaluate } = steps[at];
        const result = evaluate(key, value, NO_COLUMNS);
        if (kind === "map") value = result;
        else if (kind === "changeKey") key = result;
        else if (result === 0) return;
      }
      if (end?.kind === "flatMap") cursor = end.evaluate(key, value);
    } catch (error) {
      const operation = at < steps.length ? steps[at].operation : end!.operation;
      this.#report({ operation, ...failureFacts(error), key, value });
      return;
    }
    if (end === undefined) this.#sink.take(key, value);
    else if (cursor !== undefined) this.#open.push({ segment: index, key, cursor });
    else this.#table(index).update(key, value);
  }

  #table(index: number): ReduceTable {
    let table = this.#tables[index];
    if (table === undefined) {
      const { end } = this.#segments[index];
      assert(end?.kind === "reduce");
      table = new ReduceTable(end.reduce);
      this.#tables[index] = table;
    }
    return table;
  }
}
