/**
 * What of a run's job its cluster has to be told: where the inputs lie, and which submission this is.
 *
 * Owns: the data root of the coordinator, which holds no more than it must, and the id by which a run that was interrupted
 *       finds its job again.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const SUBMISSION_ID = /^[0-9a-f]{32}$/;

export interface InputPlaces {
  /** The deepest directory that all inputs lie in, links followed. */
  readonly dataRoot: string;
  /** Relative to it, in order. */
  readonly names: readonly string[];
}

/** `inputs` are absolute paths of files that are there. */
export function placesOf(inputs: readonly string[]): InputPlaces {
  // The last name stays as it is, since it tells the format; where it leads must lie below the root, too.
  const named = inputs.map((file) => path.join(realpathSync(path.dirname(file)), path.basename(file)));
  const directories = [...named, ...inputs.map((file) => realpathSync(file))].map((file) => path.dirname(file));
  const dataRoot = directories.reduce(commonDirectory);
  return { dataRoot, names: named.map((file) => path.relative(dataRoot, file)) };
}

function commonDirectory(left: string, right: string): string {
  let common = left;
  while (common !== right && !right.startsWith(common.endsWith(path.sep) ? common : common + path.sep)) {
    common = path.dirname(common);
  }
  return common;
}

/** The submission of the run of this name that was interrupted in this directory, else a new one. */
export function submissionIn(directory: string, name: string): string {
  const file = submissionFile(directory, name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    const known = readFileSync(file, "latin1");
    if (SUBMISSION_ID.test(known)) return known;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const id = randomBytes(16).toString("hex");
  writeFileSync(file, id);
  return id;
}

/** The next run of this name is a new one. */
export function forgetSubmission(directory: string, name: string): void {
  rmSync(submissionFile(directory, name), { force: true });
}

function submissionFile(directory: string, name: string): string {
  return path.join(directory, `submission-${name}`);
}
