/**
 * `chaos`: runs a program while its actors and executor threads are killed at random, and compares the outputs.
 *
 * Owns: the order of runs, and what counts as a difference.
 *
 * C1. Everything that is written lies below one temporary directory, which is removed at the end.
 * C2. A disturbed run that fails, or does not end, is a difference.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Program } from "../../programs/program.ts";
import { seededRandom } from "../../runtime/random.ts";
import {
  type ChaosReport,
  type DisturbedRun,
  disturbedLine,
  type UndisturbedRun,
  undisturbedLine,
  verdictLine,
} from "../chaos/chaos-report.ts";
import type { KillKind } from "../chaos/kill-children.ts";
import { isSameOutput, referenceOutput } from "../chaos/reference.ts";
import { Trial, type TrialEnd } from "../chaos/trial.ts";
import { CommandError } from "../command-error.ts";
import { EXIT } from "../exit-codes.ts";
import { type FunctionsOption, namedFunctions } from "../named-functions.ts";
import { readProgram } from "../read-program.ts";
import { inputOf, settleRun } from "../run/run-settings.ts";
import { listenForStop } from "../run/stop-signal.ts";
import { note, writeOut } from "../terminal.ts";

export interface ChaosOptions extends FunctionsOption {
  readonly kill: readonly (KillKind | "worker" | "coordinator")[];
  readonly rate: number;
  readonly seed: number;
  readonly runs: number;
  readonly input?: readonly string[];
  readonly workers?: number;
  readonly partitions?: number;
  readonly json?: boolean;
}

/** Killing ends after so many times what an undisturbed run takes, and not before the least. */
const TROUBLE_TIMES = 10;
const TROUBLE_MIN_MS = 10_000;
/** Then a run must end within the longest backoff, several times over, and some undisturbed runs. */
const HEALING_TIMES = 10;
const HEALING_MIN_MS = 60_000;
const UNDISTURBED_TIME_LIMIT_MS = 2 ** 31 - 1;

/** Returns the exit code. Errors: those of reading and preparing a program. */
export async function chaos(file: string, options: ChaosOptions): Promise<number> {
  const kinds = killable(options.kill);
  const registry = await namedFunctions(options);
  const source = readProgram(file, registry);
  const settings = await settleRun(source, { ...options, output: "-", journal: true }, registry);
  const { input } = inputOf(source, options.input);
  const reference = (): string | undefined => referenceOutput(source.program, input, settings.job, registry?.functions);
  const directory = mkdtempSync(path.join(os.tmpdir(), "actor-dataflow-chaos-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  const stop = listenForStop();
  try {
    const trial = new Trial(settings, directory, stop);
    return await compareRuns({ trial, program: source.program, reference, kinds, options });
  } finally {
    remove();
    stop.release();
  }
}

function killable(kill: ChaosOptions["kill"]): readonly KillKind[] {
  const kinds = kill.filter((kind) => kind === "actor" || kind === "executor");
  if (kinds.length === kill.length) return kinds;
  const message = "--kill takes actor and executor: worker and coordinator are parts of one process in this version";
  throw new CommandError("USAGE", message);
}

interface Comparison {
  readonly trial: Trial;
  readonly program: Program;
  /** Asked once a run has shown that the operator's own functions do no harm: it calls them in this process. */
  readonly reference: () => string | undefined;
  readonly kinds: readonly KillKind[];
  readonly options: ChaosOptions;
}

async function compareRuns({ trial, program, reference, kinds, options }: Comparison): Promise<number> {
  const tell = async (line: string): Promise<void> => {
    if (!options.json) await writeOut(process.stdout, `${line}\n`);
  };
  const first = await trial.run(undefined, UNDISTURBED_TIME_LIMIT_MS);
  if (first.result === undefined) return tellNoResult(first);
  const undisturbed = describeUndisturbed(first, reference(), program);
  await tell(undisturbedLine(undisturbed));
  const durationMs = Math.max(TROUBLE_MIN_MS, TROUBLE_TIMES * first.elapsedMs);
  const timeLimitMs = durationMs + Math.max(HEALING_MIN_MS, HEALING_TIMES * first.elapsedMs);
  const runs: DisturbedRun[] = [];
  let isInterrupted = false;
  for (let seed = options.seed; runs.length < options.runs && !isInterrupted; seed += 1) {
    const end = await trial.run({ kinds, rate: options.rate, durationMs, random: seededRandom(seed) }, timeLimitMs);
    isInterrupted = end.failure === "stop";
    if (isInterrupted) break;
    const run = describeDisturbed(seed, end, { first, program });
    runs.push(run);
    await tell(disturbedLine(run, undisturbed));
  }
  const isSame = undisturbed.sameAsReference !== false && runs.every(({ same }) => same);
  const status = isInterrupted ? "interrupted" : isSame ? "same" : "different";
  const report: ChaosReport = {
    ...{ program: program.name, status, kill: options.kill, rate: options.rate, undisturbed, runs },
  };
  await writeOut(process.stdout, options.json ? `${JSON.stringify(report, null, 2)}\n` : `${verdictLine(report)}\n`);
  if (isInterrupted) return EXIT.interrupted;
  return isSame ? EXIT.done : EXIT.failed;
}

/** The program fails undisturbed, or the user had enough. */
function tellNoResult({ failure }: TrialEnd): number {
  if (failure === "stop" || failure === undefined) {
    note("interrupted");
    return EXIT.interrupted;
  }
  note(failure.line);
  return failure.exitCode;
}

function describeUndisturbed(end: TrialEnd, reference: string | undefined, program: Program): UndisturbedRun {
  const { elapsedMs, rowsOut, totals, result } = end;
  const isAsReference =
    reference === undefined || result === undefined
      ? null
      : isSameOutput(result.output, Buffer.from(reference), program);
  const [rowsIn, rejected] = [totals?.pairsIn ?? 0, totals?.rejected ?? 0];
  return { elapsedMs, rowsIn, rowsOut, rejected, sameAsReference: isAsReference };
}

function describeDisturbed(
  seed: number,
  end: TrialEnd,
  { first, program }: { readonly first: TrialEnd; readonly program: Program },
): DisturbedRun {
  const { kills, elapsedMs, failure, result } = end;
  const wanted = first.result;
  const same =
    result !== undefined &&
    wanted !== undefined &&
    isSameOutput(result.output, wanted.output, program) &&
    Buffer.compare(result.rejects ?? Buffer.alloc(0), wanted.rejects ?? Buffer.alloc(0)) === 0;
  const tasksAgain = Math.max(0, end.tasksStarted - first.tasksStarted);
  const line = typeof failure === "object" ? failure.line : null;
  return { seed, same, failure: line, kills, elapsedMs, tasksAgain };
}
