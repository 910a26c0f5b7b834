/**
 * Leaves out commits whose bytes are not there: segment files that are gone, or shorter than what the commit refers to.
 *
 * Owns: the comparison of a log with the directory of segments when a partition recovers.
 * Never: reads a byte of a segment: what is changed within a file is found by whoever needs it (`stored-input.ts`).
 *
 * Cost: one look at each file that the log names, whatever its size.
 */
import type { SegmentLengths } from "../../runtime/journal/segment-files.ts";
import { referencesOf, type TaskCommit } from "./messages.ts";

export function usableCommits(commits: readonly TaskCommit[], lengths: SegmentLengths): TaskCommit[] {
  return commits.filter((commit) =>
    referencesOf(commit).every(({ segment, offset, byteLength }) => offset + byteLength <= lengths.of(segment)),
  );
}
