import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { DataError } from "../../../../programs/errors.ts";
import { createBigintKernelSet } from "../../../../programs/kernels/bigint/bigint-kernel-set.ts";
import { createInt64KernelSet } from "../../../../programs/kernels/int64/int64-kernel-set.ts";
import { makePlan } from "../../../../programs/plan/make-plan.ts";
import type { Plan } from "../../../../programs/plan/plan.ts";
import { compareWithOracle, driveLines } from "../compare-with-oracle.ts";
import { int64, programOf, randomOperations } from "../random-program.ts";
import { hardInteger } from "./hard-integer.ts";

const int64Module = new WebAssembly.Module(
  readFileSync(new URL("../../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);
const createKernels = createBigintKernelSet;

const integer = fc.oneof({ weight: 3, arbitrary: int64 }, { weight: 2, arbitrary: hardInteger });
const goodLine = fc.tuple(integer, integer).map(([key, value]) => `${key},${value}\n`);
const line = fc.oneof(
  { weight: 60, arbitrary: goodLine },
  {
    weight: 1,
    arbitrary: fc.constantFrom("x,1\n", "1;2\n", "1,2,3\n", "\n", `${"9".repeat(40)}x,1\n`, " +1 , -2 \r\n"),
  },
);
const cut = fc.record({
  linesPerSplit: fc.integer({ min: 1, max: 40 }),
  windowBytes: fc.integer({ min: 1, max: 300 }),
  pairsPerRange: fc.integer({ min: 1, max: 40 }),
});

for (const onError of ["reject", "fail"] as const) {
  for (const partitions of [1, 2, 7, 64]) {
    test(`a random program gives what the reference interpreter gives (${onError}, ${partitions} partitions)`, (t) => {
      fc.assert(
        fc.property(
          randomOperations(5),
          fc.array(onError === "fail" ? goodLine : line, { maxLength: 30 }),
          cut,
          fc.constantFrom("key" as const, "none" as const),
          (operations, lines, settings, order) => {
            const program = programOf(operations, { partitions, onError, order, integers: "bigint" });
            compareWithOracle(t, program, lines, { ...settings, createKernels });
          },
        ),
        { numRuns: 100 },
      );
    });
  }
}

test("a program whose values fit 64 bits gives the same text as the int64 kernels", (t) => {
  let compared = 0;
  fc.assert(
    fc.property(
      randomOperations(5),
      fc.array(fc.tuple(int64, int64), { maxLength: 30 }),
      fc.constantFrom("csv" as const, "ndjson" as const),
      (operations, pairs, outputFormat) => {
        const settings = { partitions: 3, onError: "fail", order: "key" } as const;
        const lines = pairs.map(([key, value]) => `${key},${value}\n`);
        const drive = (integers: "int64" | "bigint", create: typeof createKernels): string | undefined => {
          const plan = makePlan(programOf(operations, { ...settings, integers }));
          try {
            return driveLines(plan, lines, { createKernels: create, linesPerSplit: 7, outputFormat }).text;
          } catch (error) {
            if (error instanceof DataError) return undefined;
            throw error;
          }
        };
        const expected = drive("int64", (plan) => createInt64KernelSet(int64Module, plan));
        if (expected === undefined) return;
        compared += 1;
        t.is(drive("bigint", createKernels), expected);
      },
    ),
    { numRuns: 200 },
  );
  t.true(compared > 50, `${compared} programs did not fail`);
});

test("what a task emits depends neither on the cuts of its text nor on the order of its blocks", (t) => {
  fc.assert(
    fc.property(
      randomOperations(4),
      fc.array(line, { maxLength: 30 }),
      fc.integer({ min: 1, max: 50 }),
      (operations, lines, windowBytes) => {
        const plan: Plan = makePlan(
          programOf(operations, { partitions: 3, onError: "reject", order: "key", integers: "bigint" }),
        );
        const first = driveLines(plan, lines, { createKernels, linesPerSplit: 4 });
        const shuffleBlocks = (blocks: readonly Uint8Array[]) => blocks.toReversed();
        const second = driveLines(plan, lines, { createKernels, linesPerSplit: 4, windowBytes, shuffleBlocks });
        t.deepEqual(second, first);
      },
    ),
    { numRuns: 100 },
  );
});
