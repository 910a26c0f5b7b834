/**
 * What a test vector is: a program file and its inputs, and what must come of it. Plain data, so that the reference
 * interpreter, the kernels and the command can all be held against the same vectors.
 */
import type { ArithmeticCause } from "../../../programs/errors.ts";

/** A reject, or the error that fails the job. What is not given is not compared. */
export type ExpectedProblem =
  | { readonly file: string; readonly line: number; readonly text?: string }
  | {
      readonly place: string;
      readonly key: string;
      readonly value: string | null;
      readonly reason: ArithmeticCause;
    };

export type Expected =
  /** The output's bytes (in order `none`: its lines, sorted by their pairs), and the rejects, in any order. */
  | { readonly kind: "output"; readonly output: string; readonly rejects: readonly ExpectedProblem[] }
  /** The job fails with one of these. */
  | { readonly kind: "failure"; readonly problems: readonly ExpectedProblem[] }
  /** The program is refused; these places are named, and no others. */
  | { readonly kind: "refused"; readonly places: readonly string[] };

export interface Vector {
  /** A sentence: subject, circumstance, result. */
  readonly title: string;
  /** The program file; `input` names files of `files`. */
  readonly program: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
  readonly expected: Expected;
}

export type Integer = number | bigint;
export type OperationFile = Readonly<Record<string, unknown>>;

export const MIN = -(2n ** 63n);
export const MAX = 2n ** 63n - 1n;

/** A program over `input.csv`, in three partitions unless it says otherwise. */
export function vector(
  title: string,
  program: Readonly<Record<string, unknown>>,
  input: string,
  expected: Expected,
): Vector {
  const file = { partitions: 3, input: "input.csv", ...program };
  return { title, program: file, files: { "input.csv": input }, expected };
}

export function output(text: string, ...rejects: readonly ExpectedProblem[]): Expected {
  return { kind: "output", output: text, rejects };
}

export function failure(...problems: readonly ExpectedProblem[]): Expected {
  return { kind: "failure", problems };
}

/** A step for each value: what comes out, several values, or why nothing does. Keys count from 1 unless given. */
export type Row = readonly [value: Integer, result: Integer | readonly Integer[] | ArithmeticCause, key?: Integer];

/** One narrow operation on rows, rejecting those that fail. */
export function narrowVector(
  title: string,
  operation: OperationFile,
  rows: readonly Row[],
  integers: "int64" | "bigint" = "int64",
): Vector {
  const pairs: (readonly [bigint, bigint])[] = [];
  const rejects: ExpectedProblem[] = [];
  const lines = rows.map(([value, result, givenKey], index) => {
    const key = BigInt(givenKey ?? index + 1);
    if (typeof result === "string") {
      rejects.push({ place: "operations[0]", key: `${key}`, value: `${value}`, reason: result });
    } else {
      for (const item of Array.isArray(result) ? result : [result]) {
        pairs.push(operation.operator === "changeKey" ? [BigInt(item), BigInt(value)] : [key, BigInt(item)]);
      }
    }
    return `${key},${value}\n`;
  });
  const program = { integers, onError: "reject", operations: [operation] };
  return vector(title, program, lines.join(""), output(csv(pairs), ...rejects));
}

/** The values of one key, and what a reduce makes of them. Keys count from 1. */
export type Group = readonly [values: readonly Integer[], result: Integer | ArithmeticCause];

/** One reduce on groups, whose values are interleaved and reversed, rejecting keys that fail. */
export function reduceVector(
  title: string,
  operation: OperationFile,
  groups: readonly Group[],
  integers: "int64" | "bigint" = "int64",
): Vector {
  const pairs: (readonly [bigint, bigint])[] = [];
  const rejects: ExpectedProblem[] = [];
  const lines: string[] = [];
  for (const [index, [values, result]] of groups.entries()) {
    const key = index + 1;
    if (typeof result === "string")
      rejects.push({ place: "operations[0]", key: `${key}`, value: null, reason: result });
    else pairs.push([BigInt(key), BigInt(result)]);
    for (const [position, value] of values.entries()) lines.splice(position * (index + 1), 0, `${key},${value}\n`);
  }
  const program = { integers, onError: "reject", operations: [{ operator: "reduce", ...operation }] };
  return vector(title, program, lines.reverse().join(""), output(csv(pairs), ...rejects));
}

/** The pairs as the output file has them in order `key`. */
export function csv(pairs: readonly (readonly [Integer, Integer])[]): string {
  const compare = (left: Integer, right: Integer) => (left < right ? -1 : left > right ? 1 : 0);
  const sorted = pairs.toSorted((left, right) => compare(left[0], right[0]) || compare(left[1], right[1]));
  return sorted.map(([key, value]) => `${key},${value}\n`).join("");
}
