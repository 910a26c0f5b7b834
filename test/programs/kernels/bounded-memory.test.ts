import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { DataError } from "../../../programs/errors.ts";
import type { AggregateName } from "../../../programs/expression/tree.ts";
import { createBigintKernelSet } from "../../../programs/kernels/bigint/bigint-kernel-set.ts";
import { createInt64KernelSet } from "../../../programs/kernels/int64/int64-kernel-set.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import type { Plan } from "../../../programs/plan/plan.ts";
import type { IntegerMode, Operation, Program } from "../../../programs/program.ts";
import { driveLines } from "./compare-with-oracle.ts";
import type { Drive, DriveOutcome } from "./drive-plan.ts";
import { int64, programOf, randomOperations } from "./random-program.ts";

const int64Module = new WebAssembly.Module(
  readFileSync(new URL("../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);

/** Everything that a task may give but the order of its rejects, as text; or the code of the error that it ended with. */
function drive(
  program: Program,
  lines: readonly string[],
  memoryBytes: number | undefined,
  settings: Partial<Drive> = {},
): string {
  const createKernels = (plan: Plan) =>
    plan.integers === "bigint"
      ? createBigintKernelSet(plan, memoryBytes)
      : createInt64KernelSet(int64Module, plan, memoryBytes);
  let outcome: DriveOutcome;
  try {
    outcome = driveLines(makePlan(program), lines, { createKernels, linesPerSplit: 40, ...settings });
  } catch (error) {
    if (error instanceof DataError) return error.code;
    throw error;
  }
  const tasks = outcome.tasks.map(({ rejects, bundles, runs, ...task }) => ({
    ...task,
    emitted: [...bundles, ...runs].map(({ bytes, ...description }) => [hexOf(bytes), description]),
    rejects: rejects.map((reject) => JSON.stringify(reject)).sort(),
  }));
  return JSON.stringify({ text: outcome.text, tasks });
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

const AGGREGATES: AggregateName[] = ["sum", "count", "min", "max", "product", "mean", "median", "distinct"];
const memoryBytes = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 8000 }));
/** Few keys with many pairs each, and many with few. */
const key = fc.oneof(fc.bigInt({ min: 0n, max: 2n }), fc.bigInt({ min: -40n, max: 40n }), int64);
const line = fc.tuple(key, int64).map(([left, right]) => `${left},${right}\n`);
const lines = fc.array(line, { maxLength: 200, size: "max" });
const ORIGIN = { place: "", text: "" };

/** An expression over some aggregates, each of the value or of something that may fail. */
const reduceOfMany: fc.Arbitrary<Operation> = fc
  .array(fc.tuple(fc.constantFrom(...AGGREGATES), fc.constantFrom("value", "key", "square", "quotient")), {
    minLength: 1,
    maxLength: 4,
  })
  .map((aggregates): Operation => {
    const expressions = aggregates.map(([name, of]) => {
      const value = { kind: "value" } as const;
      const operand = {
        value,
        key: { kind: "key" } as const,
        square: { kind: "binary", operator: "*", left: value, right: value } as const,
        quotient: { kind: "binary", operator: "/", left: { kind: "literal", value: 100n }, right: value } as const,
      }[of];
      return { kind: "aggregate", name, operand } as const;
    });
    const expression = expressions.reduce((left, right) => ({ kind: "binary", operator: "^", left, right }) as never);
    return { operator: "reduce", expression, origin: ORIGIN };
  });

for (const integers of ["int64", "bigint"] as IntegerMode[]) {
  for (const name of AGGREGATES) {
    test(`${name} in many passes gives the same bytes as in one (${integers})`, (t) => {
      const operations: Operation[] = [
        { operator: "reduce", expression: { kind: "aggregate", name, operand: { kind: "value" } }, origin: ORIGIN },
      ];
      const program = { ...programOf(operations, { partitions: 2, onError: "reject", order: "key" }), integers };
      fc.assert(
        fc.property(lines, memoryBytes, (input, bytes) => {
          t.is(drive(program, input, bytes), drive(program, input, undefined));
        }),
        { numRuns: 25 },
      );
    });
  }

  test(`several aggregates of operands that fail, in many passes, give the same bytes as in one (${integers})`, (t) => {
    fc.assert(
      fc.property(reduceOfMany, lines, memoryBytes, (reduce, input, bytes) => {
        const program = { ...programOf([reduce], { partitions: 2, onError: "reject", order: "key" }), integers };
        t.is(drive(program, input, bytes), drive(program, input, undefined));
      }),
      { numRuns: 80 },
    );
  });

  test(`a range of the output in several tasks gives the same text as in one (${integers})`, (t) => {
    const identity: Operation = { operator: "map", expression: { kind: "value" }, origin: ORIGIN };
    const program = { ...programOf([identity], { partitions: 2, onError: "fail", order: "key" }), integers };
    const small = fc.bigInt({ min: -2n, max: 2n });
    const pair = fc.oneof(fc.tuple(small, small), fc.tuple(key, int64), fc.constant([2n ** 63n - 1n, 2n ** 63n - 1n]));
    const pairs = fc.array(
      pair.map(([left, right]) => `${left},${right}\n`),
      { maxLength: 150, size: "max" },
    );
    const sizes = fc.record({
      pairsPerRange: fc.integer({ min: 1, max: 90 }),
      pairsPerTask: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(pairs, sizes, (input, settings) => {
        t.is(drive(program, input, undefined, settings), drive(program, input, undefined));
      }),
      { numRuns: 100 },
    );
  });

  for (const onError of ["reject", "fail"] as const) {
    test(`a random program in many passes gives the same bytes as in one (${integers}, ${onError})`, (t) => {
      fc.assert(
        fc.property(randomOperations(6), lines, memoryBytes, (operations, input, bytes) => {
          const program = { ...programOf(operations, { partitions: 3, onError, order: "key" }), integers };
          t.is(drive(program, input, bytes), drive(program, input, undefined));
        }),
        { numRuns: 60 },
      );
    });
  }
}
