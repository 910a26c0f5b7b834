/**
 * Reads a program file, or standard input for `-`.
 *
 * Owns: the errors of reading it, and the name of a program that does not give itself one.
 */
import { closeSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { ProgramError } from "../programs/errors.ts";
import { parseProgram } from "../programs/parse-program.ts";
import type { Program } from "../programs/program.ts";
import { quoteText } from "../programs/quote-text.ts";
import type { FunctionSignature } from "../programs/registered/registered-function.ts";
import { CommandError, ProgramFileError } from "./command-error.ts";

export interface ProgramFile {
  readonly program: Program;
  /** As messages name it. */
  readonly file: string;
  /** Absolute; undefined for standard input. */
  readonly path: string | undefined;
  /** The program's own input paths begin here. */
  readonly directory: string;
  readonly text: string;
}

/** Bytes; a program of a million operations is smaller. */
const PROGRAM_BYTES_MAX = 256 * 1024 * 1024;
const READ_BYTES = 1 << 20;

/** `registry`: functions that the program may name. Errors: CommandError PROGRAM_UNREADABLE; ProgramFileError with every diagnostic. */
export function readProgram(
  file: string,
  registry?: { readonly signatures: readonly FunctionSignature[] },
): ProgramFile {
  const { name, ...place } = readProgramText(file);
  try {
    return { ...place, program: parseProgram(place.text, name, registry?.signatures) };
  } catch (error) {
    if (error instanceof ProgramError) throw new ProgramFileError(place.file, error);
    throw error;
  }
}

export interface ProgramText extends Omit<ProgramFile, "program"> {
  /** Of a program that does not give itself one. */
  readonly name: string;
}

/** Errors: CommandError PROGRAM_UNREADABLE. */
export function readProgramText(file: string): ProgramText {
  if (file === "-") {
    const shown = "standard input";
    return { text: readText(0, shown), name: shown, file: shown, path: undefined, directory: process.cwd() };
  }
  const absolutePath = path.resolve(file);
  const name = path.basename(file).replace(/\.json$/, "");
  return {
    text: readText(file, quoteText(file)),
    name,
    file,
    path: absolutePath,
    directory: path.dirname(absolutePath),
  };
}

function readText(source: string | number, shown: string): string {
  let bytes: Buffer | undefined;
  try {
    bytes = readBounded(source);
  } catch (error) {
    throw new CommandError("PROGRAM_UNREADABLE", `cannot read program ${shown}: ${reason(error)}`);
  }
  if (bytes === undefined) {
    throw new CommandError("PROGRAM_UNREADABLE", `program ${shown} is larger than ${PROGRAM_BYTES_MAX} bytes`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError("PROGRAM_UNREADABLE", `program ${shown} is not UTF-8 text`);
  }
}

/** Undefined for what is too large: a device or a pipe may never end, so it is not read to find out. */
function readBounded(source: string | number): Buffer | undefined {
  const descriptor = typeof source === "number" ? source : openSync(source, "r");
  const pieces: Buffer[] = [];
  try {
    for (let byteCount = 0; byteCount <= PROGRAM_BYTES_MAX; ) {
      const piece = Buffer.allocUnsafe(READ_BYTES);
      const count = readSync(descriptor, piece, 0, READ_BYTES, null);
      if (count === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, count));
      byteCount += count;
    }
    return undefined;
  } finally {
    if (descriptor !== source) closeSync(descriptor);
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission denied";
  return message;
}
