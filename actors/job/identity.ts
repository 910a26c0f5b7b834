/**
 * What identifies a job: everything that decides the bytes of its blocks and of its output.
 *
 * Owns: the hash, and how much of it names a job.
 */
import { createHash } from "node:crypto";
import { planIdentity } from "../../programs/plan/plan-identity.ts";
import { JOB_FORMAT_VERSION } from "../options.ts";
import type { JobDescription } from "./messages.ts";

/** Hexadecimal digits: 64 bits. */
const IDENTITY_DIGITS = 16;

export function jobIdentity({
  plan,
  files,
  splitBytes,
  outputFormat,
  functions,
}: Pick<JobDescription, "plan" | "files" | "splitBytes" | "outputFormat" | "functions">): string {
  return createHash("sha256")
    .update(planIdentity(plan))
    .update(JSON.stringify({ version: JOB_FORMAT_VERSION, files, splitBytes, outputFormat, functions }))
    .digest("hex")
    .slice(0, IDENTITY_DIGITS);
}
