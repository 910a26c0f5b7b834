/**
 * Runs one job several times over in this process, as `run` does, each time in a data directory and to an output of its own.
 *
 * Owns: where these lie, how long a run may take, what is read of its end.
 * Never: decides whether two ends are the same.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { JobOutcome } from "../../actors/job/messages.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { tellError, tellFailure } from "../command-error.ts";
import type { Destination } from "../run/output-target.ts";
import type { RunSettings } from "../run/run-settings.ts";
import { startRun } from "../run/start-run.ts";
import type { StopSignal } from "../run/stop-signal.ts";
import { type KillKind, startKilling } from "./kill-children.ts";
import type { Disturbance, Trial, TrialEnd } from "./trial.ts";

/** Too many for the window in which restarts are counted: nobody gives up on who is killed on purpose. */
const RESTARTS_MAX = 1_000_000_000;
const TIMED_OUT = { line: "it did not end in time", exitCode: 1 } as const;

export class ProcessTrial implements Trial {
  readonly #settings: RunSettings;
  readonly #kinds: readonly KillKind[];
  readonly #directory: string;
  readonly #stop: StopSignal;
  #count = 0;

  constructor(settings: RunSettings, kinds: readonly KillKind[], directory: string, stop: StopSignal) {
    this.#settings = settings;
    this.#kinds = kinds;
    this.#directory = directory;
    this.#stop = stop;
  }

  async run(disturb: Disturbance | undefined, timeLimitMs: number): Promise<TrialEnd> {
    const { job, program, workers, functions } = this.#settings;
    this.#count += 1;
    const place = (name: string): string => path.join(this.#directory, `${name}-${this.#count}`);
    const destination = fileDestination(place("output"));
    const rejects = program.onError === "reject" ? fileDestination(place("rejects")) : undefined;
    const wish = { directory: place("data"), journaled: true };
    const begunMs = systemClock.nowMs();
    const run = await startRun({ job, wish, destination, rejects, workers, functions, restartsMax: RESTARTS_MAX });
    const { tree, outcome } = run.running;
    const how = { kinds: this.#kinds, tree, clock: systemClock };
    const killing = disturb === undefined ? undefined : startKilling({ ...disturb, ...how });
    const end = await this.#endOf(outcome, timeLimitMs);
    killing?.stop();
    const elapsedMs = Math.round(systemClock.nowMs() - begunMs);
    const { view } = tree;
    const totals = view.progress.get(job.id)?.totals();
    const facts = {
      elapsedMs,
      taskCount: view.tasksStarted.get(job.id) ?? 0,
      rowsIn: totals?.pairsIn ?? 0,
      rowsOut: view.output.get(job.id)?.pairsWritten ?? 0,
      rejected: totals?.rejected ?? 0,
      strikes: killing?.counts ?? {},
    };
    await run.end("failed");
    const result = end === undefined ? { output: read(destination), rejects: rejects && read(rejects) } : undefined;
    for (const name of ["output", "rejects", "data"]) rmSync(place(name), { recursive: true, force: true });
    return { ...facts, result, failure: end };
  }

  /** Undefined: the job is done. */
  async #endOf(outcome: Promise<JobOutcome>, timeLimitMs: number): Promise<TrialEnd["failure"]> {
    const timer = new AbortController();
    const timeOut = delay(timeLimitMs, "timeOut" as const, { signal: timer.signal }).catch(() => "timeOut" as const);
    outcome.catch(() => undefined);
    try {
      const end = await Promise.race([outcome, this.#stop.requested, timeOut]);
      if (end === "stop") return end;
      if (end === "timeOut") return TIMED_OUT;
      if (end.kind === "done") return undefined;
      const told = tellFailure(end.failure);
      return { line: told.lines.join(" "), exitCode: told.exitCode };
    } catch (error) {
      const told = tellError(error);
      return { line: `${told.code}: ${told.lines.join(" ")}`, exitCode: told.exitCode };
    } finally {
      timer.abort();
    }
  }
}

function fileDestination(file: string): Destination & { kind: "file" } {
  return { kind: "file", written: file, file };
}

function read({ file }: { readonly file: string }): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}
