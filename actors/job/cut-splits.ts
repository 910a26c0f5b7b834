/**
 * Cuts input files into splits. Split i belongs to partition i mod P and is its task number floor(i / P).
 *
 * Owns: the fixed way from files to splits (D1).
 * Never: opens a file.
 */
import { SPLIT_BYTES_MAX, SPLIT_BYTES_MIN, SPLITS_WANTED } from "../options.ts";
import type { InputFile, Split } from "./messages.ts";

/** Bytes of each split: a crash repeats, and an idle thread at the end waits for, a small part of the input only. */
export function splitBytesOf(files: readonly InputFile[]): number {
  const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
  return Math.min(SPLIT_BYTES_MAX, Math.max(SPLIT_BYTES_MIN, Math.ceil(byteLength / SPLITS_WANTED)));
}

export function cutSplits(files: readonly InputFile[], splitBytes: number): Split[] {
  const splits: Split[] = [];
  files.forEach(({ byteLength, dataStart, compressed }, file) => {
    if (compressed) {
      splits.push({ file, start: 0, end: byteLength });
      return;
    }
    for (let start = dataStart; start < byteLength; start += splitBytes) {
      splits.push({ file, start, end: Math.min(start + splitBytes, byteLength) });
    }
  });
  return splits;
}
