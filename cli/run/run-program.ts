/**
 * Runs one program on this machine, from its file to its report.
 *
 * Owns: the order of a run.
 *
 * R1. The result goes to standard output or to a file; see `tell-run.ts` for all else.
 * R2. A failure is one line (a wrong program: one line for each error) and an exit code.
 */
import type { ThreadSource } from "../../actors/executor/thread-source.ts";
import type { JobOutcome } from "../../actors/job/messages.ts";
import { directoryPlaces } from "../../actors/open-directory.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { errorOf, type ToldError, tellError, tellFailure } from "../command-error.ts";
import { EXIT } from "../exit-codes.ts";
import { namedFunctions } from "../named-functions.ts";
import { readProgram } from "../read-program.ts";
import { isStandardOutputClosed, note } from "../terminal.ts";
import { pathOf } from "./output-target.ts";
import { showProgress } from "./progress-display.ts";
import { directoryBytes, EMPTY_REPORT, type RunReport } from "./run-report.ts";
import { type RunOptions, type RunSettings, settleRun } from "./run-settings.ts";
import { type Run, startRun } from "./start-run.ts";
import { listenForStop, type StopSignal } from "./stop-signal.ts";
import { tellRun } from "./tell-run.ts";

/** Whoever runs the same command on the same input again fails again; with another input it is another job. */
const FAILURES_OF_DATA: ReadonlySet<string> = new Set([
  ...["BAD_RECORD", "ARITHMETIC_ERROR", "LINE_TOO_LONG", "INPUT_CORRUPT", "INPUT_CHANGED"],
]);

/** Returns the exit code. */
export async function runProgram(file: string, options: RunOptions, threads: ThreadSource): Promise<number> {
  const stop = listenForStop();
  let settings: RunSettings | undefined;
  try {
    const registry = await namedFunctions(options);
    settings = await settleRun(readProgram(file, registry), options, registry);
    if (options.rejects !== undefined && settings.rejects === undefined && !options.quiet && !options.json) {
      note('--rejects has no effect: "onError" of the program is "fail", so nothing is rejected');
    }
    return await runSettled({ settings, options, stop, threads });
  } catch (error) {
    const told = tellError(error);
    const known = settings === undefined ? { program: file } : reportOf(settings);
    return await tellRun({ ...EMPTY_REPORT, ...known, ...failed(told) }, { told, options, places: settings });
  } finally {
    stop.release();
  }
}

/** What was found broken in the journal, and is computed again. */
interface Broken {
  records: number;
  journals: number;
}

interface Restarts {
  executors: number;
  actors: number;
}

interface Running {
  readonly settings: RunSettings;
  readonly options: RunOptions;
  readonly stop: StopSignal;
  readonly threads: ThreadSource;
}

async function runSettled({ settings, options, stop, threads }: Running): Promise<number> {
  const restarts: Restarts = { executors: 0, actors: 0 };
  const broken: Broken = { records: 0, journals: 0 };
  const run = await startRun({
    ...settings,
    threads,
    program: settings.program.name,
    wish: { directory: options.dataDir, journaled: options.journal },
    durability: options.durability,
    keepJournal: options.keepJournal,
    onBreak: ({ discardedCount }) => {
      broken.records += discardedCount;
    },
    onRestart: () => {
      broken.journals += 1;
    },
    onNotice: (supervisor, notice) => {
      if (notice.type !== "child.restarting") return;
      if (supervisor === "executors") restarts.executors += 1;
      else restarts.actors += 1;
    },
  });
  const { outcome } = run.running;
  const hideProgress = startProgress(run, settings, options, restarts);
  let end: JobOutcome | "stop" | { readonly kind: "broken"; readonly error: unknown };
  try {
    end = await Promise.race([outcome, stop.requested]);
  } catch (error) {
    end = { kind: "broken", error };
  }
  // Whatever it still becomes, nobody waits for it.
  outcome.catch(() => undefined);
  hideProgress();
  const facts = { ...reportOf(settings), ...measure(run, settings, broken), restarts };
  if (end === "stop") {
    await run.end("interrupted");
    const told = tellInterruption(run, options);
    const report: RunReport = { ...facts, status: "interrupted", elapsedMs: elapsed(), error: errorOf(told) };
    return await tellRun(report, { told, options, places: settings });
  }
  if (end.kind === "done") {
    await run.end("done");
    const isKept = options.keepJournal === true && options.journal;
    const report: RunReport = {
      ...facts,
      status: "done",
      elapsedMs: elapsed(),
      ...(isKept ? { journal: run.directory } : {}),
    };
    return await tellRun(report, { told: undefined, options, places: settings });
  }
  if (settings.destination.kind === "standardOutput" && isStandardOutputClosed()) {
    // Whoever read our output has seen enough, as `head` has: no failure worth a word.
    await run.end("useless");
    return EXIT.done;
  }
  await run.end(end.kind === "failed" && FAILURES_OF_DATA.has(end.failure.code) ? "useless" : "failed");
  const told = end.kind === "failed" ? tellFailure(end.failure) : tellError(end.error);
  return await tellRun({ ...facts, ...failed(told) }, { told, options, places: settings });
}

function startProgress(
  { running }: Run,
  { job }: RunSettings,
  options: RunOptions,
  restarts: Readonly<Restarts>,
): () => void {
  if (options.quiet || options.json) return () => undefined;
  const bytesTotal = job.files.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  const look = () => {
    const progress = running.tree.view.progress.get(job.id);
    if (progress === undefined) return undefined;
    const output = running.tree.view.output.get(job.id);
    const count = restarts.executors + restarts.actors;
    return { plan: job.plan, totals: progress.totals(), output, bytesTotal, restarts: count };
  };
  return showProgress({ stream: process.stderr, clock: systemClock, look });
}

function reportOf({ program, job, destination, rejects, workers }: RunSettings) {
  const { partitions, stages } = job.plan;
  const places = { output: pathOf(destination), rejectsFile: rejects === undefined ? null : pathOf(rejects) };
  return { program: program.name, job: job.id, ...places, partitions, stages: stages.length, workers };
}

/** Before the run ends, since that removes its directory. */
function measure({ running, directory }: Run, { job }: RunSettings, broken: Broken) {
  const { view } = running.tree;
  const { lost, damaged, orphaned } = view.repairs.get(job.id) ?? { lost: 0, damaged: 0, orphaned: 0 };
  const totals = view.progress.get(job.id)?.totals();
  const output = view.output.get(job.id);
  const { journal, segments } = directoryPlaces(directory);
  const journaledBytes = directoryBytes(journal) + directoryBytes(segments);
  return {
    rowsIn: totals?.pairsIn ?? 0,
    rowsOut: output?.pairsWritten ?? 0,
    rejected: totals?.rejected ?? 0,
    bytesRead: totals?.bytesRead ?? 0,
    bytesWritten: output?.bytesWritten ?? 0,
    tasks: totals?.tasksCommitted ?? 0,
    tasksTakenOver: view.takenOver.get(job.id) ?? 0,
    tasksRepeated: lost + damaged + orphaned,
    repaired: { ...broken, tasksLost: lost, resultsDamaged: damaged },
    shuffledBytes: totals?.shuffledBytes ?? 0,
    journaledBytes,
    diskPeakBytes: view.disk.peakBytes + Math.max(0, journaledBytes - view.disk.usedBytes),
  };
}

function failed(told: ToldError) {
  return { status: "failed", elapsedMs: elapsed(), error: errorOf(told) } as const;
}

function tellInterruption({ directory }: Run, { journal, dataDir }: RunOptions): ToldError {
  const place = dataDir === undefined ? directory : dataDir;
  const line = journal
    ? `interrupted; run the same command again to go on (what is done is kept in ${place})`
    : "interrupted; nothing is kept, because of --no-journal";
  return { code: "INTERRUPTED", exitCode: EXIT.interrupted, lines: [line] };
}

function elapsed(): number {
  return Math.round(systemClock.nowMs());
}
