/**
 * Where a run's result and rejects go: settled, and tried as far as possible, before anything runs.
 *
 * Owns: the checks of output paths, and which kind of port a destination needs.
 * Never: creates or changes a file.
 *
 * T1. A result never takes the place of what the run reads, by whatever name: its input files, its program.
 * T2. A file that exists and is no regular file (a device, a pipe) is written to, never replaced.
 */
import { accessSync, constants, realpathSync, type Stats, statSync } from "node:fs";
import path from "node:path";
import type { OutputPort } from "../../actors/output/output-port.ts";
import { formatOfPath } from "../../programs/format-of-path.ts";
import type { OutputSpecification, TextFormatName } from "../../programs/program.ts";
import { quoteText } from "../../programs/quote-text.ts";
import { CommandError } from "../command-error.ts";

export type Destination =
  | { readonly kind: "standardOutput" }
  /** `written` by the user; `file` with symbolic links followed. */
  | { readonly kind: "file"; readonly written: string; readonly file: string }
  | { readonly kind: "device"; readonly written: string; readonly file: string };

/** Errors: CommandError OUTPUT_UNUSABLE. */
export function findDestination(written: string | undefined): Destination {
  if (written === undefined || written === "-" || written === "/dev/stdout") return { kind: "standardOutput" };
  const shown = quoteText(written);
  if (written === "") throw unusable(shown, "a path cannot be empty");
  const status = look(written, shown);
  if (status?.isDirectory() || /[/\\]$/.test(written)) throw unusable(shown, "it is a directory");
  if (status !== undefined && !status.isFile()) return { kind: "device", written, file: written };
  const file = status === undefined ? path.resolve(written) : realpathSync(written);
  requireDirectory(path.dirname(file), shown);
  return { kind: "file", written, file };
}

/** The program's word first, then the name's extension, CSV without one. */
export function outputFormatOf(destination: Destination, { format }: OutputSpecification): TextFormatName {
  return format ?? (destination.kind === "standardOutput" ? "csv" : formatOfPath(destination.file));
}

/** `-` for standard output. */
export function pathOf(destination: Destination): string {
  return destination.kind === "standardOutput" ? "-" : destination.written;
}

/**
 * Where rejects go: `wish` of the command line, else beside a file; undefined: they are only counted.
 *
 * Errors: CommandError OUTPUT_UNUSABLE, USAGE.
 */
export function findRejects(output: Destination, wish: string | undefined): Destination | undefined {
  const written = wish ?? (output.kind === "file" ? `${output.written}.rejects.ndjson` : undefined);
  if (written === undefined) return undefined;
  const rejects = findDestination(written);
  const same = rejects.kind === "file" && output.kind === "file" ? rejects.file === output.file : false;
  if (same || (rejects.kind === "standardOutput" && output.kind === "standardOutput")) {
    throw new CommandError("USAGE", `--rejects and --output name the same place, ${quoteText(written)}`);
  }
  return rejects;
}

/** T1. `sources` are paths of files. Errors: CommandError OUTPUT_UNUSABLE. */
export function requireApart(destination: Destination, sources: readonly string[]): void {
  if (destination.kind !== "file") return;
  const { written, file } = destination;
  const target = statSync(file, { throwIfNoEntry: false });
  if (target === undefined) return;
  for (const source of sources) {
    const status = statSync(source, { throwIfNoEntry: false });
    if (status === undefined || status.ino !== target.ino || status.dev !== target.dev) continue;
    throw unusable(quoteText(written), `it would take the place of what this run reads, ${quoteText(source)}`);
  }
}

/**
 * `attempt` tells this run's temporary files from those of others that write to the same place; `isDurable`: a file that
 * has appeared outlasts a loss of power.
 */
export async function openPort(destination: Destination, attempt: string, isDurable: boolean): Promise<OutputPort> {
  if (destination.kind === "file") {
    const { FileOutput } = await import("../../actors/output/file-output.ts");
    return new FileOutput(destination.file, attempt, isDurable);
  }
  const { StreamOutput } = await import("../../actors/output/stream-output.ts");
  if (destination.kind === "standardOutput") return new StreamOutput(process.stdout);
  const { createWriteStream } = await import("node:fs");
  // The error also reaches the write that caused it.
  return new StreamOutput(createWriteStream(destination.file, { flags: "w" }).on("error", () => undefined));
}

function look(written: string, shown: string): Stats | undefined {
  try {
    return statSync(written, { throwIfNoEntry: false });
  } catch (error) {
    throw unusable(shown, (error as Error).message);
  }
}

function requireDirectory(directory: string, shown: string): void {
  const status = statSync(directory, { throwIfNoEntry: false });
  if (status === undefined) throw unusable(shown, `there is no directory ${quoteText(directory)}`);
  if (!status.isDirectory()) throw unusable(shown, `${quoteText(directory)} is no directory`);
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch {
    throw unusable(shown, `no permission to write in ${quoteText(directory)}`);
  }
}

function unusable(shown: string, why: string): CommandError {
  return new CommandError("OUTPUT_UNUSABLE", `cannot write output ${shown}: ${why}`);
}
