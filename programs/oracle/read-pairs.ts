/**
 * Reads the pairs of one input text: lines, byte order mark, header, and each line as its format has it.
 *
 * Owns: which lines are looked at, and how they are numbered.
 * Never: shares anything with the kernels' parsers.
 *
 * Errors: RangeError if a named column is not in the header.
 */
import { RECORD_REASON } from "../kernels/record-reasons.ts";
import { LINE_BYTES_MAX } from "../limits.ts";
import type { InputSpecification, IntegerMode, TextFormatName } from "../program.ts";
import type { LineReading, Pair } from "./line-reading.ts";
import { csvColumns, isBlankCsvLine, readCsvLine } from "./read-csv.ts";
import { isBlankNdjsonLine, readNdjsonLine } from "./read-ndjson.ts";

export interface OracleInput {
  /** As rejects name it. */
  readonly name: string;
  /** Decoded, and decompressed. */
  readonly text: string;
  readonly format: TextFormatName;
}

export interface RecordProblem {
  /** From 1, as editors count. */
  readonly line: number;
  /** As it stands in the text, without the line end. */
  readonly text: string;
  readonly reason: string;
}

export function readPairs(
  input: OracleInput,
  specification: InputSpecification | undefined,
  integers: IntegerMode,
): { readonly pairs: Pair[]; readonly problems: RecordProblem[] } {
  const lines = splitLines(input.text.replace(/^\uFEFF/, ""));
  const hasHeader = input.format === "csv" && specification?.header === true;
  const read = lineReader(input, specification, integers, hasHeader ? lines[0] : undefined);
  const isBlank = input.format === "csv" ? isBlankCsvLine(specification?.delimiter ?? ",") : isBlankNdjsonLine;
  const pairs: Pair[] = [];
  const problems: RecordProblem[] = [];
  for (const [index, text] of lines.entries()) {
    if ((hasHeader && index === 0) || isBlank(text)) continue;
    const reading = isTooLong(text) ? RECORD_REASON.lineTooLong : read(text);
    if (typeof reading === "string") problems.push({ line: index + 1, text, reason: reading });
    else pairs.push(reading);
  }
  return { pairs, problems };
}

/** The text after the last line end is a line only if there is any. */
function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.replace(/\r$/, ""));
}

function lineReader(
  input: OracleInput,
  specification: InputSpecification | undefined,
  integers: IntegerMode,
  header: string | undefined,
): (line: string) => LineReading {
  if (input.format === "csv") {
    const columns = csvColumns(specification, header);
    return (line) => readCsvLine(line, columns, integers);
  }
  const key = String(specification?.key ?? "k");
  const value = String(specification?.value ?? "v");
  return (line) => readNdjsonLine(line, key, value, integers);
}

function isTooLong(line: string): boolean {
  return line.length > LINE_BYTES_MAX || Buffer.byteLength(line) > LINE_BYTES_MAX;
}
