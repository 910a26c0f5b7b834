/**
 * Leaves out commits whose bytes are not there: segment files that are gone, or shorter than what the commit refers to.
 *
 * Owns: the comparison of a log with the directory of segments when a partition recovers.
 * Never: reads a byte of a segment: what is changed within a file is found by whoever needs it (`stored-input.ts`).
 *
 * Cost: one look at each file that the log names, whatever its size.
 */
import type { SegmentLengths, SegmentReference } from "../../runtime/journal/segment-files.ts";
import { referencesOf, type TaskCommit } from "./messages.ts";

/** The first stage of a job that has not been freed, by the records of its log. */
export function freedBelowOf(records: readonly { readonly payload: Uint8Array }[]): number {
  const last = records.at(-1);
  return last === undefined ? 0 : Number(Buffer.from(last.payload).toString("utf8"));
}

/** A commit as far as it refers to what is stored. */
export function withoutFreed(commit: TaskCommit, freedBelow: number): TaskCommit {
  if (commit.stage >= freedBelow) return commit;
  return { ...commit, result: { ...commit.result, bundles: [], runs: [] } };
}

/** Those whose blocks are not there. */
export function goneAmong(commits: readonly TaskCommit[], lengths: SegmentLengths): TaskCommit[] {
  return commits.filter(({ result }) => ![...result.bundles, ...result.runs].every(({ at }) => isThere(at, lengths)));
}

/** Commits of stages before `freedBelow` stand, though their blocks have gone; only their rejects are still needed. */
export function usableCommits(
  commits: readonly TaskCommit[],
  { lengths, freedBelow }: { readonly lengths: SegmentLengths; readonly freedBelow: number },
): TaskCommit[] {
  return commits.filter((commit) => referencesOf(withoutFreed(commit, freedBelow)).every((at) => isThere(at, lengths)));
}

function isThere({ segment, offset, byteLength }: SegmentReference, lengths: SegmentLengths): boolean {
  return offset + byteLength <= lengths.of(segment);
}
