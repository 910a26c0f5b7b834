/**
 * Removes segments that no commit refers to: what an earlier life wrote last. It gives room.
 *
 * Owns: which segments are used, by the journal of their directory.
 * Never: runs while somebody writes there.
 */
import type { Journal } from "../runtime/journal/journal.ts";
import { removeSegments } from "../runtime/journal/segment-files.ts";
import { decodeCommit } from "./partition/commit-record.ts";
import { referencesOf } from "./partition/messages.ts";

/**
 * All logs are read once: what is broken in them is cut off, and told, here. `logPrefix` is that of the logs of partitions
 * whose commits count. Errors: those of the journal.
 */
export async function removeUnusedSegments(
  journal: Journal,
  segmentDirectory: string,
  logPrefix: string,
): Promise<void> {
  const used = new Set<string>();
  for (const actor of await journal.actors("")) {
    const records = await journal.read(actor);
    if (!actor.startsWith(logPrefix)) continue;
    for (const { payload } of records) {
      for (const { segment } of referencesOf(decodeCommit(payload))) used.add(segment);
    }
  }
  removeSegments(segmentDirectory, (segment) => used.has(segment));
}
