/**
 * Drives a TextParser over text that is cut into pieces.
 *
 * Owns: the loop that an executor runs.
 */
import type { RecordReject } from "../../../../programs/errors.ts";
import type { KernelInstance } from "../../../../programs/kernels/int64/instance.ts";
import { TextParser } from "../../../../programs/kernels/int64/text-parser.ts";
import type { TextFormat } from "../../../../programs/kernels/kernel-set.ts";
import { BATCH_PAIRS } from "../../../../programs/limits.ts";
import type { ErrorMode } from "../../../../programs/program.ts";
import { columnOf } from "./memory-columns.ts";

export interface ParsedText {
  readonly pairs: (readonly [bigint, bigint])[];
  readonly rejects: RecordReject[];
  readonly lines: number;
}

export const PLAIN_CSV: TextFormat & { readonly format: "csv" } = {
  format: "csv",
  delimiter: ",".charCodeAt(0),
  keyColumn: 0,
  valueColumn: 1,
  exactlyTwoFields: true,
};

export const PLAIN_NDJSON: TextFormat = { format: "ndjson", keyMember: "k", valueMember: "v" };

export function parseText(
  instance: KernelInstance,
  format: TextFormat,
  pieces: readonly (Uint8Array | string)[],
  onError: ErrorMode = "reject",
): ParsedText {
  const rejects: RecordReject[] = [];
  const pairs: (readonly [bigint, bigint])[] = [];
  const parser = new TextParser(instance, format, onError, (reject) => rejects.push(reject));
  const columns = { keys: instance.allocate(8 * BATCH_PAIRS), values: instance.allocate(8 * BATCH_PAIRS) };
  const drain = () => {
    for (let count = parser.next(columns); count > 0; count = parser.next(columns)) {
      const keys = columnOf(instance, columns.keys, count);
      const values = columnOf(instance, columns.values, count);
      for (const [row, key] of keys.entries()) pairs.push([key, values[row]]);
    }
  };
  try {
    for (const piece of pieces) {
      const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
      // A window larger than the push is allowed.
      parser.window(bytes.length + 3).set(bytes);
      parser.push(bytes.length);
      drain();
    }
    parser.end();
    drain();
    return { pairs, rejects, lines: parser.lines };
  } finally {
    parser.dispose();
    instance.release(columns.keys);
    instance.release(columns.values);
  }
}

/** The text cut once, at every position. */
export function everyCut(text: string): Uint8Array[][] {
  const bytes = new TextEncoder().encode(text);
  return Array.from({ length: bytes.length + 1 }, (_, cut) => [bytes.subarray(0, cut), bytes.subarray(cut)]);
}
