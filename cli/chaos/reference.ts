/**
 * Runs a job's program through the reference interpreter, where the input is small enough.
 *
 * Owns: reading the inputs for it, and what counts as the same output.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { JobDescription } from "../../actors/job/messages.ts";
import { interpretProgram } from "../../programs/oracle/interpret-program.ts";
import type { InputSpecification, Program } from "../../programs/program.ts";
import type { RegisteredFunction } from "../../programs/registered/registered-function.ts";

/** Bytes of all inputs; the interpreter takes about a second for so many. */
const REFERENCE_BYTES_MAX = 2_000_000;

/** The output that is right; undefined if the input is too large, or the program fails on it. */
export function referenceOutput(
  program: Program,
  input: InputSpecification,
  { files, outputFormat }: JobDescription,
  functions: readonly RegisteredFunction[] = [],
): string | undefined {
  const bytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes > REFERENCE_BYTES_MAX) return undefined;
  const inputs = files.map(({ name, absolutePath, compressed, text: { format } }) => {
    const content = readFileSync(absolutePath);
    return { name, format, text: (compressed ? gunzipSync(content) : content).toString("utf8") };
  });
  const output = { ...program.output, format: outputFormat };
  const result = interpretProgram({ ...program, input, output }, inputs, functions);
  return result.kind === "done" ? result.output : undefined;
}

/** Order `none` leaves the order of lines open. */
export function isSameOutput(left: Uint8Array, right: Uint8Array, { output }: Program): boolean {
  if (output.order === "key" || left.length !== right.length) return Buffer.compare(left, right) === 0;
  return sortedLines(left) === sortedLines(right);
}

function sortedLines(text: Uint8Array): string {
  return Buffer.from(text).toString("latin1").split("\n").sort().join("\n");
}
