/**
 * Errors that the command itself finds, and how every error is told to a person.
 *
 * Owns: the lines on standard error. A person's mistake is told in one line each, a bug with its trace.
 * Never: writes them, exits.
 */
import type { TaskFailure } from "../actors/executor/messages.ts";
import { type Diagnostic, ProgramError } from "../programs/errors.ts";
import { escapeText } from "../programs/quote-text.ts";
import { RuntimeError } from "../runtime/errors.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";

/** Such as `PROGRAM_UNREADABLE`, `OUTPUT_UNUSABLE`, `USAGE`. */
export class CommandError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "CommandError";
    this.code = code;
  }
}

/** A program's diagnostics with the file that they are about. */
export class ProgramFileError extends Error {
  readonly file: string;
  readonly error: ProgramError;

  constructor(file: string, error: ProgramError) {
    super(error.message);
    this.name = "ProgramFileError";
    this.file = file;
    this.error = error;
  }
}

/** The settings of a long-running process are wrong; each diagnostic's place is an option, a variable or a file's key. */
export class SettingsError extends Error {
  readonly code = "SETTINGS_INVALID";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(lineOf).join("\n"));
    this.name = "SettingsError";
    this.diagnostics = diagnostics;
  }
}

export interface ToldError {
  readonly code: string;
  readonly exitCode: number;
  /** Without line feeds at their ends. */
  readonly lines: readonly string[];
}

const MESSAGE_CHARACTERS_MAX = 1000;

/** As every JSON document tells an error. */
export function errorOf({ code, lines }: ToldError): { code: string; messages: readonly string[] } {
  return { code, messages: lines };
}

export function tellError(error: unknown): ToldError {
  if (error instanceof ProgramFileError) {
    const { file, error: found } = error;
    const lines = found.diagnostics.map(({ place, message }) => {
      return [file, place, message].filter((part) => part !== "").join(": ");
    });
    return { code: found.code, exitCode: EXIT.usage, lines };
  }
  if (error instanceof SettingsError) {
    return { code: error.code, exitCode: EXIT.usage, lines: error.diagnostics.map((found) => oneLine(lineOf(found))) };
  }
  if (error instanceof ProgramError) {
    return { code: error.code, exitCode: EXIT.usage, lines: error.message.split("\n") };
  }
  if (error instanceof RuntimeError || error instanceof CommandError) {
    return { code: error.code, exitCode: exitCodeOf(error.code), lines: [oneLine(error.message), ...traceOf(error)] };
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "BUG", exitCode: EXIT.failed, lines: ["this is a bug in actor-dataflow; please report it:", trace] };
}

/** One line: `FILE:LINE: "text": why`, or `operations[1] (map MUL 3) on <1, 2>: why`. */
export function tellFailure({ code, message }: TaskFailure): ToldError {
  return { code, exitCode: exitCodeOf(code), lines: [oneLine(message)] };
}

function lineOf({ place, message }: Diagnostic): string {
  return place === "" ? message : `${place}: ${message}`;
}

function oneLine(text: string): string {
  return escapeText(text, MESSAGE_CHARACTERS_MAX);
}

/** Why a supervisor gave up is worth a trace to whoever asks for it. */
function traceOf(error: Error): readonly string[] {
  const wanted = process.env.ACTOR_DATAFLOW_DEBUG;
  if (wanted === undefined || wanted === "") return [];
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && causes.length < 10; cause = cause.cause) {
    causes.push(cause.stack ?? cause.message);
  }
  return causes;
}
