/**
 * Makes a job of a program: plan, input files, splits, identity.
 *
 * Owns: the order in which that is done.
 * Never: starts anything.
 */
import assert from "node:assert/strict";
import { makePlan } from "../programs/plan/make-plan.ts";
import type { InputSpecification, Program, TextFormatName } from "../programs/program.ts";
import { usesRegistered } from "../programs/registered/registered-function.ts";
import { cutSplits, splitBytesOf } from "./job/cut-splits.ts";
import { jobIdentity } from "./job/identity.ts";
import type { JobDescription } from "./job/messages.ts";
import { resolveInput } from "./job/resolve-input.ts";

export interface PrepareOptions {
  readonly input: InputSpecification;
  /** See `resolveInput`. */
  readonly inputNames?: readonly string[];
  /** Relative input paths begin here. */
  readonly baseDirectory: string;
  readonly partitions?: number;
  readonly outputFormat: TextFormatName;
  /** D1. Bytes of one split; another number is another job. */
  readonly splitBytes?: number;
  /** The hash of the module whose signatures the program was parsed with. */
  readonly functions?: string;
}

/** Errors: those of `resolveInput`. Asserts that a program that names functions of the operator's own comes with their hash. */
export async function prepareJob(program: Program, options: PrepareOptions): Promise<JobDescription> {
  const { input, inputNames, baseDirectory, partitions, outputFormat } = options;
  const plan = makePlan(program, { partitions });
  const files = await resolveInput(input, baseDirectory, inputNames);
  const splitBytes = options.splitBytes ?? splitBytesOf(files);
  const functions = usesRegistered(program.operations) ? options.functions : undefined;
  assert(
    functions !== undefined || !usesRegistered(program.operations),
    "the hash of the program's functions is given",
  );
  const id = jobIdentity({ plan, files, splitBytes, outputFormat, functions });
  return { id, program, plan, files, splits: cutSplits(files, splitBytes), splitBytes, outputFormat, functions };
}
