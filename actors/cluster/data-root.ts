/**
 * Keeps the paths that submitters write below the coordinator's data root.
 *
 * Owns: which paths are refused, and what a path means once symbolic links are followed.
 * Never: creates or changes a file.
 *
 * R1. A path is relative to the data root; absolute ones and those with `..` are refused before the disk is looked at.
 * R2. What is read, and the directory of what is written, lie below the root with every symbolic link followed.
 * R3. A path is told apart from a root that merely begins with the same letters: `/data-old` is not below `/data`.
 *
 * Whoever may write below the data root on the coordinator's host can exchange a directory for a link after the check;
 * this is a fence against submitters, not against them.
 */
import { realpathSync, statSync } from "node:fs";
import path from "node:path";
import { quoteText } from "../../programs/quote-text.ts";
import { RuntimeError } from "../../runtime/errors.ts";

const PATH_BYTES_MAX = 4096;
const UPLOAD_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** R1. Returns `written`, normalised. Patterns with `*` pass: what they match is for `inputBelow`. Errors: PATH_OUTSIDE_DATA_ROOT. */
export function relativePath(written: string): string {
  const isShort = Buffer.byteLength(written) <= PATH_BYTES_MAX;
  if (written === "" || !isShort || written.includes("\0")) throw outside(written, "it is no path");
  if (path.isAbsolute(written)) throw outside(written, "it must be relative to the coordinator's data root");
  if (written.split(/[/\\]/).includes("..")) throw outside(written, '".." is not allowed');
  return path.normalize(written);
}

/**
 * R2. The real path of an input file. `found` is absolute, or relative to the root.
 *
 * Errors: PATH_OUTSIDE_DATA_ROOT; INPUT_MISSING, INPUT_UNREADABLE.
 */
export function inputBelow(dataRoot: string, found: string): string {
  let real: string;
  try {
    real = realpathSync(path.resolve(dataRoot, found));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new RuntimeError("INPUT_MISSING", `no input file ${quoteText(found)} below the data root`, error);
    }
    throw new RuntimeError("INPUT_UNREADABLE", `cannot read input ${quoteText(found)}: ${message}`, error);
  }
  if (!isBelow(realpathSync(dataRoot), real)) throw outside(found, "it leads out of the coordinator's data root");
  return real;
}

/**
 * R1, R2. Where an output goes: its directory with links followed, and its own name, which a rename replaces even where it is a link.
 *
 * Errors: PATH_OUTSIDE_DATA_ROOT, OUTPUT_UNUSABLE.
 */
export function outputBelow(dataRoot: string, written: string): string {
  const relative = relativePath(written);
  const name = path.basename(relative);
  if (name === "." || /[/\\]$/.test(written)) throw unusable(written, "it is a directory");
  const root = realpathSync(dataRoot);
  let directory: string;
  try {
    directory = realpathSync(path.join(root, path.dirname(relative)));
  } catch (error) {
    throw unusable(written, "there is no such directory below the data root", error);
  }
  if (directory !== root && !isBelow(root, directory)) {
    throw outside(written, "it leads out of the coordinator's data root");
  }
  if (!statSync(directory).isDirectory()) throw unusable(written, "there is no such directory below the data root");
  const file = path.join(directory, name);
  const status = statSync(file, { throwIfNoEntry: false });
  if (status !== undefined && !status.isFile()) throw unusable(written, "it is not a regular file");
  return file;
}

/** Where uploads of a coordinator lie. */
export function uploadsDirectory(dataDirectory: string): string {
  return path.join(dataDirectory, "uploads");
}

/** Letters, digits, `.`, `_` and `-`, not beginning with a sign: such a name cannot lead anywhere. */
export function isUploadName(name: string): boolean {
  return UPLOAD_NAME.test(name);
}

/** The file of an upload that is complete. Errors: INPUT_MISSING. */
export function uploadedFile(dataDirectory: string, name: string): string {
  const file = path.join(uploadsDirectory(dataDirectory), name);
  if (isUploadName(name) && statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  throw new RuntimeError("INPUT_MISSING", `no upload ${quoteText(name)}`);
}

/** R3. */
function isBelow(root: string, real: string): boolean {
  return real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}

function outside(written: string, why: string): RuntimeError {
  return new RuntimeError("PATH_OUTSIDE_DATA_ROOT", `path ${quoteText(written)} is refused: ${why}`);
}

function unusable(written: string, why: string, cause?: unknown): RuntimeError {
  return new RuntimeError("OUTPUT_UNUSABLE", `cannot write output ${quoteText(written)}: ${why}`, cause);
}
