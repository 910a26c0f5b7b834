/**
 * Finds a job's input files: expands globs, looks at each file, reads headers.
 *
 * Owns: everything about inputs that is settled before a job starts, and the errors of it.
 * Never: reads more of a file than its ends.
 */
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import path from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { formatOfPath } from "../../programs/format-of-path.ts";
import type { TextFormat } from "../../programs/kernels/kernel-set.ts";
import type { InputSpecification, TextFormatName } from "../../programs/program.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { FILE_IDENTITY_BYTES, HEADER_BYTES_MAX } from "../options.ts";
import { type Column, splitHeader } from "./header.ts";
import { hashOfEnds, type InputFile } from "./messages.ts";

/**
 * `names`: what the paths are called in messages and rejects, if not as they are written; then none is a pattern.
 *
 * Shape:  one entry a file, in the order of the paths; the files of one glob are sorted by name.
 * Errors: INPUT_MISSING, INPUT_UNREADABLE, INPUT_NOT_A_FILE, INPUT_CORRUPT, INPUT_COLUMN_UNKNOWN.
 */
export async function resolveInput(
  specification: InputSpecification,
  baseDirectory: string,
  names?: readonly string[],
): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const [index, written] of specification.paths.entries()) {
    const matches = names === undefined ? await expandInput(written, baseDirectory) : [written];
    for (const match of matches) {
      const absolutePath = path.resolve(baseDirectory, match);
      files.push(lookAtFile(names?.[index] ?? match, absolutePath, specification));
    }
  }
  return files;
}

/** The files that a path or a pattern means, as paths of the same kind. Errors: INPUT_MISSING, INPUT_UNREADABLE. */
export async function expandInput(name: string, baseDirectory: string): Promise<string[]> {
  // A file may be called as a pattern reads.
  if (exists(name, path.resolve(baseDirectory, name))) return [name];
  if (!name.includes("*")) throw new RuntimeError("INPUT_MISSING", `no input file "${name}"`);
  // Loaded for those who need it: most name files.
  const { glob } = await import("tinyglobby");
  const matches = await glob(withStarsOnly(name), {
    cwd: baseDirectory,
    absolute: path.isAbsolute(name),
    expandDirectories: false,
  });
  if (matches.length === 0) throw new RuntimeError("INPUT_MISSING", `no input file matches "${name}"`);
  return matches.sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
}

/** A pattern in which `*` alone has a meaning: what else a glob knows stands in names of files and directories, too. */
function withStarsOnly(name: string): string {
  return name.replace(/[\\?[\](){}!+@|]/g, "\\$&");
}

/** Errors: INPUT_UNREADABLE where that cannot even be said. */
function exists(name: string, absolutePath: string): boolean {
  try {
    statSync(absolutePath);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw new RuntimeError("INPUT_UNREADABLE", `cannot read input "${name}": ${message}`, error);
  }
}

function lookAtFile(name: string, absolutePath: string, specification: InputSpecification): InputFile {
  let descriptor: number | undefined;
  try {
    // A named pipe would block the open, so its kind is looked at first.
    requireFile(name, statSync(absolutePath));
    descriptor = openSync(absolutePath, "r");
    const status = fstatSync(descriptor);
    requireFile(name, status);
    return describeFile({ name, absolutePath, descriptor, status, specification });
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new RuntimeError("INPUT_MISSING", `no input file "${name}"`, error);
    throw new RuntimeError("INPUT_UNREADABLE", `cannot read input "${name}": ${(error as Error).message}`, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function requireFile(name: string, status: Stats): void {
  if (status.isFile()) return;
  const kind = status.isDirectory() ? "a directory" : "not a regular file";
  throw new RuntimeError("INPUT_NOT_A_FILE", `input "${name}" is ${kind}`);
}

interface OpenFile {
  readonly name: string;
  readonly absolutePath: string;
  readonly descriptor: number;
  readonly status: Stats;
  readonly specification: InputSpecification;
}

function describeFile({ name, absolutePath, descriptor, status, specification }: OpenFile): InputFile {
  const head = readAt(descriptor, 0, FILE_IDENTITY_BYTES);
  const tail = readAt(descriptor, Math.max(0, status.size - FILE_IDENTITY_BYTES), FILE_IDENTITY_BYTES);
  const compressed = absolutePath.endsWith(".gz");
  const format = specification.format ?? formatOfPath(absolutePath);
  const beginning = compressed ? gunzipBeginning(head, name) : head;
  const isEmpty = beginning.length === markBytes(beginning);
  const hasHeader = format === "csv" && specification.header && !isEmpty;
  const { dataStart, headerFields } = findData(beginning, hasHeader, specification, name);
  return {
    name,
    absolutePath,
    byteLength: status.size,
    modifiedMs: status.mtimeMs,
    endsHash: hashOfEnds(head, tail),
    compressed,
    dataStart,
    headerLines: headerFields === undefined ? 0 : 1,
    text: textFormat(format, specification, (column) => {
      // What is empty has no header either, and no field that could be a wrong one.
      return isEmpty && typeof column === "string" ? 0 : columnNumber(column, headerFields, name);
    }),
  };
}

function readAt(descriptor: number, position: number, byteCount: number): Uint8Array {
  const bytes = Buffer.alloc(byteCount);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, byteCount, position));
}

function gunzipBeginning(head: Uint8Array, name: string): Uint8Array {
  if (head.length === 0) return head;
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    const { message } = error as Error;
    // What begins like gzip but breaks is the same error here as later: a short file is no other case than a long one.
    const isGzip = head[0] === 0x1f && head[1] === 0x8b;
    if (isGzip) throw new RuntimeError("INPUT_CORRUPT", `input "${name}" is not whole gzip data: ${message}`, error);
    throw new RuntimeError("INPUT_UNREADABLE", `input "${name}" is not gzip data: ${message}`, error);
  }
}

/** Of a byte order mark at the beginning, if there is one. */
function markBytes(beginning: Uint8Array): number {
  return beginning[0] === 0xef && beginning[1] === 0xbb && beginning[2] === 0xbf ? 3 : 0;
}

function findData(
  beginning: Uint8Array,
  header: boolean,
  specification: InputSpecification,
  name: string,
): { dataStart: number; headerFields: readonly string[] | undefined } {
  const start = markBytes(beginning);
  if (!header) return { dataStart: start, headerFields: undefined };
  const lineEnd = beginning.indexOf(0x0a, start);
  if (lineEnd < 0 && beginning.length >= HEADER_BYTES_MAX) {
    throw new RuntimeError(
      "INPUT_UNREADABLE",
      `the header of input "${name}" is longer than ${HEADER_BYTES_MAX} bytes`,
    );
  }
  const end = lineEnd < 0 ? beginning.length : lineEnd;
  const line = Buffer.from(beginning.subarray(start, end)).toString("utf8").replace(/\r$/, "");
  return {
    dataStart: lineEnd < 0 ? beginning.length : lineEnd + 1,
    headerFields: splitHeader(line, specification.delimiter),
  };
}

function textFormat(
  format: TextFormatName,
  { delimiter, key, value }: InputSpecification,
  columnOf: (column: Column) => number,
): TextFormat {
  if (format === "ndjson") {
    return { format, keyMember: String(key ?? "k"), valueMember: String(value ?? "v") };
  }
  return {
    format,
    delimiter: delimiter.charCodeAt(0),
    keyColumn: columnOf(key ?? 0),
    valueColumn: columnOf(value ?? 1),
    exactlyTwoFields: key === undefined && value === undefined,
  };
}

function columnNumber(column: Column, headerFields: readonly string[] | undefined, name: string): number {
  if (typeof column === "number") return column;
  const index = headerFields?.indexOf(column) ?? -1;
  if (index >= 0) return index;
  const known = (headerFields ?? []).map((field) => `"${field}"`).join(", ");
  throw new RuntimeError(
    "INPUT_COLUMN_UNKNOWN",
    `input "${name}" has no column "${column}"; its header names ${known || "none"}`,
  );
}
