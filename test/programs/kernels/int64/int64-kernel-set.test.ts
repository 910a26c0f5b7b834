import { readFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { DataError, type Reject } from "../../../../programs/errors.ts";
import { createInt64KernelSet } from "../../../../programs/kernels/int64/int64-kernel-set.ts";
import type { TextFormat } from "../../../../programs/kernels/kernel-set.ts";
import { interpretProgram } from "../../../../programs/oracle/interpret-program.ts";
import { rejectKey } from "../../../../programs/oracle/reject.ts";
import { makePlan } from "../../../../programs/plan/make-plan.ts";
import type { Plan } from "../../../../programs/plan/plan.ts";
import type { Program } from "../../../../programs/program.ts";
import { type Drive, type DriveOutcome, drivePlan } from "../drive-plan.ts";
import { int64, programOf, randomOperations } from "../random-program.ts";

const kernels = new WebAssembly.Module(
  readFileSync(new URL("../../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);
const CSV: TextFormat = { format: "csv", delimiter: 44, keyColumn: 0, valueColumn: 1, exactlyTwoFields: true };

/** One kernel set for the whole plan, as on one thread. */
function onOneThread(plan: Plan): () => ReturnType<typeof createInt64KernelSet> {
  const kernelSet = createInt64KernelSet(kernels, plan);
  return () => kernelSet;
}

/** Cuts lines into splits of `linesPerSplit`; remembers the line at which each begins. */
function cutSplits(lines: readonly string[], linesPerSplit: number) {
  const splits: Uint8Array[] = [];
  for (let from = 0; from < lines.length; from += linesPerSplit) {
    splits.push(Buffer.from(lines.slice(from, from + linesPerSplit).join("")));
  }
  return splits;
}

function drive(plan: Plan, lines: readonly string[], settings: Partial<Drive> & { readonly linesPerSplit: number }) {
  return drivePlan({
    plan,
    openKernels: onOneThread(plan),
    splits: cutSplits(lines, settings.linesPerSplit),
    format: CSV,
    outputFormat: "csv",
    ...settings,
  });
}

function sortedLines(text: string): string[] {
  return text.split("\n").sort();
}

/** `rejectKey` of a task's rejects; `splitIndex` and `linesPerSplit` turn lines of a split into lines of the file. */
function keyOf(plan: Plan, reject: Reject, firstLine: number): string {
  if (reject.kind === "record") {
    return rejectKey({ ...reject, file: "input.csv", line: reject.line + 1 + firstLine });
  }
  return rejectKey({ ...reject, place: plan.operations[reject.operation].place });
}

function keysOf(plan: Plan, { tasks }: DriveOutcome, linesPerSplit: number): string[] {
  let split = 0;
  return tasks
    .flatMap(({ stage, rejects }) => {
      const firstLine = stage === 0 ? split * linesPerSplit : 0;
      if (stage === 0) split += 1;
      return rejects.map((reject) => keyOf(plan, reject, firstLine));
    })
    .sort();
}

/** Holds one drive against the reference interpreter. */
function compare(
  t: ExecutionContext,
  program: Program,
  lines: readonly string[],
  settings: Partial<Drive> & { readonly linesPerSplit: number },
): void {
  const expected = interpretProgram(program, [{ name: "input.csv", text: lines.join(""), format: "csv" }]);
  const plan = makePlan(program);
  if (expected.kind === "failed") {
    const error = t.throws(() => drive(plan, lines, settings), { instanceOf: DataError });
    if (error === undefined) return;
    const { detail } = error;
    const known = [...expected.errors];
    if (detail.kind === "arithmetic") {
      const key = keyOf(plan, detail, 0);
      t.true(expected.errors.has(key), `${key} is none of ${known.join("; ")}`);
    } else {
      t.true(known.some((key) => key.startsWith("record ")));
    }
    return;
  }
  const outcome = drive(plan, lines, settings);
  if (program.output.order === "key") t.is(outcome.text, expected.output);
  else t.deepEqual(sortedLines(outcome.text), sortedLines(expected.output));
  t.is(outcome.pairCount, expected.pairs.length);
  t.deepEqual(keysOf(plan, outcome, settings.linesPerSplit), expected.rejects.map(rejectKey).sort());
}

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
            compare(t, programOf(operations, { partitions, onError, order }), lines, settings);
          },
        ),
        { numRuns: 100 },
      );
    });
  }
}
