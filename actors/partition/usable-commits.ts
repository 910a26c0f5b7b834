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

/** Commits of stages before `freedBelow` stand, though their blocks have gone; only their rejects are still needed. */
export function usableCommits(
  commits: readonly TaskCommit[],
  { lengths, freedBelow }: { readonly lengths: SegmentLengths; readonly freedBelow: number },
): TaskCommit[] {
  return commits.filter((commit) => {
    const needed = commit.stage < freedBelow ? commit.result.rejects : referencesOf(commit);
    return needed.every(({ segment, offset, byteLength }) => offset + byteLength <= lengths.of(segment));
  });
}
