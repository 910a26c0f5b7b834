/**
 * A job as bytes, for journals and for workers elsewhere.
 *
 * Owns: the form: JSON of the checked program and of the input files. The plan and the splits follow from them, so they
 *       are made again; integers of any size stand as strings of digits.
 *
 * Errors: JOB_OF_ANOTHER_VERSION where the plan that this version makes is not the one that the job was made with.
 */
import { makePlan } from "../programs/plan/make-plan.ts";
import type { Program, TextFormatName } from "../programs/program.ts";
import { RuntimeError } from "../runtime/errors.ts";
import { cutSplits } from "./job/cut-splits.ts";
import { jobIdentity } from "./job/identity.ts";
import type { InputFile, JobDescription } from "./job/messages.ts";

interface JobRecord {
  readonly id: string;
  readonly identity: string;
  readonly program: Program;
  readonly partitions: number;
  readonly files: readonly InputFile[];
  readonly splitBytes: number;
  readonly outputFormat: TextFormatName;
  readonly functions?: string;
}

const INTEGER_MEMBER = "$integer";

export function encodeJob(job: JobDescription): Uint8Array {
  const { id, program, plan, files, splitBytes, outputFormat, functions } = job;
  const identity = jobIdentity(job);
  const { partitions } = plan;
  const record: JobRecord = { id, identity, program, partitions, files, splitBytes, outputFormat, functions };
  const text = JSON.stringify(record, (_name, value: unknown) =>
    typeof value === "bigint" ? { [INTEGER_MEMBER]: String(value) } : value,
  );
  return Buffer.from(text);
}

export function decodeJob(bytes: Uint8Array): JobDescription {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const record = JSON.parse(text, (_name, value: unknown) => {
    const isInteger = typeof value === "object" && value !== null && INTEGER_MEMBER in value;
    return isInteger ? BigInt(String(value[INTEGER_MEMBER])) : value;
  }) as JobRecord;
  const { id, identity, program, partitions, files, splitBytes, outputFormat, functions } = record;
  const plan = makePlan(program, { partitions });
  if (identity !== jobIdentity({ plan, files, splitBytes, outputFormat, functions })) {
    throw new RuntimeError("JOB_OF_ANOTHER_VERSION", `job ${id} was made by another version of this program`);
  }
  return { id, program, plan, files, splits: cutSplits(files, splitBytes), splitBytes, outputFormat, functions };
}
