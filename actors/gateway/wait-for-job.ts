/**
 * Waits until a job changes, or until time is up.
 *
 * Owns: one subscription and its timers, and their end.
 *
 * W1. The job is looked at, not what is told of it: an event only says that a look is worth it.
 */
import type { Clock } from "../../runtime/clock.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { type ClusterControl, isEnded, type JobStatus } from "../cluster/control.ts";
import { Deadline } from "./deadline.ts";
import type { WaitQuery } from "./schemas.ts";

export interface WaitOptions extends WaitQuery {
  readonly id: string;
  readonly control: ClusterControl;
  readonly clock: Clock;
  /** A look without an event so often. */
  readonly lookMs: number;
  readonly signal: AbortSignal;
}

/** The job as it is in the end, changed or not. Errors: JOB_UNKNOWN. */
export async function waitForJob(options: WaitOptions): Promise<JobStatus> {
  const { id, control, clock, state, timeoutMs, signal } = options;
  const endMs = clock.nowMs() + timeoutMs;
  for (;;) {
    const job = requireJob(control, id);
    const leftMs = endMs - clock.nowMs();
    const isChanged = isEnded(job.state) || (state !== undefined && job.state !== state);
    if (isChanged || leftMs <= 0 || signal.aborted) return job;
    await hint(options, Math.min(leftMs, options.lookMs));
  }
}

/** Resolves when something is told of the job, when `delayMs` are over, or when nobody waits any more. */
async function hint({ id, control, clock, signal }: WaitOptions, delayMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      deadline.end();
      unsubscribe();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const deadline = new Deadline(clock, delayMs, end);
    const unsubscribe = control.subscribe(({ job }) => {
      if (job === id) end();
    });
    signal.addEventListener("abort", end, { once: true });
  });
}

/** Errors: JOB_UNKNOWN. */
export function requireJob(control: ClusterControl, id: string): JobStatus {
  const job = control.job(id);
  if (job === undefined) throw new RuntimeError("JOB_UNKNOWN", `no job "${id}"`);
  return job;
}
