/**
 * Makes a job of a program: plan, input files, splits, identity.
 *
 * Owns: what identifies a job: everything that decides the bytes of its blocks and of its output.
 * Never: starts anything.
 */
import { createHash } from "node:crypto";
import { makePlan } from "../programs/plan/make-plan.ts";
import { planIdentity } from "../programs/plan/plan-identity.ts";
import type { InputSpecification, Program, TextFormatName } from "../programs/program.ts";
import { cutSplits, splitBytesOf } from "./job/cut-splits.ts";
import type { JobDescription } from "./job/messages.ts";
import { resolveInput } from "./job/resolve-input.ts";
import { JOB_FORMAT_VERSION } from "./options.ts";

export interface PrepareOptions {
  readonly input: InputSpecification;
  /** Relative input paths begin here. */
  readonly baseDirectory: string;
  readonly partitions?: number;
  readonly outputFormat: TextFormatName;
  /** D1. Bytes of one split; another number is another job. */
  readonly splitBytes?: number;
}

/** Errors: those of `resolveInput`. */
export async function prepareJob(program: Program, options: PrepareOptions): Promise<JobDescription> {
  const { input, baseDirectory, partitions, outputFormat } = options;
  const plan = makePlan(program, { partitions });
  const files = await resolveInput(input, baseDirectory);
  const splitBytes = options.splitBytes ?? splitBytesOf(files);
  const identity = createHash("sha256")
    .update(planIdentity(plan))
    .update(JSON.stringify({ version: JOB_FORMAT_VERSION, files, splitBytes, outputFormat }))
    .digest("hex");
  return { id: identity.slice(0, 16), plan, files, splits: cutSplits(files, splitBytes), outputFormat };
}
