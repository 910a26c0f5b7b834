/**
 * The output file's text.
 *
 * Owns: the final order and the text of a pair.
 * Never: writes a file.
 */
import type { OutputSpecification, TextFormatName } from "../program.ts";
import type { Pair } from "./line-reading.ts";

/** `pairs` of the result are sorted, whatever the order. */
export function writeOutput(
  pairs: readonly Pair[],
  specification: OutputSpecification,
): { readonly output: string; readonly pairs: readonly Pair[] } {
  const sorted = [...pairs].sort((left, right) => compare(left.key, right.key) || compare(left.value, right.value));
  const write = outputFormat(specification) === "csv" ? csvLine : ndjsonLine;
  const lines = (specification.order === "key" ? sorted : pairs).map(write);
  return { output: lines.join(""), pairs: sorted };
}

function outputFormat({ format, path }: OutputSpecification): TextFormatName {
  return format ?? (/\.(?:ndjson|jsonl)$/.test(path ?? "") ? "ndjson" : "csv");
}

function csvLine({ key, value }: Pair): string {
  return `${key},${value}\n`;
}

function ndjsonLine({ key, value }: Pair): string {
  return `{"k":${key},"v":${value}}\n`;
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
