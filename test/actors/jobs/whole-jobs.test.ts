/**
 * Whole jobs in process, with threads, held against the reference interpreter.
 */
import path from "node:path";
import test from "ava";
import fc from "fast-check";
import type { Program } from "../../../programs/program.ts";
import { programOf, randomOperations } from "../../programs/kernels/random-program.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { openStage, prepare, runStaged } from "./job-stage.ts";
import { randomInput } from "./random-input.ts";
import { compareWithReference, referenceOf } from "./reference.ts";

test("empty input: the job is done with an empty output", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": "" });
  const program = programOf([], { partitions: 3, onError: "fail", order: "key" });
  const job = await prepare(program, { paths: ["a.csv"] }, { directory, splitBytes: 10 });
  const end = await runStaged(job, { directory });
  t.is(end.outcome.kind, "done");
  t.is(end.output, "");
});

const settings = fc.record({
  partitions: fc.constantFrom(1, 2, 3, 7, 70),
  order: fc.constantFrom("key" as const, "key" as const, "none" as const),
});
const place = fc.record({
  splitBytes: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 400 })),
  outputFormat: fc.constantFrom("csv" as const, "ndjson" as const),
});

for (const [integers, onError, badWeight, numRuns] of [
  ["int64", "reject", 2, 50],
  ["int64", "fail", 0, 30],
  ["int64", "fail", 1, 15],
  ["bigint", "reject", 2, 30],
  ["bigint", "fail", 0, 20],
] as const) {
  const records = badWeight > 0 ? "some records bad" : "no record bad";
  test(`random programs: as the reference interpreter has it (${integers}, ${onError}, ${records})`, async (t) => {
    const directory = temporaryDirectory(t);
    const stage = await openStage({ directory });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        randomOperations(5),
        settings,
        place,
        randomInput(integers, { badWeight }),
        async (operations, shape, { splitBytes, outputFormat }, { files, specification }) => {
          count += 1;
          const home = path.join(directory, String(count));
          writeFiles(home, files);
          const bare = programOf(operations, { ...shape, onError, integers });
          const program: Program = { ...bare, output: { ...bare.output, format: outputFormat } };
          const job = await prepare(program, specification, { directory: home, splitBytes });
          const expected = referenceOf(program, job, specification);
          const end = await stage.run(job, { rejects: true });
          compareWithReference(t, end, { program, job, expected });
        },
      ),
      { numRuns },
    );
    await stage.close();
  });
}
