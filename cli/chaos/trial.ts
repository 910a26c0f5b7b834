/**
 * What a run under chaos is, wherever it runs: the port between the comparison of runs and those who run them.
 *
 * Owns: the types.
 */
import type { Random } from "../../runtime/random.ts";

/** How a run is struck; with what is for whoever runs it. */
export interface Disturbance {
  /** Strikes a second, on average. */
  readonly rate: number;
  /** Milliseconds after which there are no more. */
  readonly durationMs: number;
  readonly random: Random;
}

export interface TrialResult {
  readonly output: Buffer;
  readonly rejects: Buffer | undefined;
}

export interface TrialEnd {
  readonly result: TrialResult | undefined;
  /** Why there is no result, with the exit code that `run` would have; "stop": the user wished so. */
  readonly failure: { readonly line: string; readonly exitCode: number } | "stop" | undefined;
  readonly elapsedMs: number;
  /** Beyond those of an undisturbed run, tasks that were done again. */
  readonly taskCount: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly rejected: number;
  /** By what was struck, such as `partition` or `coordinator`. */
  readonly strikes: Readonly<Record<string, number>>;
}

export interface Trial {
  /** Runs the job once, from its begin. `disturb` undefined: nothing is done to it. */
  run(disturb: Disturbance | undefined, timeLimitMs: number): Promise<TrialEnd>;
}
