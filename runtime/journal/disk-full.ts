/**
 * Tells a full disk from other errors of storage, however deep it is wrapped.
 *
 * Owns: the list of its symptoms.
 * Never: frees any room.
 */
import { RuntimeError } from "../errors.ts";

const CODES: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "DISK_FULL"]);
// LevelDB passes the operating system's text on, without its code.
const TEXT = /no space left on device|disk quota exceeded/i;
const CAUSE_DEPTH_MAX = 10;

/** Whether the error, or one that caused it, says that there is no room. */
export function isDiskFull(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < CAUSE_DEPTH_MAX && current instanceof Error; depth += 1) {
    if (("code" in current && CODES.has(current.code)) || TEXT.test(current.message)) return true;
    current = current.cause;
  }
  return false;
}

/** The error itself, or `DISK_FULL` around it if that is what it means; `place` names the file or directory. */
export function namedIfDiskFull(error: unknown, place: string): unknown {
  if (!isDiskFull(error) || error instanceof RuntimeError) return error;
  return new RuntimeError("DISK_FULL", `no space left for ${place}`, error);
}
