/**
 * Makes a directory with all above it, and sees to it that names outlast a loss of power.
 *
 * Never: tries again what failed. `mkdir` of Node 20 with `recursive` never returns where a directory that is there
 * refuses a new one with ENOENT, as those of /proc do.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import path from "node:path";

/** `mode` is that of every directory that is made. Errors: those of mkdir(2). */
export function makeDirectory(directory: string, mode = 0o777): void {
  if (isDirectory(directory)) return;
  const parent = path.dirname(directory);
  if (parent !== directory) makeDirectory(parent, mode);
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !isDirectory(directory)) throw error;
  }
}

/** Returns when the names in a directory are on stable storage. Errors: those of fsync(2). */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Errors: ENOTDIR and the like, of the way to it. */
function isDirectory(directory: string): boolean {
  return statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
