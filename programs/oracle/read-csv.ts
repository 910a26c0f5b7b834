/**
 * Reads one line of CSV into a pair.
 *
 * Owns: what a field is. A quoted field may contain the delimiter, and a doubled quote stands for a quote, so that columns
 *       which are not asked for may hold anything.
 * Never: shares anything with the kernels' parsers.
 */
import { RECORD_REASON } from "../kernels/record-reasons.ts";
import type { InputSpecification, IntegerMode } from "../program.ts";
import { type LineReading, readInteger, readPair } from "./line-reading.ts";

export interface CsvColumns {
  readonly delimiter: string;
  /** 0-based. */
  readonly key: number;
  readonly value: number;
  /** With default columns a line has two fields and no more. */
  readonly exactlyTwo: boolean;
}

/** Throws RangeError if a named column is not in the header. */
export function csvColumns(specification: InputSpecification | undefined, header: string | undefined): CsvColumns {
  const delimiter = specification?.delimiter ?? ",";
  const names = header === undefined ? undefined : splitFields(header, delimiter)?.map(columnName);
  const position = (column: string | number | undefined, fallback: number): number => {
    if (typeof column !== "string") return column ?? fallback;
    // Without any line there is nothing to read either.
    if (names === undefined) return fallback;
    const index = names.indexOf(column);
    if (index < 0) throw new RangeError(`the header has no column ${JSON.stringify(column)}`);
    return index;
  };
  return {
    delimiter,
    key: position(specification?.key, 0),
    value: position(specification?.value, 1),
    exactlyTwo: specification?.key === undefined && specification?.value === undefined,
  };
}

/** A delimiter that is itself a blank makes fields, so it is none. */
export function isBlankCsvLine(delimiter: string): (line: string) => boolean {
  return (line) => trimBlanks(line, delimiter) === "";
}

export function readCsvLine(line: string, columns: CsvColumns, integers: IntegerMode): LineReading {
  const fields = splitFields(line, columns.delimiter);
  if (fields === undefined) return RECORD_REASON.openQuote;
  const found = fields.length;
  if (columns.exactlyTwo && found !== 2) return RECORD_REASON.wrongFieldCount(2, found);
  const needed = Math.max(columns.key, columns.value) + 1;
  if (found < needed) return RECORD_REASON.tooFewFields(needed, found);
  const read = (column: number) => readField(fields[column], columns.delimiter, integers);
  return readPair(read(columns.key), read(columns.value));
}

/** Fields as they stand, quotes and all; undefined if a quote is not closed. */
function splitFields(line: string, delimiter: string): string[] | undefined {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const length = fieldLength(rest, delimiter);
    if (length === undefined) return undefined;
    fields.push(rest.slice(0, length));
    if (length === rest.length) return fields;
    rest = rest.slice(length + 1);
  }
}

/** Characters before the delimiter that ends the first field. A quote that is not the first character but blanks is no quote. */
function fieldLength(text: string, delimiter: string): number | undefined {
  let at = text.length - trimStart(text, delimiter).length;
  if (text[at] === '"') {
    at += 1;
    while (text[at] !== '"' || text[at + 1] === '"') {
      if (at >= text.length) return undefined;
      at += text[at] === '"' ? 2 : 1;
    }
    at += 1;
  }
  const end = text.indexOf(delimiter, at);
  return end < 0 ? text.length : end;
}

function readField(field: string, delimiter: string, integers: IntegerMode): bigint | string {
  const trimmed = trimBlanks(field, delimiter);
  const quoted = /^"(.*)"$/s.exec(trimmed);
  const digits = quoted === null ? trimmed : trimBlanks(quoted[1], "");
  return digits === "" ? RECORD_REASON.emptyField : readInteger(digits, integers);
}

/** The name that a header's field says. */
function columnName(field: string): string {
  const trimmed = field.trim();
  const quoted = /^"(.*)"$/s.exec(trimmed);
  return quoted === null ? trimmed : quoted[1].replaceAll('""', '"').trim();
}

function trimStart(text: string, delimiter: string): string {
  let at = 0;
  while (at < text.length && isBlank(text[at], delimiter)) at += 1;
  return text.slice(at);
}

function trimBlanks(text: string, delimiter: string): string {
  const start = trimStart(text, delimiter);
  let end = start.length;
  while (end > 0 && isBlank(start[end - 1], delimiter)) end -= 1;
  return start.slice(0, end);
}

function isBlank(character: string, delimiter: string): boolean {
  return (character === " " || character === "\t") && character !== delimiter;
}
