/**
 * The bytes of output and rejects depend on program and input alone.
 */
import test from "ava";
import type { Program } from "../../../programs/program.ts";
import {
  aggregate,
  binary,
  changeKey,
  flatMap,
  literal,
  map,
  program,
  reduce,
  v,
} from "../../programs/build-program.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { openStage, prepare } from "./job-stage.ts";
import { compareWithReference, referenceOf } from "./reference.ts";
import { NARROW_PROGRAM, SAMPLE_PROGRAM, sampleLines } from "./sample-job.ts";

const PROGRAMS: Readonly<Record<string, Program>> = {
  "no reduce": NARROW_PROGRAM,
  "two shuffles": SAMPLE_PROGRAM,
  "big integers": program(
    [
      map(binary(v, "**", literal(9))),
      changeKey(binary(v, "%", literal(6))),
      reduce(binary(aggregate("product"), "/", aggregate("max"))),
    ],
    { integers: "bigint", onError: "reject" },
  ),
  "a reduce of every kind": program(
    [
      flatMap({ kind: "digits", operand: v }),
      changeKey(binary(v, "%", literal(7))),
      ...(["min", "mean", "count"] as const).map((name) => reduce(aggregate(name))),
    ],
    { onError: "reject" },
  ),
};
const FILES = { "a.csv": sampleLines(150), "empty.csv": "", "b.csv": sampleLines(40), "c.csv": "1,2" };

for (const [name, base] of Object.entries(PROGRAMS)) {
  test(`same bytes: ${name}, 1, 2, 7 and 64 partitions, 1 and 2 workers, small and large splits`, async (t) => {
    const directory = temporaryDirectory(t);
    writeFiles(directory, FILES);
    const input = { paths: Object.keys(FILES) };
    const ends = [];
    for (const executorCount of [1, 2]) {
      const stage = await openStage({ directory, executorCount });
      for (const splitBytes of [40, 1 << 20]) {
        for (const partitions of [1, 2, 7, 64]) {
          const job = await prepare(base, input, { directory, splitBytes, partitions });
          const end = await stage.run(job, { rejects: true });
          ends.push(end);
          if (ends.length > 1) continue;
          compareWithReference(t, end, { program: base, job, expected: referenceOf(base, job, input) });
          t.true((end.rejects?.length ?? 0) > 0, "the sample must have rejects");
        }
      }
      await stage.close();
    }
    for (const { output, rejects } of ends) {
      t.is(output, ends[0].output);
      t.is(rejects, ends[0].rejects);
    }
  });
}

test("same bytes: several jobs at once, where a thread has memory for the kernels of one or two", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, FILES);
  const input = { paths: Object.keys(FILES) };
  const jobs = await Promise.all(
    Object.values(PROGRAMS).map((base) => prepare(base, input, { directory, splitBytes: 100, partitions: 4 })),
  );
  const alone = await openStage({ directory, executorCount: 1 });
  const expected = [];
  for (const job of jobs) expected.push(await alone.run(job, { rejects: true }));
  await alone.close();
  for (const kernelMemoryBytes of [1, 100 * 2 ** 20]) {
    const together = await openStage({ directory, executorCount: 2, kernelMemoryBytes });
    const ends = await Promise.all(jobs.map((job) => together.run(job, { rejects: true })));
    await together.close();
    for (const [index, { outcome, output, rejects }] of ends.entries()) {
      t.deepEqual([outcome.kind, output, rejects], ["done", expected[index]?.output, expected[index]?.rejects]);
    }
  }
});
