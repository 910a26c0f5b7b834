/**
 * Rejects as the reference interpreter reports them, and a key by which two reports of one error can be compared.
 *
 * Owns: how offending text is shown.
 * Never: decides what is rejected.
 */
import { OFFENDING_TEXT_MAX } from "../limits.ts";
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
  return { kind: "record", file, line, text: escapeText(text), reason };
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

/** Controls, marks that reorder text and line separators as JSON escapes them; cut with an ellipsis. */
function escapeText(text: string): string {
  const characters = Array.from(text.slice(0, 2 * OFFENDING_TEXT_MAX + 2));
  const shown = characters.slice(0, OFFENDING_TEXT_MAX).map((character) => {
    if (!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character)) return character;
    return character === "\t" ? "\\t" : `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
  });
  return shown.join("") + (characters.length > OFFENDING_TEXT_MAX ? "…" : "");
}
