/**
 * Makes a job of what was submitted: the program checked, its inputs found, its output settled.
 *
 * Owns: the order in which that is done, and what of the coordinator's host a submitter can name.
 * Never: journals or starts anything.
 *
 * A1. Whatever a submitter names lies below the data root, or was uploaded.
 * A2. A result never takes the place of an input of its own job.
 */
import path from "node:path";
import { formatOfPath } from "../../programs/format-of-path.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import type { InputSpecification, Program, TextFormatName } from "../../programs/program.ts";
import { quoteText } from "../../programs/quote-text.ts";
import type { FunctionSignature } from "../../programs/registered/registered-function.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { InputFile, JobDescription } from "../job/messages.ts";
import type { SubmitRequest } from "./control.ts";
import { inputBelow, outputBelow, relativePath, uploadedFile } from "./data-root.ts";
import type { ClusterJobRecord } from "./job-record.ts";

export interface Places {
  readonly dataRoot: string;
  readonly dataDirectory: string;
}

/** Makes a job of a program; see `prepare-job.ts`. */
export type PrepareJob = (
  program: Program,
  options: {
    readonly input: InputSpecification;
    readonly inputNames: readonly string[] | undefined;
    readonly baseDirectory: string;
    readonly partitions: number | undefined;
    readonly outputFormat: TextFormatName;
    readonly functions: string | undefined;
  },
) => Promise<JobDescription>;

/** Functions of the operator's own that programs may name: the workers have them. */
export interface KnownFunctions {
  readonly hash: string;
  readonly signatures: readonly FunctionSignature[];
}

export interface SubmissionContext {
  readonly functions?: KnownFunctions;
  readonly id: string;
  readonly submittedAt: string;
  readonly places: Places;
  readonly prepare: PrepareJob;
}

export interface Submission {
  readonly record: ClusterJobRecord;
  readonly job: JobDescription;
}

const REJECTS_SUFFIX = ".rejects.ndjson";

/** Beside the journal: results that are kept until they expire. */
export function resultsDirectory(dataDirectory: string): string {
  return path.join(dataDirectory, "results");
}

/** Errors: ProgramError; PATH_OUTSIDE_DATA_ROOT, OUTPUT_UNUSABLE, INPUT_…. */
export async function acceptSubmission(request: SubmitRequest, context: SubmissionContext): Promise<Submission> {
  const { id, submittedAt, prepare, functions } = context;
  const { dataRoot, dataDirectory } = context.places;
  const program = parseProgram(request.program, path.basename(request.fileName, ".json"), functions?.signatures);
  const output = request.output === undefined ? undefined : outputBelow(dataRoot, request.output);
  const format = program.output.format ?? request.outputFormat ?? (output === undefined ? "csv" : formatOfPath(output));
  const { input, inputNames } = inputOf(program, request, dataDirectory);
  const { partitions } = request;
  const settled = { baseDirectory: dataRoot, partitions, outputFormat: format, functions: functions?.hash };
  const prepared = await prepare(program, { input, inputNames, ...settled });
  const files = prepared.files.map((file) => (inputNames === undefined ? withRealPath(file, dataRoot) : file));
  const rejectsPath = request.output === undefined ? undefined : `${request.output}${REJECTS_SUFFIX}`;
  const isRejecting = program.onError === "reject";
  // A2. It lies beside the output.
  const rejects = isRejecting && rejectsPath !== undefined ? outputBelow(dataRoot, rejectsPath) : undefined;
  requireApart(files, output, request.output);
  requireApart(files, rejects, rejectsPath);
  const resultFile = output ?? path.join(resultsDirectory(dataDirectory), `${id}.${format}`);
  const job: JobDescription = { ...prepared, files, id };
  return {
    job,
    record: {
      ...{ id, name: program.name, state: "queued", format, resultFile, resultKept: false },
      submittedAt,
      submissionId: request.submissionId,
      stageCount: job.plan.stages.length,
      partitions: job.plan.partitions,
      outputPath: request.output,
      rejectsFile: isRejecting ? `${resultFile}${REJECTS_SUFFIX}` : undefined,
    },
  };
}

/** A2. Errors: OUTPUT_UNUSABLE. */
function requireApart(files: readonly InputFile[], place: string | undefined, written = ""): void {
  const taken = files.find(({ absolutePath }) => absolutePath === place);
  if (taken === undefined) return;
  const reason = `it would take the place of what this job reads, ${quoteText(taken.name)}`;
  throw new RuntimeError("OUTPUT_UNUSABLE", `cannot write output ${quoteText(written)}: ${reason}`);
}

/** A1. Errors: PATH_OUTSIDE_DATA_ROOT, INPUT_MISSING. */
function inputOf(
  program: Program,
  { inputs, uploads, uploadNames }: SubmitRequest,
  dataDirectory: string,
): { readonly input: InputSpecification; readonly inputNames: readonly string[] | undefined } {
  const defaults = { format: undefined, header: false, delimiter: ",", key: undefined, value: undefined };
  if (uploads !== undefined && uploads.length > 0) {
    const paths = uploads.map((name) => uploadedFile(dataDirectory, name));
    return { input: { ...defaults, ...program.input, paths }, inputNames: uploadNames ?? uploads };
  }
  const written = inputs ?? program.input?.paths;
  if (written === undefined) {
    throw new RuntimeError(
      "INPUT_MISSING",
      'there is no input: the submission names none, nor does the program in "input"',
    );
  }
  return { input: { ...defaults, ...program.input, paths: written.map(relativePath) }, inputNames: undefined };
}

/** A1. */
function withRealPath(file: InputFile, dataRoot: string): InputFile {
  return { ...file, absolutePath: inputBelow(dataRoot, file.absolutePath) };
}
