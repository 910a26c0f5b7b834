/**
 * Settles what a run does, from the program file and the command line, before anything starts.
 *
 * Owns: which of the two has the last word, and the order in which wrong wishes are found.
 * Never: starts anything, writes anything.
 */
import os from "node:os";
import type { FunctionRegistry } from "../../actors/executor/load-functions.ts";
import type { FunctionModule } from "../../actors/executor/messages.ts";
import type { JobDescription } from "../../actors/job/messages.ts";
import { EXECUTOR_COUNT_MAX } from "../../actors/options.ts";
import { prepareJob } from "../../actors/prepare-job.ts";
import type { InputSpecification, Program } from "../../programs/program.ts";
import type { JournalDurability } from "../../runtime/journal/journal.ts";
import { CommandError } from "../command-error.ts";
import type { FunctionsOption } from "../named-functions.ts";
import type { ProgramFile } from "../read-program.ts";
import { type Destination, findDestination, findRejects, outputFormatOf, requireApart } from "./output-target.ts";

/** As the command line gives them. */
export interface RunOptions extends FunctionsOption {
  readonly input?: readonly string[];
  readonly output?: string;
  readonly workers?: number;
  readonly partitions?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Bytes. */
  readonly disk?: number;
  readonly dataDir?: string;
  readonly journal: boolean;
  readonly durability?: JournalDurability;
  readonly keepJournal?: boolean;
  readonly rejects?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface RunSettings {
  readonly program: Program;
  readonly job: JobDescription;
  readonly destination: Destination;
  readonly rejects: Destination | undefined;
  readonly workers: number;
  readonly memoryBytes: number | undefined;
  readonly diskBytes: number | undefined;
  readonly functions: FunctionModule | undefined;
}

/** `registry`: what the program was read with. Errors: CommandError, and those of `prepareJob`. */
export async function settleRun(
  source: ProgramFile,
  options: RunOptions,
  registry: FunctionRegistry | undefined,
): Promise<RunSettings> {
  const { program } = source;
  const input = inputOf(source, options.input);
  const destination = findDestination(options.output ?? program.output.path);
  const rejects = program.onError === "reject" ? findRejects(destination, options.rejects) : undefined;
  const job = await prepareJob(program, {
    ...input,
    partitions: options.partitions,
    outputFormat: outputFormatOf(destination, program.output),
    functions: registry?.hash,
  });
  const sources = job.files.map(({ absolutePath }) => absolutePath);
  if (source.path !== undefined) sources.push(source.path);
  if (registry !== undefined) sources.push(registry.module.path);
  for (const place of [destination, rejects]) if (place !== undefined) requireApart(place, sources);
  const workers = options.workers ?? defaultWorkers();
  const bounds = { memoryBytes: options.memory, diskBytes: options.disk };
  return { program, job, destination, rejects, workers, ...bounds, functions: registry?.module };
}

/** One a core. */
export function defaultWorkers(): number {
  return Math.min(os.availableParallelism(), EXECUTOR_COUNT_MAX);
}

/** Paths of the command line replace those of the program, and nothing else of its input. */
export function inputOf(
  { program, directory }: ProgramFile,
  paths: readonly string[] | undefined,
): { readonly input: InputSpecification; readonly baseDirectory: string } {
  if (paths === undefined) {
    if (program.input !== undefined) return { input: program.input, baseDirectory: directory };
    throw new CommandError("USAGE", 'there is no input: give --input PATH, or "input" in the program');
  }
  const defaults = { format: undefined, header: false, delimiter: ",", key: undefined, value: undefined };
  return { input: { ...defaults, ...program.input, paths }, baseDirectory: process.cwd() };
}
