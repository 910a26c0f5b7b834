/**
 * The comparison of runs: what is a difference, what is told, and when it ends.
 */
import test from "ava";
import type { ChaosReport } from "../../../cli/chaos/chaos-report.ts";
import { compareRuns } from "../../../cli/chaos/compare-runs.ts";
import type { Disturbance, TrialEnd } from "../../../cli/chaos/trial.ts";
import { parseProgram } from "../../../programs/parse-program.ts";

const program = parseProgram(
  `{ "partitions": 1, "input": "x", "operations": [{ "operator": "reduce", "function": "SUM" }] }`,
  "sums",
);
const facts = { elapsedMs: 1500, taskCount: 7, rowsIn: 2, rowsOut: 1, rejected: 0, strikes: {}, failure: undefined };

function endOf(output: string, rejects?: string): TrialEnd {
  return { ...facts, result: { output: Buffer.from(output), rejects: rejects ? Buffer.from(rejects) : undefined } };
}

/** Ends of the undisturbed run and of the disturbed ones, in order. */
async function compared(ends: readonly TrialEnd[], reference: string | undefined = "1,2\n") {
  const lines: string[] = [];
  const given: (Disturbance | undefined)[] = [];
  const left = [...ends];
  const report = await compareRuns({
    trial: {
      run: async (disturb) => {
        given.push(disturb);
        return left.shift()!;
      },
    },
    ...{ program, reference: () => reference, kinds: ["worker"], rate: 2, seed: 7, runs: ends.length - 1 },
    tell: async (line) => void lines.push(line),
  });
  return { report: report as ChaosReport, lines, given };
}

test("compare: equal outputs are the same, and each run is told with its seed, strikes and repeated tasks", async (t) => {
  const struck = { ...endOf("1,2\n"), elapsedMs: 3000, taskCount: 9, strikes: { worker: 2, pause: 1 } };
  const { report, lines, given } = await compared([endOf("1,2\n"), struck]);
  t.is(report.status, "same");
  t.deepEqual(lines, [
    "undisturbed: 2 rows in, 1 row out, 1.50 s, as the reference interpreter has it",
    "seed 7: same output; 3 strikes (worker 2, pause 1); 3.00 s, 2.0 times as long; 2 tasks run again",
    "1 run, always the same output",
  ]);
  t.is(given[0], undefined);
  t.deepEqual([given[1]?.rate, given[1]?.durationMs], [2, 15_000]);
});

test("compare: another output, other rejects, a failure and another reference are differences", async (t) => {
  const failed: TrialEnd = { ...facts, result: undefined, failure: { line: "it did not end in time", exitCode: 1 } };
  const { report, lines } = await compared([endOf("1,2\n", "a"), endOf("1,3\n", "a"), endOf("1,2\n"), failed]);
  t.is(report.status, "different");
  t.deepEqual(
    report.runs.map(({ same, failure }) => [same, failure]),
    [
      [false, null],
      [false, null],
      [false, "it did not end in time"],
    ],
  );
  t.regex(lines[1] ?? "", /^seed 7: DIFFERENT output; /);
  t.regex(lines[3] ?? "", /^seed 9: FAILED \(it did not end in time\); /);
  t.is(lines.at(-1), "3 of 3 wrong");
  const wrong = await compared([endOf("1,2\n"), endOf("1,2\n")], "1,3\n");
  t.is(wrong.report.status, "different");
  t.is(wrong.report.undisturbed.sameAsReference, false);
});

test("compare: who is stopped is told what there is; a program that fails by itself is no comparison", async (t) => {
  const stopped: TrialEnd = { ...facts, result: undefined, failure: "stop" };
  const { report, lines } = await compared([endOf("1,2\n"), endOf("1,2\n"), stopped, endOf("")]);
  t.is(report.status, "interrupted");
  t.is(report.runs.length, 1);
  t.is(lines.at(-1), "interrupted after 1 run");
  const failing: TrialEnd = { ...facts, result: undefined, failure: { line: "bad record", exitCode: 1 } };
  const alone = await compared([failing]);
  t.is(alone.report as unknown, failing);
  t.deepEqual(alone.lines, []);
});
