/**
 * Runs a job undisturbed, then disturbed a number of times, and compares the outputs.
 *
 * Owns: the order of runs, how long they are disturbed, and what counts as a difference.
 *
 * C1. A disturbed run that fails, or does not end, is a difference.
 */
import type { Program } from "../../programs/program.ts";
import { seededRandom } from "../../runtime/random.ts";
import {
  type ChaosReport,
  type DisturbedRun,
  disturbedLine,
  type UndisturbedRun,
  undisturbedLine,
  verdictLine,
} from "./chaos-report.ts";
import { isSameOutput } from "./reference.ts";
import type { Trial, TrialEnd } from "./trial.ts";

/** Striking ends after so many times what an undisturbed run takes, and not before the least. */
const TROUBLE_TIMES = 10;
const TROUBLE_MIN_MS = 10_000;
/** Then a run must end within the longest backoff, several times over, and some undisturbed runs. */
const HEALING_TIMES = 10;
const HEALING_MIN_MS = 60_000;
const UNDISTURBED_TIME_LIMIT_MS = 2 ** 31 - 1;

export interface ComparisonOptions {
  readonly trial: Trial;
  readonly program: Program;
  /** Asked once a run has shown that the operator's own functions do no harm: it calls them in this process. */
  readonly reference: () => string | undefined;
  readonly kinds: readonly string[];
  /** Strikes a second. */
  readonly rate: number;
  /** Of the first disturbed run; each further one has the next. */
  readonly seed: number;
  readonly runs: number;
  /** Of each run, and of the end. */
  readonly tell: (line: string) => Promise<void>;
}

/** The report; or the undisturbed run's end, where that has no result. */
export async function compareRuns(options: ComparisonOptions): Promise<ChaosReport | TrialEnd> {
  const { trial, program, reference, kinds, rate, tell } = options;
  const first = await trial.run(undefined, UNDISTURBED_TIME_LIMIT_MS);
  if (first.result === undefined) return first;
  const undisturbed = describeUndisturbed(first, reference(), program);
  await tell(undisturbedLine(undisturbed));
  const durationMs = Math.max(TROUBLE_MIN_MS, TROUBLE_TIMES * first.elapsedMs);
  const timeLimitMs = durationMs + Math.max(HEALING_MIN_MS, HEALING_TIMES * first.elapsedMs);
  const runs: DisturbedRun[] = [];
  let isInterrupted = false;
  for (let { seed } = options; runs.length < options.runs; seed += 1) {
    const end = await trial.run({ rate, durationMs, random: seededRandom(seed) }, timeLimitMs);
    isInterrupted = end.failure === "stop";
    if (isInterrupted) break;
    const run = describeDisturbed(seed, end, { first, program });
    runs.push(run);
    await tell(disturbedLine(run, undisturbed));
  }
  const isSame = undisturbed.sameAsReference !== false && runs.every(({ same }) => same);
  const status = isInterrupted ? "interrupted" : isSame ? "same" : "different";
  const report: ChaosReport = { program: program.name, status, kill: kinds, rate, undisturbed, runs };
  await tell(verdictLine(report));
  return report;
}

function describeUndisturbed(end: TrialEnd, reference: string | undefined, program: Program): UndisturbedRun {
  const { elapsedMs, rowsIn, rowsOut, rejected, result } = end;
  const isAsReference =
    reference === undefined || result === undefined
      ? null
      : isSameOutput(result.output, Buffer.from(reference), program);
  return { elapsedMs, rowsIn, rowsOut, rejected, sameAsReference: isAsReference };
}

function describeDisturbed(
  seed: number,
  end: TrialEnd,
  { first, program }: { readonly first: TrialEnd; readonly program: Program },
): DisturbedRun {
  const { strikes: kills, elapsedMs, failure, result } = end;
  const wanted = first.result;
  const same =
    result !== undefined &&
    wanted !== undefined &&
    isSameOutput(result.output, wanted.output, program) &&
    Buffer.compare(result.rejects ?? Buffer.alloc(0), wanted.rejects ?? Buffer.alloc(0)) === 0;
  const tasksAgain = Math.max(0, end.taskCount - first.taskCount);
  const line = typeof failure === "object" ? failure.line : null;
  return { seed, same, failure: line, kills, elapsedMs, tasksAgain };
}
