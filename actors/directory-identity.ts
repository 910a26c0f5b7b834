/**
 * Whose a data directory is: a file that names the job, its program and its inputs, beside journal and segments.
 *
 * Owns: the file and its version; the words that tell what another job is different in.
 * Never: decides by this file alone that a directory is free: its journal says whether a job is unfinished.
 *
 * I1. The file names what decides the bytes of a job, and nothing that may differ between two runs of the same job.
 * I2. A file of another version is refused by name before the journal is opened.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { planIdentity } from "../programs/plan/plan-identity.ts";
import { RuntimeError } from "../runtime/errors.ts";
import type { InputFile, JobDescription } from "./job/messages.ts";
import { JOB_FORMAT_VERSION } from "./options.ts";

const FILE = "job.json";
const FORMAT = "actor-dataflow data directory";
/** Inputs named in a message; the others are counted. */
const INPUTS_TOLD_MAX = 3;

export interface DirectoryIdentity {
  readonly format: typeof FORMAT;
  /** Of the payloads of the journal, and of this file. */
  readonly version: number;
  readonly job: string;
  /** As people call it. */
  readonly program: string;
  /** Hash of the plan without its inputs. */
  readonly plan: string;
  readonly partitions: number;
  readonly outputFormat: string;
  /** Hash of the module of functions, where the job has any of it. */
  readonly functions?: string;
  readonly inputs: readonly Pick<InputFile, "absolutePath" | "byteLength" | "modifiedMs" | "endsHash">[];
}

export function identityOf(job: JobDescription, program: string): DirectoryIdentity {
  return {
    format: FORMAT,
    version: JOB_FORMAT_VERSION,
    job: job.id,
    program,
    plan: createHash("sha256").update(planIdentity(job.plan)).digest("hex").slice(0, 16),
    partitions: job.plan.partitions,
    outputFormat: job.outputFormat,
    functions: job.functions,
    inputs: job.files.map(({ absolutePath, byteLength, modifiedMs, endsHash }) => {
      return { absolutePath, byteLength, modifiedMs, endsHash };
    }),
  };
}

/** The directory's identity; undefined if it has none that can be read. Errors: DATA_DIRECTORY_OF_ANOTHER_VERSION. */
export function readIdentity(dataDirectory: string): DirectoryIdentity | undefined {
  const identity = parseIdentity(dataDirectory);
  if (identity === undefined || identity.version === JOB_FORMAT_VERSION) return identity;
  const message =
    `data directory "${dataDirectory}" was made by another version of this program (format ${identity.version}, ` +
    `this one knows ${JOB_FORMAT_VERSION}); finish its job with that version, or remove the directory`;
  throw new RuntimeError("DATA_DIRECTORY_OF_ANOTHER_VERSION", message);
}

/** Appears whole or not at all. Errors: those of the file system. */
export function writeIdentity(dataDirectory: string, identity: DirectoryIdentity): void {
  const file = path.join(dataDirectory, FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(identity, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function identityFile(dataDirectory: string): string {
  return path.join(dataDirectory, FILE);
}

/** What the job of a directory is different in, for the message that refuses ours; `theirs` is undefined if unknown. */
export function differenceOf(theirs: DirectoryIdentity | undefined, ours: DirectoryIdentity): string {
  if (theirs === undefined) return "of another program, input or version";
  const what: string[] = [];
  if (theirs.plan !== ours.plan) what.push(`of another program ("${theirs.program}", or what it was before)`);
  if (theirs.partitions !== ours.partitions) what.push(`of ${theirs.partitions} partitions, not ${ours.partitions}`);
  if (theirs.outputFormat !== ours.outputFormat) what.push(`of ${theirs.outputFormat} output`);
  if (theirs.functions !== ours.functions) what.push("with functions of another module");
  const inputs = inputDifferences(theirs.inputs, ours.inputs);
  if (inputs.length > 0) what.push(`of other input: ${inputs.join(", ")}`);
  return what.length === 0 ? "with other settings" : what.join(", and ");
}

function inputDifferences(theirs: DirectoryIdentity["inputs"], ours: DirectoryIdentity["inputs"]): string[] {
  const known = new Map(ours.map((file) => [file.absolutePath, file]));
  const differences = theirs.flatMap((file) => inputDifference(file, known.get(file.absolutePath)));
  const paths = new Set(theirs.map(({ absolutePath }) => absolutePath));
  for (const { absolutePath } of ours) if (!paths.has(absolutePath)) differences.push(`without "${absolutePath}"`);
  const others = differences.length - INPUTS_TOLD_MAX;
  return others > 0 ? [...differences.slice(0, INPUTS_TOLD_MAX), `and ${others} more`] : differences;
}

type Input = DirectoryIdentity["inputs"][number];

function inputDifference(theirs: Input, ours: Input | undefined): string[] {
  const name = `"${theirs.absolutePath}"`;
  if (ours === undefined) return [name];
  if (theirs.byteLength !== ours.byteLength) return [`${name} of ${theirs.byteLength} bytes, not ${ours.byteLength}`];
  if (theirs.endsHash !== ours.endsHash) return [`${name} with other content`];
  return theirs.modifiedMs === ours.modifiedMs ? [] : [`${name} before it was modified`];
}

/** Whether the file of that name is one; undefined if there is none. */
export function isAnIdentity(dataDirectory: string): boolean | undefined {
  return existsSync(identityFile(dataDirectory)) ? parseIdentity(dataDirectory) !== undefined : undefined;
}

function parseIdentity(dataDirectory: string): DirectoryIdentity | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path.join(dataDirectory, FILE), "utf8"));
    return isIdentity(parsed) ? parsed : undefined;
  } catch {
    // Missing or damaged: the journal itself knows its job, only with fewer words.
    return undefined;
  }
}

/** Of another version no more than the version is known. */
function isIdentity(parsed: unknown): parsed is DirectoryIdentity {
  if (typeof parsed !== "object" || parsed === null) return false;
  const { format, version, job, inputs } = parsed as Partial<DirectoryIdentity>;
  if (format !== FORMAT || typeof version !== "number") return false;
  return version !== JOB_FORMAT_VERSION || (typeof job === "string" && Array.isArray(inputs));
}
