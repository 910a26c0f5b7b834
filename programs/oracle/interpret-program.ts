/**
 * The reference interpreter: what a program means, computed in the plainest way, for tests to hold everything else against.
 *
 * Owns: the meaning of operators, of `repeat`, of errors in both modes, and of the output's bytes.
 * Never: is fast, or shares anything with planner and kernels but the types.
 *
 * O1. In `reject` mode a pair (in a reduce, a key) that fails is left out and reported; everything else goes on.
 * O2. In `fail` mode the result has every error that can be the first one that some run meets: pairs are computed
 *     independently of each other until they must all be present, which is at a reduce that follows a change of keys.
 */
import type { Operation, Program } from "../program.ts";
import type { RegisteredFunction } from "../registered/registered-function.ts";
import { evaluate, evaluateList } from "./evaluate.ts";
import { ArithmeticFailure } from "./failure.ts";
import type { Pair } from "./line-reading.ts";
import { writeOutput } from "./output.ts";
import { type OracleInput, readPairs } from "./read-pairs.ts";
import { type OracleReject, recordReject, rejectKey } from "./reject.ts";

export type OracleResult =
  | {
      readonly kind: "done";
      /** The output file's text; in order `none`, one of those that are right. */
      readonly output: string;
      /** The same pairs, sorted whatever the order. */
      readonly pairs: readonly Pair[];
      readonly rejects: readonly OracleReject[];
    }
  | {
      readonly kind: "failed";
      /** `rejectKey` of every error that may be named. */
      readonly errors: ReadonlySet<string>;
      readonly failures: readonly OracleReject[];
    };

/** `functions`: of the operator's own. Errors: RangeError if a named column is not in the header of an input. */
export function interpretProgram(
  program: Program,
  inputs: readonly OracleInput[],
  functions: readonly RegisteredFunction[] = [],
): OracleResult {
  const run = new Interpretation(program, functions);
  for (const input of inputs) run.read(input);
  run.apply(program.operations);
  if (program.onError === "fail" && run.problems.length > 0) {
    return { kind: "failed", errors: new Set(run.problems.map(rejectKey)), failures: run.problems };
  }
  return { kind: "done", ...writeOutput(run.pairs, program.output), rejects: run.problems };
}

class Interpretation {
  pairs: Pair[] = [];
  readonly problems: OracleReject[] = [];
  readonly #program: Program;
  readonly #functions: readonly RegisteredFunction[];
  readonly #numbers: ReadonlyMap<string, number>;
  /** O2: whether all pairs of a key are together, so that a reduce needs nothing of other keys. */
  #keysAreTogether = false;
  /** O2: keys with a pair that failed since keys were last brought together; a reduce of such a key never happens. */
  #failedKeys = new Set<bigint>();
  /** In `fail` mode, once a reduce cannot happen at all. */
  #stopped = false;

  constructor(program: Program, functions: readonly RegisteredFunction[]) {
    this.#program = program;
    this.#functions = functions;
    this.#numbers = new Map(operationPlaces(program.operations).map((place, index) => [place, index]));
  }

  read(input: OracleInput): void {
    const { pairs, problems } = readPairs(input, this.#program.input, this.#program.integers);
    for (const pair of pairs) this.pairs.push(pair);
    for (const problem of problems) this.problems.push(recordReject(input.name, problem));
  }

  apply(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (this.#stopped) return;
      if (operation.operator === "repeat") {
        for (let round = 0; round < operation.times && !this.#stopped; round += 1) this.apply(operation.operations);
      } else if (operation.operator === "reduce") {
        this.#reduce(operation);
      } else {
        this.#applyToEachPair(operation);
      }
    }
  }

  #applyToEachPair(operation: Exclude<Operation, { operator: "reduce" | "repeat" }>): void {
    const results: Pair[] = [];
    for (const pair of this.pairs) {
      try {
        for (const result of this.#resultsOf(operation, pair)) results.push(result);
      } catch (error) {
        this.#report(error, operation, pair.key, pair.value);
      }
    }
    this.pairs = results;
    if (operation.operator === "changeKey") this.#keysAreTogether = false;
  }

  #resultsOf(operation: Exclude<Operation, { operator: "reduce" | "repeat" }>, { key, value }: Pair): Pair[] {
    const scope = { integers: this.#program.integers, key, value, values: undefined, functions: this.#functions };
    switch (operation.operator) {
      case "map":
        return [{ key, value: evaluate(operation.expression, scope) }];
      case "changeKey":
        return [{ key: evaluate(operation.expression, scope), value }];
      case "filter":
        return evaluate(operation.expression, scope) !== 0n ? [{ key, value }] : [];
      case "flatMap":
        return evaluateList(operation.expression, scope).map((item) => ({ key, value: item }));
    }
  }

  #reduce(operation: Operation & { operator: "reduce" }): void {
    const failing = this.#program.onError === "fail" && this.problems.length > 0;
    if (failing && !this.#keysAreTogether) {
      this.#stopped = true;
      return;
    }
    const groups = new Map<bigint, bigint[]>();
    for (const { key, value } of this.pairs) {
      const values = groups.get(key);
      if (values === undefined) groups.set(key, [value]);
      else values.push(value);
    }
    if (!this.#keysAreTogether) this.#failedKeys.clear();
    this.#keysAreTogether = true;
    this.pairs = [];
    for (const [key, values] of groups) {
      if (failing && this.#failedKeys.has(key)) continue;
      const scope = { integers: this.#program.integers, key, value: undefined, values, functions: this.#functions };
      try {
        this.pairs.push({ key, value: evaluate(operation.expression, scope) });
      } catch (error) {
        this.#report(error, operation, key, undefined);
      }
    }
  }

  #report(error: unknown, operation: Operation, key: bigint, value: bigint | undefined): void {
    if (!(error instanceof ArithmeticFailure)) throw error;
    this.#failedKeys.add(key);
    this.problems.push({
      kind: "arithmetic",
      operation: this.#numbers.get(operation.origin.place) ?? -1,
      place: operation.origin.place,
      key: key.toString(),
      value: value === undefined ? null : value.toString(),
      reason: error.message,
    });
  }
}

/** The places of all operations but `repeat`, in the order of the file: an operation's number is its index. */
function operationPlaces(operations: readonly Operation[]): string[] {
  return operations.flatMap((operation) =>
    operation.operator === "repeat" ? operationPlaces(operation.operations) : [operation.origin.place],
  );
}
