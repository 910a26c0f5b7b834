/**
 * The routes of jobs: submit, list, look, wait, cancel, and their story.
 *
 * Owns: what of a submission is checked before the cluster sees it.
 */
import { quoteText } from "../../programs/quote-text.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { relativePath } from "../cluster/data-root.ts";
import type { Exchange, Handler, Services } from "./exchange.ts";
import { readJson } from "./read-body.ts";
import { json } from "./reply.ts";
import { submissionOf, waitQueryOf } from "./schemas.ts";
import { requireJob, waitForJob } from "./wait-for-job.ts";

export const submitJob: Handler = async ({ request, response, signal }, services) => {
  const { control, clock, limits, uploads, log } = services;
  const body = await readJson({ request, response, clock, signal }, limits.bodyBytesMax, limits.bodyMs);
  const submission = submissionOf(body);
  for (const written of [...(submission.inputs ?? []), submission.output ?? "."]) relativePath(written);
  for (const name of submission.uploads ?? []) {
    if (!uploads.has(name)) throw new RuntimeError("INPUT_MISSING", `no upload ${quoteText(name)}`);
  }
  const job = await control.submit(submission);
  if (submission.uploads !== undefined) uploads.use(job.id, submission.uploads);
  log.info("job submitted", { job: job.id, file: submission.fileName, from: request.socket.remoteAddress });
  return json(201, job, { location: `/jobs/${job.id}` });
};

export const listJobs: Handler = async (_exchange, { control }) => json(200, control.jobs());

export const showJob: Handler = async (exchange, { control }) => json(200, requireJob(control, jobIdOf(exchange)));

export const cancelJob: Handler = async (exchange, { control, log }) => {
  const job = await control.cancel(jobIdOf(exchange));
  log.info("job cancelled", { job: job.id, from: exchange.request.socket.remoteAddress });
  return json(200, job);
};

export const tellStory: Handler = async (exchange, { control }) => {
  const { id } = requireJob(control, jobIdOf(exchange));
  return json(200, control.story(id));
};

export const awaitJob: Handler = async (exchange, services: Services) => {
  const { control, clock, limits, waits } = services;
  const id = jobIdOf(exchange);
  const query = waitQueryOf(exchange.query, limits);
  const { signal } = exchange;
  const options = { id, control, clock, lookMs: limits.waitLookMs, signal, ...query };
  return json(200, await waits.within(() => waitForJob(options)));
};

/** Errors: JOB_UNKNOWN, also for what no id looks like. */
export function jobIdOf({ name }: Exchange): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) return name;
  throw new RuntimeError("JOB_UNKNOWN", `no job ${quoteText(name)}`);
}
