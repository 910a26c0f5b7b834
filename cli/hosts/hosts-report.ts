/**
 * What a run on hosts did, in the form that every run has.
 *
 * Owns: which figures of a cluster's job stand for which of a run's.
 *
 * H1. What only this machine's own journals could tell, there is none of: those lie on the hosts, and go with the run.
 */
import type { JobStatus } from "../../actors/cluster/control.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { errorOf, type ToldError } from "../command-error.ts";
import { pathOf } from "../run/output-target.ts";
import { EMPTY_REPORT, type RunReport } from "../run/run-report.ts";
import type { RunSettings } from "../run/run-settings.ts";

export interface HostsEnd {
  /** As the command line names it. */
  readonly file: string;
  /** Undefined: nothing could be settled. */
  readonly settings: Pick<RunSettings, "program" | "job" | "destination" | "rejects"> | undefined;
  /** Undefined: it was not submitted. */
  readonly job: JobStatus | undefined;
  /** Executor threads of all hosts. */
  readonly workers: number;
  /** Undefined: the run is done. */
  readonly told: ToldError | undefined;
}

export function hostsReport({ file, settings, job, workers, told }: HostsEnd): RunReport {
  const interrupted = told?.code === "INTERRUPTED" ? "interrupted" : "failed";
  return {
    ...EMPTY_REPORT,
    ...(settings === undefined ? {} : settledPart(settings)),
    program: settings?.program.name ?? file,
    status: told === undefined ? "done" : interrupted,
    workers,
    ...(job === undefined ? {} : figuresOf(job)),
    elapsedMs: Math.round(systemClock.nowMs()),
    ...(told === undefined ? {} : { error: errorOf(told) }),
  };
}

function settledPart({ job, destination, rejects }: NonNullable<HostsEnd["settings"]>): Partial<RunReport> {
  const { partitions, stages } = job.plan;
  const rejectsFile = rejects === undefined ? null : pathOf(rejects);
  return { output: pathOf(destination), rejectsFile, partitions, stages: stages.length };
}

function figuresOf(job: JobStatus): Partial<RunReport> {
  return {
    job: job.id,
    rowsIn: job.pairsIn,
    rowsOut: job.pairsOut,
    rejected: job.rejected,
    bytesRead: job.bytesRead,
    bytesWritten: job.outputBytes,
    tasks: job.tasksCommitted,
    tasksRepeated: job.tasksRepeated,
    tasksTakenOver: job.tasksTakenOver,
    shuffledBytes: job.shuffledBytes,
    restarts: { executors: 0, actors: job.restarts },
  };
}
