/**
 * Reads a program file, or standard input for `-`.
 *
 * Owns: the errors of reading it, and the name of a program that does not give itself one.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { ProgramError } from "../programs/errors.ts";
import { parseProgram } from "../programs/parse-program.ts";
import type { Program } from "../programs/program.ts";
import { quoteText } from "../programs/quote-text.ts";
import { CommandError, ProgramFileError } from "./command-error.ts";

export interface ProgramFile {
  readonly program: Program;
  /** As messages name it. */
  readonly file: string;
  /** The program's own input paths begin here. */
  readonly directory: string;
}

/** Bytes; a program of a million operations is smaller. */
const PROGRAM_BYTES_MAX = 256 * 1024 * 1024;

/** Errors: CommandError PROGRAM_UNREADABLE; ProgramFileError with every diagnostic. */
export function readProgram(file: string): ProgramFile {
  const isStandardInput = file === "-";
  const text = readText(isStandardInput ? 0 : file, isStandardInput ? "standard input" : quoteText(file));
  const name = isStandardInput ? "standard input" : path.basename(file).replace(/\.json$/, "");
  const shownFile = isStandardInput ? "standard input" : file;
  try {
    const directory = isStandardInput ? process.cwd() : path.dirname(path.resolve(file));
    return { program: parseProgram(text, name), file: shownFile, directory };
  } catch (error) {
    if (error instanceof ProgramError) throw new ProgramFileError(shownFile, error);
    throw error;
  }
}

function readText(source: string | number, shown: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(source);
  } catch (error) {
    throw new CommandError("PROGRAM_UNREADABLE", `cannot read program ${shown}: ${reason(error)}`);
  }
  if (bytes.length > PROGRAM_BYTES_MAX) {
    throw new CommandError("PROGRAM_UNREADABLE", `program ${shown} is larger than ${PROGRAM_BYTES_MAX} bytes`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError("PROGRAM_UNREADABLE", `program ${shown} is not UTF-8 text`);
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission denied";
  return message;
}
