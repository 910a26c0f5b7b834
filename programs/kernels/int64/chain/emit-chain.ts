/**
 * Compiles a run of map, changeKey and filter steps to one loop over a batch.
 *
 * Owns: the loop, where pairs are kept between steps, what a failing row leaves behind.
 *
 * Signature: `(keys, values, from, count, written) -> written`. Rows [from, count) are read, survivors stored from row
 * `written` on. It stops at a failing row, whose number is then in the outcome area; without failure that is `count`.
 *
 * C1. Without a filter a row's result replaces the row: `written` is ignored and returned as it is, and a failing row
 *     leaves a gap that the caller closes.
 * C2. Nothing of a row is stored before all its steps have succeeded.
 */
import type { NarrowStep } from "../../../plan/plan.ts";
import type { Pointer } from "../instance.ts";
import { ANY_PAIR, type Analysed, analyse, type PairRanges, refine } from "./analyse.ts";
import { CodeWriter, type Label } from "./code-writer.ts";
import type { Surroundings } from "./emit-checks.ts";
import { emitTruth, emitValue } from "./emit-expression.ts";
import { emitOutcome, siteOf } from "./outcome.ts";
import { INT64 } from "./range.ts";

export type ChainStep = Exclude<NarrowStep, { kind: "flatMap" }>;

export function hasFilter(steps: readonly ChainStep[]): boolean {
  return steps.some((step) => step.kind === "filter");
}

export function emitChain(steps: readonly ChainStep[], area: Pointer): CodeWriter {
  return new ChainEmitter(steps, area).emit();
}

interface AnalysedStep {
  readonly step: ChainStep;
  readonly expression: Analysed;
}

/** The steps with what is known before each of them. */
function analyseSteps(steps: readonly ChainStep[], start: PairRanges): AnalysedStep[] {
  let pair = start;
  return steps.map((step) => {
    const expression = analyse(step.expression, pair);
    if (step.kind === "map") pair = { ...pair, value: expression.range };
    else if (step.kind === "changeKey") pair = { ...pair, key: expression.range };
    else pair = refine(pair, expression, true);
    return { step, expression };
  });
}

/** Powers of two below which a guard looks for pairs that need no further check. */
const GUARD_BITS = [62n, 59n, 55n, 50n, 44n, 38n, 31n, 26n, 20n];

interface Guard {
  /** Keys and values from -limit to limit - 1 take the guarded steps. */
  readonly limit: bigint;
  readonly key: boolean;
  readonly value: boolean;
  readonly steps: readonly AnalysedStep[];
}

function checksOf(steps: readonly AnalysedStep[]): number {
  return steps.reduce((sum, { expression }) => sum + expression.checkCount, 0);
}

class ChainEmitter {
  readonly #code = new CodeWriter(["i32", "i32", "i32", "i32", "i32"], "i32");
  readonly #area: Pointer;
  readonly #steps: readonly ChainStep[];
  readonly #compacting: boolean;
  readonly #key = this.#code.local("i64");
  readonly #value = this.#code.local("i64");
  readonly #site = this.#code.local("i32");
  /** Addresses of the current row, and of the row to be written if the chain compacts. */
  readonly #keyAt = this.#code.local("i32");
  readonly #valueAt = this.#code.local("i32");
  readonly #keyOut: number;
  readonly #valueOut: number;
  /** Whether the local holds the current key: it is not loaded before it is read. */
  #keyKnown = false;

  constructor(steps: readonly ChainStep[], area: Pointer) {
    this.#steps = steps;
    this.#area = area;
    this.#compacting = hasFilter(steps);
    this.#keyOut = this.#compacting ? this.#code.local("i32") : this.#keyAt;
    this.#valueOut = this.#compacting ? this.#code.local("i32") : this.#valueAt;
  }

  emit(): CodeWriter {
    const code = this.#code;
    const [keys, values, from, count, written] = [0, 1, 2, 3, 4] as const;
    const address = (column: number, row: number) => code.get(column).get(row).i32(3).op("i32.shl", "i32.add");
    const end = code.local("i32");
    address(keys, from).set(this.#keyAt);
    address(values, from).set(this.#valueAt);
    address(values, count).set(end);
    if (this.#compacting) {
      address(keys, written).set(this.#keyOut);
      address(values, written).set(this.#valueOut);
    }
    const done = code.block();
    const failed = code.block();
    const failedWithoutKey = code.block();
    code.get(this.#valueAt).get(end).op("i32.ge_u").branchIf(done);
    const rows = code.loop();
    this.#emitRow({ failed, failedWithoutKey });
    this.#advance(this.#keyAt);
    this.#advance(this.#valueAt);
    code.get(this.#valueAt).get(end).op("i32.lt_u").branchIf(rows);
    code.end().branch(done);
    code.end().get(this.#keyAt).memory("i64.load").set(this.#key);
    code.end();
    emitOutcome(code, this.#area, { key: this.#key, value: this.#value, site: this.#site });
    code.end();
    code.get(this.#valueAt).get(values).op("i32.sub").i32(3).op("i32.shr_u").set(from);
    emitOutcome(code, this.#area, { row: from });
    if (this.#compacting) code.get(this.#valueOut).get(values).op("i32.sub").i32(3).op("i32.shr_u");
    else code.get(written);
    return code;
  }

  #advance(address: number): void {
    this.#code.get(address).i32(8).op("i32.add").set(address);
  }

  #emitRow(labels: FailureLabels): void {
    const code = this.#code;
    code.get(this.#valueAt).memory("i64.load").set(this.#value);
    const plain = analyseSteps(this.#steps, ANY_PAIR);
    const guard = chooseGuard(this.#steps, plain);
    const next = code.block();
    this.#keyKnown = false;
    if (guard === undefined) {
      this.#emitSteps(plain, labels, next);
    } else {
      if (guard.key) this.#loadKey();
      const known = this.#keyKnown;
      this.#emitGuardTest(guard);
      code.if();
      this.#emitSteps(guard.steps, labels, next);
      code.else();
      this.#keyKnown = known;
      this.#emitSteps(plain, labels, next);
      code.end();
    }
    code.end();
  }

  #loadKey(): void {
    if (this.#keyKnown) return;
    this.#code.get(this.#keyAt).memory("i64.load").set(this.#key);
    this.#keyKnown = true;
  }

  /** One comparison for key and value: an offset makes valid ones small unsigned numbers, and so is what they have in common. */
  #emitGuardTest({ limit, key, value }: Guard): void {
    const code = this.#code;
    if (value) code.get(this.#value).i64(limit).op("i64.add");
    if (key) code.get(this.#key).i64(limit).op("i64.add");
    if (key && value) code.op("i64.or");
    code.i64(BigInt.asIntN(64, limit * 2n)).op("i64.lt_u");
  }

  #emitSteps(steps: readonly AnalysedStep[], labels: FailureLabels, next: Label): void {
    let valueChanged = false;
    let keyChanged = false;
    const code = this.#code;
    for (const [index, { step, expression }] of steps.entries()) {
      if (expression.readsKey) this.#loadKey();
      const surroundings = this.#surroundings(step, labels);
      if (step.kind === "filter") {
        emitTruth(surroundings, expression);
        // A last filter stores the row in any case, and only then decides whether it counts: no branch to predict.
        if (index === steps.length - 1) {
          this.#emitSurvivor(true);
          return;
        }
        code.op("i32.eqz").branchIf(next);
      } else {
        emitValue(surroundings, expression);
        code.set(step.kind === "map" ? this.#value : this.#key);
        if (step.kind === "map") valueChanged = true;
        else this.#keyKnown = keyChanged = true;
      }
    }
    if (this.#compacting) this.#emitSurvivor(false);
    else if (valueChanged) code.get(this.#valueOut).get(this.#value).memory("i64.store");
    if (!this.#compacting && keyChanged) code.get(this.#keyOut).get(this.#key).memory("i64.store");
  }

  /** Stores the row behind the last survivor; it survives by itself, or if an i32 on the stack is 1. */
  #emitSurvivor(conditional: boolean): void {
    const code = this.#code;
    this.#loadKey();
    code.get(this.#valueOut).get(this.#value).memory("i64.store");
    code.get(this.#keyOut).get(this.#key).memory("i64.store");
    const step = code.temporary("i32");
    if (conditional) code.i32(3).op("i32.shl").set(step);
    else code.i32(8).set(step);
    code.get(this.#valueOut).get(step).op("i32.add").set(this.#valueOut);
    code.get(this.#keyOut).get(step).op("i32.add").set(this.#keyOut).release("i32", step);
  }

  #surroundings(step: ChainStep, labels: FailureLabels): Surroundings {
    const code = this.#code;
    const label = this.#keyKnown ? labels.failed : labels.failedWithoutKey;
    return {
      code,
      key: this.#key,
      value: this.#value,
      fail: (cause) => {
        code.i32(siteOf(step.operation, cause)).set(this.#site).branchIf(label);
      },
      column: () => {
        throw new TypeError("a chain has no columns");
      },
    };
  }
}

interface FailureLabels {
  readonly failed: Label;
  /** The key local does not hold the key yet: it is still in the column. */
  readonly failedWithoutKey: Label;
}

/**
 * Looks for a bound on keys and values below which fewer checks are needed than without: real data is mostly small, and
 * one comparison then replaces all checks. Pairs beyond the bound take the unguarded steps.
 */
function chooseGuard(steps: readonly ChainStep[], plain: readonly AnalysedStep[]): Guard | undefined {
  let best: Guard | undefined;
  let fewest = checksOf(plain) - 1;
  if (fewest < 1) return undefined;
  const key = readsOriginal(plain, "key");
  const value = readsOriginal(plain, "value");
  if (!key && !value) return undefined;
  for (const bits of GUARD_BITS) {
    const limit = 2n ** bits;
    const small = { low: -limit, high: limit - 1n };
    const guarded = analyseSteps(steps, { key: key ? small : INT64, value: value ? small : INT64 });
    const checks = checksOf(guarded);
    if (checks >= fewest) continue;
    best = { limit, key, value, steps: guarded };
    fewest = checks;
    if (checks === 0) break;
  }
  return best;
}

/** Whether any step reads the key (or value) that the row began with. */
function readsOriginal(steps: readonly AnalysedStep[], part: "key" | "value"): boolean {
  for (const { step, expression } of steps) {
    if (part === "key" ? expression.readsKey : expression.readsValue) return true;
    if (step.kind === (part === "key" ? "changeKey" : "map")) return false;
  }
  return false;
}
