/**
 * The bodies and queries that the gateway takes.
 *
 * Owns: their shapes; an unknown member is an error, as in a program.
 */
import { z } from "zod";
import { PARTITION_COUNT_MAX } from "../../programs/limits.ts";
import { quoteText } from "../../programs/quote-text.ts";
import type { JobState, SubmitRequest } from "../cluster/control.ts";
import { isUploadName } from "../cluster/data-root.ts";
import { type GatewayLimits, SUBMITTED_NAME_MAX, SUBMITTED_PATHS_MAX } from "./limits.ts";
import { RequestError } from "./reply.ts";

const name = z.string().min(1).max(SUBMITTED_NAME_MAX);
const names = z.array(name).min(1).max(SUBMITTED_PATHS_MAX);

const submission = z
  .strictObject({
    program: z.string().min(1),
    fileName: name,
    inputs: names.optional(),
    uploads: names.optional(),
    uploadNames: names.optional(),
    partitions: z.int().min(1).max(PARTITION_COUNT_MAX).optional(),
    output: name.optional(),
    outputFormat: z.enum(["csv", "ndjson"]).optional(),
    submissionId: z
      .string()
      .regex(/^[A-Za-z0-9_-]{8,64}$/)
      .optional(),
  })
  .refine(({ inputs, uploads }) => inputs === undefined || uploads === undefined, "inputs or uploads, not both")
  .refine(({ uploads }) => uploads === undefined || uploads.every(isUploadName), "that is no name of an upload")
  .refine(
    ({ uploads, uploadNames }) => uploadNames === undefined || uploadNames.length === uploads?.length,
    "uploadNames: one for each upload",
  );

/** Errors: RequestError with every place that is wrong. */
export function submissionOf(body: unknown): SubmitRequest {
  const result = submission.safeParse(body);
  if (result.success) return result.data;
  const diagnostics = result.error.issues.map(({ path, message }) => ({ place: path.join("."), message }));
  throw new RequestError("the submission is not as it should be", diagnostics);
}

export interface WaitQuery {
  /** Wait for the job to be in another state; undefined: for its end. */
  readonly state: JobState | undefined;
  readonly timeoutMs: number;
}

const STATES: readonly string[] = ["queued", "running", "done", "failed", "cancelled"] satisfies JobState[];

/** `state`, and `timeout` in seconds, with a fraction. Errors: RequestError. */
export function waitQueryOf(query: URLSearchParams, { waitMsDefault, waitMsMax }: GatewayLimits): WaitQuery {
  const state = query.get("state") ?? undefined;
  const timeout = query.get("timeout");
  for (const key of query.keys()) if (key !== "state" && key !== "timeout") throw unknown(key);
  if (state !== undefined && !STATES.includes(state)) throw new RequestError(`no state ${quoteText(state)}`);
  if (timeout !== null && !/^\d{1,6}(\.\d{1,6})?$/.test(timeout)) {
    throw new RequestError(`timeout ${quoteText(timeout)} is no number of seconds`);
  }
  const timeoutMs = timeout === null ? waitMsDefault : Math.min(Number(timeout) * 1000, waitMsMax);
  return { state: state as JobState | undefined, timeoutMs };
}

function unknown(key: string): RequestError {
  return new RequestError(`the query has no ${quoteText(key)}`);
}
