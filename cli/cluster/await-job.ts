/**
 * Waits for a job's end, through restarts of its coordinator, and shows how far it is.
 *
 * Owns: how often the coordinator is asked, and what is drawn.
 */
import { isEnded, type JobStatus } from "../../actors/cluster/control.ts";
import { RedrawnLines } from "../redrawn-lines.ts";
import type { ClusterClient } from "./client.ts";
import { progressLine, progressLines } from "./job-lines.ts";
import { type Patience, persist } from "./persist.ts";

export interface AwaitOptions extends Patience {
  readonly client: ClusterClient;
  readonly job: JobStatus;
  /** Undefined: nothing is drawn. */
  readonly stream: NodeJS.WriteStream | undefined;
}

/** An answer comes at the job's end, or after so long: often enough for eyes, or for a log. */
const [TERMINAL_SECONDS, LOG_SECONDS] = [0.5, 10];

/** The job as it has ended. Errors: those of the client, after `patienceMs`; of the signal AbortError. */
export async function awaitJob(options: AwaitOptions): Promise<JobStatus> {
  const { client, job, stream, signal } = options;
  const lines = stream === undefined ? undefined : new RedrawnLines(stream);
  const seconds = lines?.isTerminal ? TERMINAL_SECONDS : LOG_SECONDS;
  const show = (status: JobStatus): void => {
    if (lines?.isTerminal) lines.draw(progressLines(status, lines.columns));
    else stream?.write(`${progressLine(status)}\n`);
  };
  const told: Patience = {
    ...options,
    onLost: (error) => {
      lines?.clear();
      options.onLost?.(error);
    },
  };
  if (lines?.isTerminal && !isEnded(job.state)) show(job);
  try {
    for (let latest = job; ; ) {
      if (isEnded(latest.state)) return latest;
      latest = await persist(told, () => client.wait(job.id, seconds, signal));
      if (!isEnded(latest.state)) show(latest);
    }
  } finally {
    lines?.clear();
  }
}
