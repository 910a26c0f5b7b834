/**
 * The commit of a partition in a record of a worker's journal.
 */
import { decodeCommit } from "../../../actors/partition/commit-record.ts";
import type { TaskCommit } from "../../../actors/partition/messages.ts";
import type { JournalAppend } from "../../../runtime/journal/journal.ts";

/** Undefined for a record of another kind. */
export function commitIn({
  actor,
  payload,
}: JournalAppend): { readonly job: string; readonly commit: TaskCommit } | undefined {
  const [kind, job] = actor.split("/");
  return kind === "partition" ? { job, commit: decodeCommit(payload) } : undefined;
}
