/**
 * `run --hosts`: the same run as without, on a cluster of its own.
 *
 * Owns: what of the command line is whose: the program's, the coordinator's, the workers'.
 *
 * H1. What `run` would refuse before anything starts is refused likewise, before any host is asked.
 * H2. Inputs are read where they lie: workers that do not see them get them from the coordinator, which is here.
 * H4. With `--json` there is one document, of the form that every run has.
 * H3. The same command finds its job again after an interruption, and begins a new one after an end.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../runtime/system-clock.ts";
import { ClusterClient } from "../cluster/client.ts";
import type { Connection } from "../cluster/connection.ts";
import { CommandError, tellError } from "../command-error.ts";
import { type SubmitParts, submitParts } from "../commands/submit.ts";
import type { Endpoint } from "../endpoint.ts";
import { namedFunctions } from "../named-functions.ts";
import { readProgram } from "../read-program.ts";
import { type RunOptions, type RunSettings, settleRun } from "../run/run-settings.ts";
import { tellRun } from "../run/tell-run.ts";
import { forgetSubmission, type InputPlaces, placesOf, submissionIn } from "./hosts-job.ts";
import { type HostsEnd, hostsReport } from "./hosts-report.ts";
import { coordinatorDirectory, type HostsRun, isFinal, runOnHosts } from "./run-on-hosts.ts";

export interface HostsOptions extends RunOptions {
  readonly hosts: string;
  readonly host?: string;
  readonly remoteCommand?: string;
  readonly insecure?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
const NAME_DIGITS = 16;
/** Seconds; a coordinator that is killed is back within one. */
const PATIENCE = 600;
const INTERRUPTION = "interrupted; run the same command again to go on";

/** Returns the exit code. Errors: those of reading and preparing a program, and of `runOnHosts`; none with `--json`. */
export async function runHosts(file: string, options: HostsOptions): Promise<number> {
  const telling: Telling = { file, options };
  try {
    return await carryOut(telling);
  } catch (error) {
    if (!options.json) throw error;
    return await tell(telling, { job: undefined, workers: 0, told: tellError(error) });
  }
}

/** H4. What is known of a run, for whoever is told of its end. */
interface Telling {
  readonly file: string;
  readonly options: HostsOptions;
  settings?: RunSettings;
  exitCode?: number;
}

async function tell(telling: Telling, end: Pick<HostsEnd, "job" | "workers" | "told">): Promise<number> {
  const { file, options, settings, exitCode } = telling;
  if (exitCode !== undefined) return exitCode;
  telling.exitCode = await tellRun(hostsReport({ ...end, file, settings }), {
    told: end.told,
    options,
    places: settings,
  });
  return telling.exitCode;
}

async function carryOut(telling: Telling): Promise<number> {
  const { file, options } = telling;
  requireFitting(options);
  const tls = tlsOf(options);
  const registry = await namedFunctions(options);
  const source = readProgram(file, registry);
  const settings = await settleRun(source, options, registry);
  telling.settings = settings;
  const places = placesOf(settings.job.files.map(({ absolutePath }) => absolutePath));
  const name = nameOf(settings, options.hosts);
  const dataDirectory = options.dataDir === undefined ? undefined : path.resolve(options.dataDir);
  const directory = dataDirectory ?? coordinatorDirectory(name);
  const submissionId = submissionIn(directory, name);
  const command = [process.execPath, MAIN];
  const submit = async (coordinator: Endpoint, token: string): Promise<number> => {
    const parts: SubmitParts = {
      connect: async () => connectionTo(coordinator, token, tls),
      read: () => ({ ...source, name: settings.program.name }),
      interruption: INTERRUPTION,
      tellJson: async (end) =>
        await tell(telling, { ...end, workers: await slotsOf(connectionTo(coordinator, token, tls)) }),
    };
    return await submitParts(file, { ...submissionOptions(options, places), submissionId }, parts);
  };
  const exitCode = await runOnHosts({
    ...{
      hosts: options.hosts,
      host: options.host,
      command,
      dataDirectory,
      dataRoot: places.dataRoot,
      name,
      tls,
      submit,
    },
    remoteCommand: options.remoteCommand?.split(" ").filter(Boolean) ?? command,
    ...{ slots: options.workers, durability: options.durability ?? "process", insecure: options.insecure === true },
    functions: options.functions === undefined ? undefined : path.resolve(options.functions),
    ...{ environment: process.env, clock: systemClock, onLine: () => undefined },
  });
  if (isFinal(exitCode)) forgetSubmission(directory, name);
  return exitCode;
}

/** Of all workers that are there; 0 where nobody can say. */
async function slotsOf(connection: Connection): Promise<number> {
  try {
    const workers = await new ClusterClient(connection).workers();
    return workers.reduce((sum, { slots }) => sum + slots, 0);
  } catch {
    return 0;
  }
}

/** Errors: CommandError USAGE. */
function requireFitting({ journal, keepJournal, memory, disk }: HostsOptions): void {
  const unfit = { "--no-journal": !journal, "--keep-journal": keepJournal, "--memory": memory, "--disk": disk };
  for (const [option, value] of Object.entries(unfit)) {
    if (value) throw new CommandError("USAGE", `${option} is of a run on this machine alone: not with --hosts`);
  }
}

/** Errors: CommandError USAGE. */
function tlsOf({ tlsCert, tlsKey, tlsCa }: HostsOptions): HostsRun["tls"] {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined || tlsCa === undefined) {
    throw new CommandError("USAGE", "--tls-cert, --tls-key and --tls-ca need each other");
  }
  return { cert: path.resolve(tlsCert), key: path.resolve(tlsKey), ca: path.resolve(tlsCa) };
}

/** The same for the same program, inputs and hosts. */
function nameOf({ job }: RunSettings, hosts: string): string {
  return createHash("sha256")
    .update(JSON.stringify([job.id, hosts]))
    .digest("hex")
    .slice(0, NAME_DIGITS);
}

function connectionTo(coordinator: Endpoint, token: string, tls: HostsRun["tls"]): Connection {
  if (tls === undefined) return { ...coordinator, token, tls };
  const [ca, cert, key] = [tls.ca, tls.cert, tls.key].map((file) => readFileSync(file));
  return { ...coordinator, token, tls: { ca, cert, key } };
}

function submissionOptions({ output, rejects, partitions, json, quiet }: HostsOptions, { names }: InputPlaces) {
  return { output, rejects, partitions, json, quiet, input: names, patience: PATIENCE };
}
