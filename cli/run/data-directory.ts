/**
 * Chooses the data directory of a run, so that the same command finds it again.
 *
 * Owns: where data directories lie by default, and their names.
 * Never: opens a journal.
 *
 * D1. Without a wish, a job's directory depends on the job alone; a second run of it at the same time takes the next one.
 * D2. What was made without a wish is removed when the job is done, and, without a journal, however it ends.
 */
import { createHash, randomBytes } from "node:crypto";
import { accessSync, constants, rmdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { RuntimeError } from "../../runtime/errors.ts";
import { makeDirectory } from "../../runtime/make-directory.ts";

export interface DataDirectoryWish {
  /** `--data-dir`; without a journal, where the temporary directory is made. */
  readonly directory: string | undefined;
  readonly journaled: boolean;
}

/** Runs of the same job at the same time, at most. */
const SAME_JOB_RUNS_MAX = 100;

/** Candidates, to be tried in this order while one is locked. Errors: DATA_DIRECTORY_UNUSABLE. */
export function* dataDirectories(job: string, { directory, journaled }: DataDirectoryWish): Generator<string> {
  if (directory !== undefined && journaled) {
    yield path.resolve(directory);
    return;
  }
  const root = directory === undefined ? dataDirectoryRoot() : path.resolve(directory);
  if (!journaled) {
    yield path.join(root, `temporary-${process.pid}-${randomBytes(4).toString("hex")}`);
    return;
  }
  yield path.join(root, job);
  for (let run = 2; run <= SAME_JOB_RUNS_MAX; run += 1) yield path.join(root, `${job}-${run}`);
}

/** Removes what a run made; `all` also what its journal holds. Whatever is in use by another run stays. */
export function removeDataDirectory(directory: string, { all }: { readonly all: boolean }): void {
  try {
    if (all) rmSync(directory, { recursive: true, force: true });
    else rmdirSync(directory);
  } catch {
    // Not empty: another run has begun in it. Or gone already.
  }
}

/** Names a run's temporary output: the same for a resumed run, another one for a run beside it. */
export function attemptName(job: string, directory: string): string {
  return `${job}-${createHash("sha256").update(directory).digest("hex").slice(0, 8)}`;
}

/** The directory in which each job, and each role, has one of its own. Errors: DATA_DIRECTORY_UNUSABLE. */
export function dataDirectoryRoot(): string {
  const { ACTOR_DATAFLOW_DATA_DIR, XDG_STATE_HOME, HOME } = process.env;
  if (ACTOR_DATAFLOW_DATA_DIR) {
    const root = path.resolve(ACTOR_DATAFLOW_DATA_DIR);
    const problem = problemOf(root);
    if (problem === undefined) return root;
    throw new RuntimeError("DATA_DIRECTORY_UNUSABLE", `cannot use "${root}" as data directory: ${problem}`);
  }
  const candidates: string[] = [];
  if (XDG_STATE_HOME && path.isAbsolute(XDG_STATE_HOME)) candidates.push(path.join(XDG_STATE_HOME, "actor-dataflow"));
  if (HOME && path.isAbsolute(HOME)) candidates.push(path.join(HOME, ".local/state/actor-dataflow"));
  const usable = candidates.find((root) => problemOf(root) === undefined);
  if (usable !== undefined) return usable;
  const user = process.getuid?.();
  const shared = path.join(os.tmpdir(), `actor-dataflow-${user ?? "user"}`);
  const problem = problemOf(shared);
  // Anybody can make a directory of that name.
  if (problem === undefined && (user === undefined || statSync(shared).uid === user)) return shared;
  const message = `no directory for journals can be written to: ${problem ?? `"${shared}" belongs to another user`}`;
  throw new RuntimeError("DATA_DIRECTORY_UNUSABLE", message);
}

/** Makes the directory if it can; why it cannot be used, if so. */
function problemOf(root: string): string | undefined {
  try {
    makeDirectory(root, 0o700);
    accessSync(root, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
