/**
 * A task commit as the bytes of a journal record.
 *
 * Owns: the payload's form, JSON with the commit's own names.
 * Never: checks integrity; the journal's records do.
 */
import type { TaskCommit } from "./messages.ts";

export function encodeCommit(commit: TaskCommit): Uint8Array {
  return Buffer.from(JSON.stringify(commit));
}

export function decodeCommit(payload: Uint8Array): TaskCommit {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8")) as TaskCommit;
}

/** A task that was run again has several commits; the last one counts. */
export function lastOfEachTask(commits: readonly TaskCommit[]): TaskCommit[] {
  const last = new Map<string, TaskCommit>();
  for (const commit of commits) last.set(`${commit.stage}/${commit.sequence}`, commit);
  return [...last.values()];
}
