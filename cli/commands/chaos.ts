/**
 * `chaos`: runs a program while its parts are killed at random, and compares the outputs.
 *
 * Owns: which parts there are to strike: actors and threads within one process, as `run` has them, or a cluster of processes.
 *
 * C1. Everything that is written lies below one temporary directory, which is removed at the end, and so is the network.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";
import { Cluster, memberNames } from "../chaos/cluster.ts";
import { ClusterTrial } from "../chaos/cluster-trial.ts";
import { compareRuns } from "../chaos/compare-runs.ts";
import type { KillKind } from "../chaos/kill-children.ts";
import { Network } from "../chaos/network.ts";
import { ProcessTrial } from "../chaos/process-trial.ts";
import { referenceOutput } from "../chaos/reference.ts";
import { STRIKE_KINDS, type StrikeKind } from "../chaos/strikes.ts";
import type { Trial, TrialEnd } from "../chaos/trial.ts";
import { ClusterClient } from "../cluster/client.ts";
import { EXIT } from "../exit-codes.ts";
import { type FunctionsOption, namedFunctions } from "../named-functions.ts";
import { type ProgramFile, readProgram } from "../read-program.ts";
import { inputOf, type RunSettings, settleRun } from "../run/run-settings.ts";
import { listenForStop, type StopSignal } from "../run/stop-signal.ts";
import { note, writeOut } from "../terminal.ts";

export interface ChaosOptions extends FunctionsOption {
  /** Undefined: actor and executor, if nothing else is asked for. */
  readonly kill?: readonly (KillKind | "worker" | "coordinator")[];
  readonly pause?: boolean;
  readonly loseDisk?: boolean;
  readonly partitionNetwork?: boolean;
  /** Undefined: as fits what is struck. */
  readonly rate?: number;
  readonly seed: number;
  readonly runs: number;
  readonly input?: readonly string[];
  readonly workers?: number;
  readonly partitions?: number;
  readonly json?: boolean;
}

/** Strikes a second: a process takes longer to come back than an actor does. */
const [RATE_WITHIN, RATE_OF_CLUSTER] = [5, 0.5];
/** Processes of one thread each. */
const CLUSTER_WORKERS = 2;
const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

/** Returns the exit code. Errors: those of reading and preparing a program, and of starting a cluster. */
export async function chaos(file: string, options: ChaosOptions): Promise<number> {
  const kinds = kindsOf(options);
  const within = kinds.filter((kind) => kind === "actor" || kind === "executor");
  const isWithin = within.length === kinds.length;
  const registry = await namedFunctions(options);
  const source = readProgram(file, registry);
  const settings = await settleRun(source, { ...options, output: "-", journal: true }, registry);
  const { input } = inputOf(source, options.input);
  const reference = (): string | undefined => referenceOutput(source.program, input, settings.job, registry?.functions);
  const directory = mkdtempSync(path.join(os.tmpdir(), "actor-dataflow-chaos-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  const stop = listenForStop();
  const run = async (trial: Trial): Promise<number> =>
    await compareAndTell({ ...options, rate: options.rate ?? (isWithin ? RATE_WITHIN : RATE_OF_CLUSTER) }, (given) =>
      compareRuns({ ...given, trial, program: source.program, reference, kinds }),
    );
  try {
    if (isWithin) return await run(new ProcessTrial(settings, within, directory, stop));
    return await onCluster({ options, kinds, source, settings, directory, stop }, run);
  } finally {
    remove();
    stop.release();
  }
}

function kindsOf({ kill, pause, loseDisk, partitionNetwork }: ChaosOptions): readonly StrikeKind[] {
  const others = { pause, "lose-disk": loseDisk, "partition-network": partitionNetwork };
  const wanted = new Set<string>(kill ?? []);
  for (const [kind, isWanted] of Object.entries(others)) if (isWanted) wanted.add(kind);
  const kinds = STRIKE_KINDS.filter((kind) => wanted.has(kind));
  return kinds.length === 0 ? ["actor", "executor"] : kinds;
}

interface OnCluster {
  readonly options: ChaosOptions;
  readonly kinds: readonly StrikeKind[];
  readonly source: ProgramFile;
  readonly settings: RunSettings;
  readonly directory: string;
  readonly stop: StopSignal;
}

/** Errors: CommandError NETWORK_NOT_ALLOWED. */
async function onCluster(given: OnCluster, run: (trial: Trial) => Promise<number>): Promise<number> {
  const { options, kinds, source, settings, directory, stop } = given;
  const { workers = CLUSTER_WORKERS, partitions, functions } = options;
  const startOptions = functions === undefined ? [] : ["--functions", path.resolve(functions)];
  const network = options.partitionNetwork ? new Network(memberNames(workers)) : undefined;
  const removeNetwork = (): void => network?.remove();
  process.once("exit", removeNetwork);
  try {
    const { files, outputFormat } = settings.job;
    return await run(
      new ClusterTrial({
        ...{ kinds, directory, stop, clock: systemClock, random: systemRandom },
        request: { program: source.text, fileName: path.basename(source.file), partitions, outputFormat },
        inputs: files.map(({ absolutePath }) => absolutePath),
        startCluster: (wanted) => Cluster.start(wanted),
        connect: (address, token) => new ClusterClient({ ...address, token, tls: undefined }),
        members: { command: [process.execPath, MAIN], workers, slots: 1, network, startOptions },
      }),
    );
  } finally {
    process.off("exit", removeNetwork);
    removeNetwork();
  }
}

type Told = Pick<Parameters<typeof compareRuns>[0], "rate" | "seed" | "runs" | "tell">;

async function compareAndTell(
  { rate, seed, runs, json }: ChaosOptions & { readonly rate: number },
  compare: (told: Told) => ReturnType<typeof compareRuns>,
): Promise<number> {
  const tell = async (line: string): Promise<void> => {
    if (!json) await writeOut(process.stdout, `${line}\n`);
  };
  const end = await compare({ rate, seed, runs, tell });
  if (!("status" in end)) return tellNoResult(end);
  if (json) await writeOut(process.stdout, `${JSON.stringify(end, null, 2)}\n`);
  if (end.status === "interrupted") return EXIT.interrupted;
  return end.status === "same" ? EXIT.done : EXIT.failed;
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
