/**
 * How many lines of a file precede each split, from the lines that each split counted.
 *
 * Owns: line numbers of rejects.
 * Never: reads a file.
 */
import type { TaskCommit } from "../partition/messages.ts";
import type { JobDescription } from "./messages.ts";

/** Shape: one count a split; splits of a file are in the order of their bytes. */
export function linesBeforeSplits(job: JobDescription, commits: readonly (TaskCommit | undefined)[]): number[] {
  let file = -1;
  let lines = 0;
  return job.splits.map((split, index) => {
    if (split.file !== file) {
      file = split.file;
      lines = job.files[file].headerLines;
    }
    const before = lines;
    lines += commits[index]?.result.lines ?? 0;
    return before;
  });
}
