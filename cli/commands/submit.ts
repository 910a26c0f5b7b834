/**
 * `submit`: has a program run on a cluster, waits for it, and writes its result.
 *
 * Owns: the order of a submission, and what is told on which stream (as `run` does).
 *
 * S1. The job is the cluster's: whoever waits may go away, and is told how to come back.
 * S2. A submission that may have been lost is sent again with the same id, which starts no second job.
 * S3. Uploads are removed when their job has ended.
 */
import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { isEnded, type JobStatus } from "../../actors/cluster/control.ts";
import { ProgramError } from "../../programs/errors.ts";
import { escapeText, quoteText } from "../../programs/quote-text.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";
import { awaitJob } from "../cluster/await-job.ts";
import { ClusterClient } from "../cluster/client.ts";
import { type Connection, type ConnectionOptions, connectionOf } from "../cluster/connection.ts";
import { fetchResult } from "../cluster/fetch-result.ts";
import { summaryLines } from "../cluster/job-lines.ts";
import { type Patience, persist } from "../cluster/persist.ts";
import { prepareSubmission, type Submission, type SubmissionOptions, uploadName } from "../cluster/submission.ts";
import { CommandError, errorOf, ProgramFileError, type ToldError, tellError } from "../command-error.ts";
import { EXIT } from "../exit-codes.ts";
import { type ProgramText, readProgramText } from "../read-program.ts";
import { bytesText } from "../run/numbers.ts";
import { pathOf } from "../run/output-target.ts";
import { listenForStop } from "../run/stop-signal.ts";
import { isStandardOutputClosed, note, writeOut } from "../terminal.ts";

export interface SubmitOptions extends ConnectionOptions, SubmissionOptions {
  /** Seconds. */
  readonly patience: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What a submission is made of, and what surrounds it. */
export interface SubmitParts {
  readonly connect: () => Promise<Connection>;
  readonly read: () => ProgramText;
  /** What to tell whoever interrupts it; undefined: that the job goes on, and how to come back to it. */
  readonly interruption?: string;
  /** Instead of this command's own document; returns the exit code. */
  readonly tellJson?: (end: {
    readonly job: JobStatus | undefined;
    readonly told: ToldError | undefined;
  }) => Promise<number>;
}

/** What is known of a submission, for whoever is told of its end. */
interface Progress {
  submission?: Submission;
  job?: JobStatus;
  /** The request has been sent, so that there may be a job. */
  isSent?: boolean;
}

/** For a coordinator that is just being started. */
const FIRST_PATIENCE_MS = 10_000;

const MISSING_HINT = "without --upload, input files are paths below the data root of the coordinator's host";

/** Returns the exit code. */
export async function submit(file: string, options: SubmitOptions): Promise<number> {
  return await submitParts(file, options, { connect: () => connectionOf(options), read: () => readProgramText(file) });
}

/** Returns the exit code. `file` is for messages. */
export async function submitParts(
  file: string,
  options: Omit<SubmitOptions, keyof ConnectionOptions>,
  parts: SubmitParts,
): Promise<number> {
  const stop = listenForStop();
  const gone = new AbortController();
  void stop.requested.then(() => gone.abort());
  const progress: Progress = {};
  try {
    await carryOut(parts, options, gone.signal, progress);
    return await tellEnd(progress, undefined, options, parts);
  } catch (error) {
    const isOut = progress.submission?.destination?.kind === "standardOutput";
    // Whoever reads our output has seen enough, as `head` has.
    if (isOut && isStandardOutputClosed()) return EXIT.done;
    const told = stop.isRequested ? tellInterruption(progress, parts) : tellFailure(error, progress, file);
    return await tellEnd(progress, told, options, parts);
  } finally {
    stop.release();
  }
}

async function carryOut(
  { connect, read }: SubmitParts,
  options: Omit<SubmitOptions, keyof ConnectionOptions>,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const client = new ClusterClient(await connect());
  const submission = await prepareSubmission(read(), options);
  progress.submission = submission;
  const patience = patienceOf(client, options, signal);
  // A wrong token is told at once, a wrong address soon; from here on, a coordinator that is away is waited for.
  await persist({ ...patience, patienceMs: Math.min(patience.patienceMs, FIRST_PATIENCE_MS) }, () => client.version());
  const uploads: string[] = [];
  try {
    for (const upload of submission.uploads)
      uploads.push(await sendUpload({ ...patience, client, file: upload.absolutePath, options }));
    progress.isSent = true;
    const request = { ...submission.request, ...(uploads.length > 0 && { uploads }) };
    progress.job = await persist(patience, () => client.submit(request, signal));
    if (options.detach) return;
    if (isTold(options)) note(`submitted job ${escapeText(progress.job.id)}`);
    const stream = isTold(options) ? process.stderr : undefined;
    progress.job = await awaitJob({ ...patience, client, job: progress.job, stream });
  } finally {
    // S3. Nobody reads them any more, or nobody ever will.
    if (progress.job === undefined ? !progress.isSent : isEnded(progress.job.state)) {
      for (const name of uploads) await client.removeUpload(name).catch(() => undefined);
    }
  }
  requireDone(progress.job);
  const { destination } = submission;
  const { id: job } = progress.job;
  if (destination !== undefined) {
    await fetchResult({ ...patience, client, job, destination, directory: `${process.pid}` });
    if (submission.rejects !== undefined) {
      const rejects = { destination: submission.rejects, which: "rejects" } as const;
      await fetchResult({ ...patience, client, job, ...rejects, directory: `${process.pid}` });
    }
  }
}

/** Errors: the job's failure, JOB_CANCELLED. */
function requireDone({ id, state, failure }: JobStatus): void {
  if (state === "cancelled") throw new CommandError("JOB_CANCELLED", `job ${id} was cancelled`);
  if (state === "done") return;
  throw new CommandError(
    failure?.code ?? "BUG",
    failure?.message ?? `job ${id} failed; the coordinator does not say why`,
  );
}

/** A name of its own for each attempt: what of an earlier one arrived may lie there still. */
async function sendUpload(
  given: Patience & { client: ClusterClient; file: string; options: Telling },
): Promise<string> {
  const { client, file, options, signal } = given;
  const { size } = statSync(file);
  if (isTold(options)) note(`uploading ${quoteText(file)}, ${bytesText(size)}`);
  return await persist(given, async () => {
    const name = uploadName(file);
    // A file that grows meanwhile is sent as long as it was announced.
    const bytes = size === 0 ? Readable.from([]) : createReadStream(file, { end: size - 1 });
    await client.upload(name, bytes, size, signal);
    return name;
  });
}

function patienceOf(client: ClusterClient, options: Telling & { patience: number }, signal: AbortSignal): Patience {
  const tell = (line: string) => () => {
    if (isTold(options)) note(line);
  };
  return {
    ...{ clock: systemClock, random: systemRandom, patienceMs: options.patience * 1000, signal },
    onLost: tell(`the coordinator at ${client.place} is away; waiting for it`),
    onFound: tell("the coordinator is back"),
  };
}

type Telling = Pick<SubmitOptions, "json" | "quiet">;

function isTold({ json, quiet }: Telling): boolean {
  return !json && !quiet;
}

function tellInterruption({ job, isSent }: Progress, { interruption }: SubmitParts): ToldError {
  const onCluster =
    job !== undefined
      ? `interrupted; job ${job.id} goes on: actor-dataflow result ${job.id} gives its result, cancel ${job.id} stops it`
      : isSent
        ? "interrupted; the job may have been submitted all the same: see actor-dataflow jobs"
        : "interrupted; nothing was submitted";
  const line = interruption ?? onCluster;
  return { code: "INTERRUPTED", exitCode: EXIT.interrupted, lines: [escapeText(line, 1000)] };
}

function tellFailure(error: unknown, { submission, job }: Progress, file: string): ToldError {
  const shownFile = submission === undefined || file === "-" ? "standard input" : file;
  const told = tellError(error instanceof ProgramError ? new ProgramFileError(shownFile, error) : error);
  const isRefused = job === undefined && submission !== undefined && submission.uploads.length === 0;
  const hint = told.code === "INPUT_MISSING" && isRefused ? MISSING_HINT : hintAfter(told.code, job);
  return hint === undefined ? told : { ...told, lines: [...told.lines, escapeText(hint, 1000)] };
}

function hintAfter(code: string, job: JobStatus | undefined): string | undefined {
  if (job === undefined || isEnded(job.state)) return undefined;
  // It was accepted: its coordinator has lost its data directory, or forgets jobs sooner than this one was asked for.
  if (code === "JOB_UNKNOWN") return `the coordinator does not know job ${job.id} any more: submit the program again`;
  return `job ${job.id} goes on: actor-dataflow result ${job.id}`;
}

/** A document on standard output, or on standard error where the result goes to the other. */
async function tellEnd(
  { submission, job }: Progress,
  told: ToldError | undefined,
  options: Telling & { readonly detach?: boolean },
  { tellJson }: SubmitParts,
): Promise<number> {
  if (options.json && tellJson !== undefined) return await tellJson({ job, told });
  const destination = submission?.destination;
  const output = destination === undefined ? null : pathOf(destination);
  if (options.json) {
    const status = told === undefined ? (options.detach ? "submitted" : "done") : "failed";
    const report = { status, job: job ?? null, output, elapsedMs: elapsed(), ...(told && { error: errorOf(told) }) };
    const stream = destination?.kind === "standardOutput" ? process.stderr : process.stdout;
    await writeOut(stream, `${JSON.stringify(report, null, 2)}\n`);
  } else if (told !== undefined) for (const line of told.lines) note(line);
  else if (options.detach && job !== undefined) await writeOut(process.stdout, `${escapeText(job.id)}\n`);
  else if (job !== undefined && isTold(options)) {
    for (const line of summaryLines(job, output ?? undefined, elapsed())) note(line);
  }
  return told?.exitCode ?? EXIT.done;
}

function elapsed(): number {
  return Math.round(systemClock.nowMs());
}
