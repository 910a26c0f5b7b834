/**
 * Rejects as the reference interpreter reports them, and a key by which two reports of one error can be compared.
 *
 * Owns: how offending text is shown.
 * Never: decides what is rejected.
 */
import { offendingText } from "../kernels/offending-text.ts";
import type { RecordProblem } from "./read-pairs.ts";

export type OracleReject =
  | {
      readonly kind: "record";
      readonly file: string;
      /** From 1. */
      readonly line: number;
      /** Escaped, cut at OFFENDING_TEXT_MAX characters. */
      readonly text: string;
      readonly reason: string;
    }
  | {
      readonly kind: "arithmetic";
      /** Index into `Plan.operations`. */
      readonly operation: number;
      readonly place: string;
      readonly key: string;
      /** Null for a reduce. */
      readonly value: string | null;
      readonly reason: string;
    };

export function recordReject(file: string, { line, text, reason }: RecordProblem): OracleReject {
  return { kind: "record", file, line, text: offendingText(new TextEncoder().encode(text)), reason };
}

/**
 * `record input.csv 3`, `arithmetic operations[2] 17 5 division by zero`. The words of a record's reason are not part of
 * it: its place says enough, and the words are for people.
 */
export function rejectKey(reject: OracleReject): string {
  return reject.kind === "record"
    ? `record ${reject.file} ${reject.line}`
    : `arithmetic ${reject.place} ${reject.key} ${reject.value} ${reject.reason}`;
}
