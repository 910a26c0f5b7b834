import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { createInt64KernelSet } from "../../../../programs/kernels/int64/int64-kernel-set.ts";
import type { Plan } from "../../../../programs/plan/plan.ts";
import { compareWithOracle } from "../compare-with-oracle.ts";
import { int64, programOf, randomOperations } from "../random-program.ts";

const kernels = new WebAssembly.Module(
  readFileSync(new URL("../../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);
const createKernels = (plan: Plan) => createInt64KernelSet(kernels, plan);

const goodLine = fc.tuple(int64, int64).map(([key, value]) => `${key},${value}\n`);
const line = fc.oneof(
  { weight: 60, arbitrary: goodLine },
  {
    weight: 1,
    arbitrary: fc.constantFrom("x,1\n", "1;2\n", "1,2,3\n", "\n", "9223372036854775808,1\n", " +1 , -2 \r\n"),
  },
);

for (const onError of ["reject", "fail"] as const) {
  for (const partitions of [1, 2, 7, 64]) {
    test(`a random program gives what the reference interpreter gives (${onError}, ${partitions} partitions)`, (t) => {
      fc.assert(
        fc.property(
          randomOperations(5),
          fc.array(onError === "fail" ? goodLine : line, { maxLength: 30 }),
          fc.record({
            linesPerSplit: fc.integer({ min: 1, max: 40 }),
            windowBytes: fc.integer({ min: 1, max: 300 }),
            pairsPerRange: fc.integer({ min: 1, max: 40 }),
          }),
          fc.constantFrom("key" as const, "none" as const),
          (operations, lines, settings, order) => {
            compareWithOracle(t, programOf(operations, { partitions, onError, order }), lines, {
              ...settings,
              createKernels,
            });
          },
        ),
        { numRuns: 100 },
      );
    });
  }
}
