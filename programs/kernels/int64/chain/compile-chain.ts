/**
 * Compiles chains, expansions and projections to WebAssembly that works on the kernels' memory.
 *
 * Owns: modules and their instances; which rows a failure leaves behind.
 * Never: keeps a view of memory across a call.
 */
import assert from "node:assert/strict";
import type { IntExpression } from "../../../expression/tree.ts";
import type { NarrowStep } from "../../../plan/plan.ts";
import type { KernelInstance, PairColumns, Pointer } from "../instance.ts";
import type { CodeWriter } from "./code-writer.ts";
import { type ChainStep, emitChain, hasFilter } from "./emit-chain.ts";
import { EXPANSION_STATUS, emitExpansion, scratchItems } from "./emit-expansion.ts";
import { emitProjection, TABLE_ENTRY_BYTES } from "./emit-projection.ts";
import { HELPER_IMPORTS } from "./helpers.ts";
import { type ChainFailure, type OnFailure, OutcomeArea } from "./outcome.ts";
import { splitChain } from "./split-chain.ts";
import { encodeModule, IMPORT_MODULE } from "./wasm-encoder.ts";

export type { ChainFailure };

/** map, changeKey and filter steps, fused. */
export interface Chain {
  /** Works in place; survivors are compacted to rows [0, written), in order. Returns `written`. */
  run(columns: PairColumns, count: number, onFailure: OnFailure): number;
}

export interface ExpansionOutcome {
  /** Rows written to `out`. */
  readonly produced: number;
  /** Where to go on when `out` has been emptied. */
  readonly row: number;
  readonly position: bigint;
  /** All rows are through. */
  readonly done: boolean;
}

/** One flatMap. */
export interface Expansion {
  /**
   * Rows [row, count) of `columns`, from `position` in the list of `row` on, are expanded into rows [outAt, capacity) of
   * `out`. A pair with a failing item emits nothing.
   */
  run(
    columns: PairColumns,
    row: number,
    position: bigint,
    count: number,
    out: PairColumns,
    outAt: number,
    capacity: number,
    onFailure: OnFailure,
  ): ExpansionOutcome;
}

export interface ProjectionInputs {
  /** 0 where the expression does not read it. */
  readonly keys: Pointer;
  readonly values: Pointer;
  readonly columns: readonly Pointer[];
  /** A byte a row, or 0: no row of that column failed. */
  readonly causes: readonly Pointer[];
}

/** One expression over rows. */
export interface Projection {
  /** If not, `causesOut` may be 0. */
  readonly fallible: boolean;
  /** Writes a value (0 for a failed row) and a cause for every row; returns how many rows failed. */
  run(inputs: ProjectionInputs, count: number, out: Pointer, causesOut: Pointer): number;
}

type ChainFunction = (keys: Pointer, values: Pointer, from: number, count: number, written: number) => number;
type ExpansionFunction = (...operands: readonly (number | bigint)[]) => number;
type ProjectionFunction = (...operands: readonly number[]) => number;

export class ChainCompiler {
  readonly #instance: KernelInstance;
  readonly #outcome: OutcomeArea;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.#outcome = new OutcomeArea(instance);
  }

  /** No flatMap among the steps. Identical step objects may occur many times, in repeated runs; they are compiled once. */
  chain(steps: readonly NarrowStep[]): Chain {
    for (const { kind } of steps)
      if (kind === "flatMap") throw new TypeError("a flatMap is an expansion, not part of a chain");
    const { distinct, sequence } = splitChain(steps as readonly ChainStep[]);
    const codes = distinct.map((part) => emitChain(part, this.#outcome.pointer));
    const functions = this.#instantiate(codes) as ChainFunction[];
    const runners = functions.map((run, index) => this.#runPart(run, hasFilter(distinct[index]!)));
    return {
      run: (columns, count, onFailure) => {
        let rows = count;
        for (const index of sequence) {
          if (rows === 0) break;
          rows = runners[index]!(columns, rows, onFailure);
        }
        return rows;
      },
    };
  }

  expansion(step: NarrowStep & { readonly kind: "flatMap" }): Expansion {
    const instance = this.#instance;
    const outcome = this.#outcome;
    const scratch = instance.allocate(8 * Math.max(1, scratchItems(step.expression)));
    const code = emitExpansion(step.expression, step.operation, { outcome: outcome.pointer, scratch });
    const expand = this.#instantiate([code])[0] as ExpansionFunction;
    return {
      run: (columns, row, position, count, out, outAt, capacity, onFailure) => {
        let [at, within, produced] = [row, position, outAt];
        for (;;) {
          const status = expand(
            ...[columns.keys, columns.values, at, count, out.keys, out.values, produced, capacity],
            BigInt.asIntN(64, within),
          );
          [at, within, produced] = [outcome.row(), outcome.position(), outcome.produced()];
          if (status !== EXPANSION_STATUS.failed) {
            return { produced: produced - outAt, row: at, position: within, done: status === EXPANSION_STATUS.done };
          }
          onFailure(outcome.failure());
          at++;
          within = 0n;
        }
      },
    };
  }

  /** `column` nodes have indexes below `columnCount`. */
  projection(expression: IntExpression, columnCount: number): Projection {
    const instance = this.#instance;
    const { code, fallible } = emitProjection(expression);
    const project = this.#instantiate([code])[0] as ProjectionFunction;
    const table = instance.allocate(Math.max(1, columnCount) * TABLE_ENTRY_BYTES);
    return {
      fallible,
      run: (inputs, count, out, causesOut) => {
        assert(!fallible || causesOut !== 0, "a projection that can fail needs room for causes");
        const entries = instance.uint32s(table, columnCount * 2);
        for (let index = 0; index < columnCount; index++) {
          entries[index * 2] = inputs.columns[index]!;
          entries[index * 2 + 1] = inputs.causes[index] ?? 0;
        }
        if (!fallible && causesOut !== 0) instance.bytes(causesOut, count).fill(0);
        return project(inputs.keys, inputs.values, count, out, causesOut, table);
      },
    };
  }

  #runPart(run: ChainFunction, compacting: boolean): Chain["run"] {
    const outcome = this.#outcome;
    if (compacting) {
      return ({ keys, values }, count, onFailure) => {
        let written = 0;
        for (let from = 0; ; from++) {
          written = run(keys, values, from, count, written);
          from = outcome.row();
          if (from === count) return written;
          onFailure(outcome.failure());
        }
      };
    }
    return (columns, count, onFailure) => {
      let written = 0;
      for (let from = 0; ; ) {
        run(columns.keys, columns.values, from, count, 0);
        const stopped = outcome.row();
        // Rows are replaced where they stand; each failure left a gap before the next stretch.
        this.#move(columns, from, stopped, written);
        written += stopped - from;
        if (stopped === count) return written;
        onFailure(outcome.failure());
        from = stopped + 1;
      }
    };
  }

  #move({ keys, values }: PairColumns, from: number, to: number, target: number): void {
    if (from === target || from === to) return;
    for (const column of [keys, values]) this.#instance.int64s(column, to).copyWithin(target, from, to);
  }

  #instantiate(codes: readonly CodeWriter[]): unknown[] {
    const module = new WebAssembly.Module(encodeModule({ imports: HELPER_IMPORTS, functions: codes }));
    const instance = new WebAssembly.Instance(module, { [IMPORT_MODULE]: this.#instance.exports });
    return codes.map((_code, index) => instance.exports[`f${index}`]);
  }
}
