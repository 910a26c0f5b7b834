/**
 * Holds a kernel set against the reference interpreter, a program at a time.
 *
 * Owns: the comparison: the same text, the same rejects, or one of the errors that may be named.
 * Never: knows which kernel set it is.
 */
import type { ExecutionContext } from "ava";
import { DataError, type Reject } from "../../../programs/errors.ts";
import type { KernelSet, TextFormat } from "../../../programs/kernels/kernel-set.ts";
import { interpretProgram } from "../../../programs/oracle/interpret-program.ts";
import { rejectKey } from "../../../programs/oracle/reject.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import type { Plan } from "../../../programs/plan/plan.ts";
import type { Program } from "../../../programs/program.ts";
import type { RegisteredFunction } from "../../../programs/registered/registered-function.ts";
import { type Drive, type DriveOutcome, drivePlan } from "./drive-plan.ts";

export interface LineSettings extends Partial<Omit<Drive, "plan" | "openKernels" | "splits">> {
  readonly createKernels: (plan: Plan) => KernelSet;
  readonly linesPerSplit: number;
  /** Of the operator's own; whoever creates the kernels gives them to those. */
  readonly functions?: readonly RegisteredFunction[];
}

export const CSV: TextFormat = { format: "csv", delimiter: 44, keyColumn: 0, valueColumn: 1, exactlyTwoFields: true };

/** Holds one drive against the reference interpreter. */
export function compareWithOracle(
  t: ExecutionContext,
  program: Program,
  lines: readonly string[],
  settings: LineSettings,
): void {
  const inputs = [{ name: "input.csv", text: lines.join(""), format: "csv" as const }];
  const expected = interpretProgram(program, inputs, settings.functions);
  const plan = makePlan(program);
  if (expected.kind === "failed") {
    const error = t.throws(() => driveLines(plan, lines, settings), { instanceOf: DataError });
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
  const outcome = driveLines(plan, lines, settings);
  if (program.output.order === "key") t.is(outcome.text, expected.output);
  else t.deepEqual(sortedLines(outcome.text), sortedLines(expected.output));
  t.is(outcome.pairCount, expected.pairs.length);
  t.deepEqual(keysOf(plan, outcome, settings.linesPerSplit), expected.rejects.map(rejectKey).sort());
}

/** Drives a plan over lines of CSV, with one kernel set for the whole plan, as on one thread. */
export function driveLines(plan: Plan, lines: readonly string[], settings: LineSettings): DriveOutcome {
  const kernelSet = settings.createKernels(plan);
  return drivePlan({
    plan,
    openKernels: () => kernelSet,
    splits: cutSplits(lines, settings.linesPerSplit),
    format: CSV,
    outputFormat: "csv",
    ...settings,
  });
}

/** Cuts lines into splits of `linesPerSplit`; remembers the line at which each begins. */
function cutSplits(lines: readonly string[], linesPerSplit: number) {
  const splits: Uint8Array[] = [];
  for (let from = 0; from < lines.length; from += linesPerSplit) {
    splits.push(Buffer.from(lines.slice(from, from + linesPerSplit).join("")));
  }
  return splits;
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
