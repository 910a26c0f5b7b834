/**
 * Holds the end of a whole job against the reference interpreter: output, rejects in their order, or the error.
 *
 * Owns: the comparison.
 * Never: runs a job.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { TaskFailure } from "../../../actors/executor/messages.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { interpretProgram, type OracleResult } from "../../../programs/oracle/interpret-program.ts";
import { type OracleReject, rejectKey } from "../../../programs/oracle/reject.ts";
import type { Plan } from "../../../programs/plan/plan.ts";
import type { InputSpecification, Program } from "../../../programs/program.ts";
import { CSV, type StagedEnd } from "./job-stage.ts";

/** What the program means on the job's files as they are now. */
export function referenceOf(program: Program, job: JobDescription, input: Partial<InputSpecification>): OracleResult {
  const inputs = job.files.map(({ name, absolutePath, compressed, text: { format } }) => {
    const bytes = readFileSync(absolutePath);
    return { name, format, text: (compressed && bytes.length > 0 ? gunzipSync(bytes) : bytes).toString("utf8") };
  });
  const output = { ...program.output, format: job.outputFormat };
  return interpretProgram({ ...program, input: { ...CSV, ...input }, output }, inputs);
}

/** As of AVA's context, or of whoever collects what is wrong. */
export interface Comparison {
  is(actual: unknown, expected: unknown, message?: string): unknown;
  deepEqual(actual: unknown, expected: unknown): unknown;
  true(actual: unknown, message: string): unknown;
  fail(message: string): unknown;
}

export function compareWithReference(
  t: Comparison,
  end: Pick<StagedEnd, "outcome" | "output" | "rejects">,
  { program, job, expected }: { program: Program; job: JobDescription; expected: OracleResult },
): void {
  if (expected.kind === "failed") {
    if (end.outcome.kind !== "failed") {
      t.fail(`the job must fail, but ended ${JSON.stringify(end.outcome)}`);
      return;
    }
    const key = failureKey(end.outcome.failure, job.plan);
    t.true(expected.errors.has(key), `${key} is none of ${[...expected.errors].join("; ")}`);
    return;
  }
  t.is(end.outcome.kind, "done", JSON.stringify(end.outcome));
  if (program.output.order === "key") t.is(end.output, expected.output);
  else t.deepEqual(sortedLines(end.output), sortedLines(expected.output));
  if (end.rejects !== undefined) t.deepEqual(rejectKeysOf(end.rejects), expectedRejectKeys(expected.rejects));
}

function failureKey({ reject, file, line, code, message }: TaskFailure, { operations }: Plan): string {
  if (reject === undefined) return `${code}: ${message}`;
  if (reject.kind === "arithmetic") return rejectKey({ ...reject, place: operations[reject.operation].place });
  return rejectKey({ ...reject, file: file ?? "", line: line ?? 0 });
}

function rejectKeysOf(text: string): string[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      // Keys and values are plain digits of any length, which a reader of JSON must not round.
      const exact = line.replace(/("[kv]":)(-?\d+)/g, '$1"$2"');
      const reject = JSON.parse(exact) as Record<string, string>;
      if (reject.file !== undefined) return `record ${reject.file} ${reject.line}`;
      return `arithmetic ${reject.place} ${reject.k} ${reject.v ?? null} ${reject.reason}`;
    });
}

/** Bad records as they stand in the inputs, then arithmetic errors by operation, key and value. */
function expectedRejectKeys(rejects: readonly OracleReject[]): string[] {
  const records = rejects.filter(({ kind }) => kind === "record");
  const others = rejects.flatMap((reject) => (reject.kind === "arithmetic" ? [reject] : []));
  others.sort(
    (one, two) =>
      one.operation - two.operation ||
      compare(BigInt(one.key), BigInt(two.key)) ||
      compare(BigInt(one.value ?? 0), BigInt(two.value ?? 0)) ||
      compare(one.reason, two.reason),
  );
  return [...records, ...others].map(rejectKey);
}

function compare<Value extends bigint | string>(one: Value, two: Value): number {
  return one < two ? -1 : one > two ? 1 : 0;
}

function sortedLines(text: string | undefined): string[] | undefined {
  return text?.split("\n").sort();
}
