/**
 * Cuts input files into splits. Split i belongs to partition i mod P and is its task number floor(i / P).
 *
 * Owns: the fixed way from files to splits (D1).
 * Never: opens a file.
 */
import { SPLIT_BYTES } from "../options.ts";
import type { InputFile, Split } from "./messages.ts";

export function cutSplits(files: readonly InputFile[], splitBytes: number = SPLIT_BYTES): Split[] {
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
