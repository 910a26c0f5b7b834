/**
 * Why a line is no pair: the same words from every kernel set and from the reference interpreter.
 *
 * Owns: the sentences.
 * Never: decides which one applies.
 *
 * `text` is what `offendingText` made of the field.
 */
import { LINE_BYTES_MAX } from "../limits.ts";
import type { TextFormat } from "./kernel-set.ts";

export const RECORD_REASON = {
  lineTooLong: `the line is longer than ${LINE_BYTES_MAX} bytes`,
  emptyField: "empty field",
  openQuote: "a quote is not closed",
  notJson: "not valid JSON",
  notAPair: "neither an object nor an array",
  wrongFieldCount: (expected: number, found: number) => `expected ${fields(expected)}, found ${found}`,
  tooFewFields: (expected: number, found: number) => `expected at least ${fields(expected)}, found ${found}`,
  wrongElementCount: (found: number) => `expected 2 elements, found ${found}`,
  notInteger: (text: string) => `"${text}" is not an integer`,
  doesNotFit: (text: string) => `${text} does not fit 64 bits`,
  noMember: (name: string) => `no member "${name}"`,
} as const;

/** Why a CSV line of `found` fields is no pair. */
export function fieldCountReason(format: TextFormat & { readonly format: "csv" }, found: number): string {
  if (format.exactlyTwoFields) return RECORD_REASON.wrongFieldCount(2, found);
  return RECORD_REASON.tooFewFields(Math.max(format.keyColumn, format.valueColumn) + 1, found);
}

function fields(count: number): string {
  return count === 1 ? "1 field" : `${count} fields`;
}
