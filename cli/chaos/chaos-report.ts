/**
 * What chaos found, as data and as lines for people.
 *
 * Owns: the shape of `chaos --json`; members are only ever added.
 */
import { countOf, durationText } from "../run/numbers.ts";

export interface UndisturbedRun {
  readonly elapsedMs: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly rejected: number;
  /** Null: the input is too large for the reference interpreter. */
  readonly sameAsReference: boolean | null;
}

export interface DisturbedRun {
  /** Repeats the strikes with `--runs 1`. */
  readonly seed: number;
  readonly same: boolean;
  /** Why the run has no output; null if it has. */
  readonly failure: string | null;
  /** By what was struck. */
  readonly kills: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  /** Tasks done beyond those of the undisturbed run. */
  readonly tasksAgain: number;
}

export interface ChaosReport {
  readonly program: string;
  readonly status: "same" | "different" | "interrupted";
  readonly kill: readonly string[];
  /** Strikes a second. */
  readonly rate: number;
  readonly undisturbed: UndisturbedRun;
  readonly runs: readonly DisturbedRun[];
}

export function undisturbedLine({ elapsedMs, rowsIn, rowsOut, sameAsReference }: UndisturbedRun): string {
  const reference = {
    true: "as the reference interpreter has it",
    false: "NOT as the reference interpreter has it",
    null: "not compared with the reference interpreter: the input is large",
  }[`${sameAsReference}`];
  return `undisturbed: ${countOf(rowsIn, "row")} in, ${countOf(rowsOut, "row")} out, ${durationText(elapsedMs)}, ${reference}`;
}

export function disturbedLine(run: DisturbedRun, undisturbed: UndisturbedRun): string {
  const kills = Object.entries(run.kills).map(([group, count]) => `${group} ${count}`);
  const total = Object.values(run.kills).reduce((sum, count) => sum + count, 0);
  const verdict = run.failure === null ? (run.same ? "same output" : "DIFFERENT output") : `FAILED (${run.failure})`;
  const times = (run.elapsedMs / Math.max(1, undisturbed.elapsedMs)).toFixed(1);
  return [
    `seed ${run.seed}: ${verdict}`,
    `${countOf(total, "strike")}${total > 0 ? ` (${kills.join(", ")})` : ""}`,
    `${durationText(run.elapsedMs)}, ${times} times as long`,
    `${countOf(run.tasksAgain, "task")} run again`,
  ].join("; ");
}

export function verdictLine({ runs, status }: ChaosReport): string {
  const wrong = runs.filter(({ same }) => !same).length;
  if (status === "interrupted") return `interrupted after ${countOf(runs.length, "run")}`;
  return status === "same"
    ? `${countOf(runs.length, "run")}, always the same output`
    : `${wrong} of ${runs.length} wrong`;
}
