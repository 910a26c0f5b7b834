/**
 * Makes a submission of a program file and the command line.
 *
 * Owns: what of a program a submitter has to know: where its inputs and its output are. The coordinator alone judges
 *       programs, since it alone knows which functions its workers have.
 */
import { randomBytes } from "node:crypto";
import path from "node:path";
import type { SubmitRequest } from "../../actors/cluster/control.ts";
import { expandInput } from "../../actors/job/resolve-input.ts";
import { formatOfPath } from "../../programs/format-of-path.ts";
import { CommandError } from "../command-error.ts";
import type { ProgramText } from "../read-program.ts";
import { type Destination, findDestination, findRejects, pathOf, requireApart } from "../run/output-target.ts";

/** As the command line gives them. */
export interface SubmissionOptions {
  readonly input?: readonly string[];
  readonly output?: string;
  readonly remoteOutput?: string;
  readonly upload?: boolean;
  readonly partitions?: number;
  readonly detach?: boolean;
  /** Where what is rejected goes, instead of beside the output. */
  readonly rejects?: string;
  /** Default: a new one. */
  readonly submissionId?: string;
}

export interface Upload {
  readonly absolutePath: string;
  /** As it is written, for messages and rejects. */
  readonly name: string;
}

export interface Submission {
  /** Without the names of uploads, which have not been made. */
  readonly request: SubmitRequest;
  /** Where the result goes here; undefined: it stays with the coordinator. */
  readonly destination: Destination | undefined;
  /** Undefined: nothing is rejected, or it is only counted. */
  readonly rejects: Destination | undefined;
  readonly uploads: readonly Upload[];
}

/** Errors: CommandError USAGE, OUTPUT_UNUSABLE; RuntimeError INPUT_MISSING, INPUT_UNREADABLE. */
export async function prepareSubmission(source: ProgramText, options: SubmissionOptions): Promise<Submission> {
  const { input, output, remoteOutput, upload, partitions, detach } = options;
  if (output !== undefined && remoteOutput !== undefined) {
    throw new CommandError("USAGE", "--output and --remote-output: a result goes to one place");
  }
  if (output !== undefined && detach) {
    throw new CommandError("USAGE", "--output and --detach: nobody is there to write it; see `result JOB --output`");
  }
  const said = lookAt(source.text);
  const isHere = remoteOutput === undefined && !detach;
  const destination = isHere ? findDestination(output ?? said.outputPath) : undefined;
  const uploads = upload ? await filesOf(source, input, said.inputPaths) : [];
  if (destination !== undefined) {
    const read = uploads.map(({ absolutePath }) => absolutePath);
    requireApart(destination, [...read, ...(source.path === undefined ? [] : [source.path])]);
  }
  const place = destination === undefined ? remoteOutput : pathOf(destination);
  const request: SubmitRequest = {
    program: source.text,
    fileName: path.basename(source.file),
    ...(!upload && input !== undefined && { inputs: input }),
    ...(uploads.length > 0 && { uploadNames: uploads.map(({ name }) => name) }),
    ...(partitions !== undefined && { partitions }),
    ...(remoteOutput !== undefined && { output: remoteOutput }),
    ...(place !== undefined && { outputFormat: formatOfPath(place) }),
    submissionId: options.submissionId ?? randomBytes(16).toString("hex"),
  };
  const rejects = destination === undefined || !said.rejects ? undefined : findRejects(destination, options.rejects);
  return { request, destination, rejects, uploads };
}

/** A name of its own for each attempt, with the extension that tells format and compression. */
export function uploadName(file: string): string {
  const base = path.basename(file).replace(/[^A-Za-z0-9._-]/g, "_");
  return `${randomBytes(8).toString("hex")}-${base.slice(-100)}`;
}

async function filesOf(
  { directory }: ProgramText,
  given: readonly string[] | undefined,
  said: readonly string[],
): Promise<Upload[]> {
  const [paths, base] = given === undefined ? [said, directory] : [given, process.cwd()];
  if (paths.length === 0) throw new CommandError("USAGE", "--upload: neither --input nor the program names an input");
  const files: Upload[] = [];
  for (const written of paths) {
    for (const name of await expandInput(written, base)) files.push({ absolutePath: path.resolve(base, name), name });
  }
  return files;
}

interface Said {
  readonly inputPaths: readonly string[];
  readonly outputPath: string | undefined;
  /** What is wrong with the data is left out, and told. */
  readonly rejects: boolean;
}

/** What is not as it should be is for the coordinator to tell. */
function lookAt(text: string): Said {
  let program: unknown;
  try {
    program = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return { inputPaths: [], outputPath: undefined, rejects: false };
  }
  const { input, output, onError } = (program ?? {}) as { input?: unknown; output?: unknown; onError?: unknown };
  const [outputPath] = pathsOf(output);
  return { inputPaths: pathsOf(input), outputPath, rejects: onError === "reject" };
}

/** Of a path, several, or an object with a `path`. */
function pathsOf(value: unknown): string[] {
  const inside = typeof value === "object" && value !== null && "path" in value ? value.path : value;
  const paths = Array.isArray(inside) ? inside : [inside];
  return paths.filter((one): one is string => typeof one === "string");
}
