/**
 * `run --hosts`: a cluster for one run, made of a coordinator here and a worker on each host, and gone with it.
 *
 * Owns: the order in which these are started and ended, and the token that they share.
 * Never: says what a submission is; it is given that.
 *
 * R1. However the run ends, nothing of it is left running: not here, not there.
 * R2. What an interrupted run has journaled stays, here and there, for the same command to go on with.
 * R3. Where a host is not this one, the coordinator listens to others: with TLS, or because `insecure` says so.
 */
import { randomBytes } from "node:crypto";
import os from "node:os";
import type { Clock } from "../../runtime/clock.ts";
import type { JournalDurability } from "../../runtime/journal/journal.ts";
import { CommandError } from "../command-error.ts";
import type { Endpoint } from "../endpoint.ts";
import { EXIT } from "../exit-codes.ts";
import { LaunchedProcess } from "../processes/launched-process.ts";
import { DONE_LINE, hostedDirectory } from "../start/hosted.ts";
import { startHostWorkers } from "./host-workers.ts";
import { isThisHost, parseHosts } from "./ssh-command.ts";

/** Names a program in the place of ssh. */
export const SSH_VARIABLE = "ACTOR_DATAFLOW_SSH";

export interface HostsRun {
  /** As `--hosts` gives them. */
  readonly hosts: string;
  /** What `actor-dataflow` is here, word by word. */
  readonly command: readonly string[];
  /** And there; where both are the same, the same. */
  readonly remoteCommand: readonly string[];
  /** The name of this host for the others; undefined: its own. */
  readonly host: string | undefined;
  /** Of the coordinator; it stays. Undefined: `coordinatorDirectory`, which goes when the run is done. */
  readonly dataDirectory: string | undefined;
  /** Below it lie the inputs. */
  readonly dataRoot: string;
  /** Names the run: the same for one that is resumed. */
  readonly name: string;
  readonly slots: number | undefined;
  readonly durability: JournalDurability;
  /** A module, at the same path on every host. */
  readonly functions: string | undefined;
  readonly insecure: boolean;
  /** Paths, the same on every host. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Of a member, for whoever wants to see it. */
  readonly onLine: (member: string, line: string) => void;
  /** Runs the program on the cluster; returns the exit code. */
  readonly submit: (coordinator: Endpoint, token: string) => Promise<number>;
}

/** Workers that have ended are started again within ten seconds, or never: nobody else is going to start one. */
const WORKER_WAIT_SECONDS = 30;
/** Before a coordinator that does not end by itself is killed. */
const STOP_TIMEOUT_MS = 10_000;

/** The job has ended, one way or the other: nothing that was kept for it is of use, and the same command begins a new one. */
export function isFinal(exitCode: number): boolean {
  return exitCode !== EXIT.interrupted && exitCode !== EXIT.unreachable;
}

/** Of a run without a wish. Errors: those of `hostedDirectory`. */
export function coordinatorDirectory(name: string): string {
  return hostedDirectory(`${name}-coordinator`);
}

/** Returns the exit code of `submit`. Errors: CommandError USAGE, HOST_UNREACHABLE, NO_WORKERS, CLUSTER_NOT_STARTED. */
export async function runOnHosts(run: HostsRun): Promise<number> {
  const hosts = parseHosts(run.hosts);
  const isOpen = !hosts.every(isThisHost);
  if (isOpen && !run.insecure && run.tls === undefined) {
    const message =
      "--hosts: data and token travel between hosts: give --tls-cert, --tls-key and --tls-ca, or --insecure";
    throw new CommandError("USAGE", message);
  }
  const token = randomBytes(32).toString("hex");
  const coordinator = startCoordinator(run, token, isOpen);
  let end: "done" | "interrupted" = "interrupted";
  try {
    const serving = await coordinator.firstServing(() => true);
    if (serving === undefined) {
      const reason = coordinator.lines.at(-1) ?? "it could not be started";
      throw new CommandError("CLUSTER_NOT_STARTED", `the coordinator does not serve: ${reason}`);
    }
    const { port } = serving;
    const ownName = isOpen ? (run.host ?? os.hostname()) : undefined;
    const join = { host: ownName ?? "127.0.0.1", port };
    const workers = await startHostWorkers({
      ...{
        hosts,
        join,
        token,
        ownName,
        remoteCommand: run.remoteCommand,
        name: run.name,
        clock: run.clock,
        onLine: run.onLine,
      },
      ssh: run.environment[SSH_VARIABLE] || "ssh",
      startOptions: [
        ...(run.slots === undefined ? [] : ["--slots", String(run.slots)]),
        ...commonOptions(run),
        ...["--log-format", "json"],
      ],
    });
    try {
      const exitCode = await run.submit(join, token);
      if (isFinal(exitCode)) end = "done";
      return exitCode;
    } finally {
      await workers.stop(end);
    }
  } finally {
    // A directory that the user named stays.
    if (end === "done" && run.dataDirectory === undefined) coordinator.write(`${DONE_LINE}\n`);
    else coordinator.signal("SIGTERM");
    const timer = run.clock.setTimeout(() => coordinator.signal("SIGKILL"), STOP_TIMEOUT_MS);
    await coordinator.gone;
    run.clock.clearTimeout(timer);
  }
}

function startCoordinator(run: HostsRun, token: string, isOpen: boolean): LaunchedProcess {
  const [command = "", ...first] = run.command;
  const open = isOpen ? ["--host", "0.0.0.0", ...(run.host === undefined ? [] : ["--host-names", run.host])] : [];
  return new LaunchedProcess({
    command,
    words: [
      ...[...first, "start", "--role", "coordinator", "--json", "--port", "0", "--data-root", run.dataRoot],
      ...["--hosted", `${run.name}-coordinator`, "--worker-wait-seconds", String(WORKER_WAIT_SECONDS)],
      ...(run.dataDirectory === undefined ? [] : ["--data-dir", run.dataDirectory]),
      ...["--respawn", ...open, ...commonOptions(run)],
    ],
    input: `${token}\n`,
    environment: run.environment,
    onLine: (line) => run.onLine("coordinator", line),
  });
}

function commonOptions({ durability, functions, insecure, tls }: HostsRun): readonly string[] {
  const common = ["--durability", durability, ...(functions === undefined ? [] : ["--functions", functions])];
  if (tls === undefined) return insecure ? [...common, "--insecure"] : common;
  return [...common, "--tls-cert", tls.cert, "--tls-key", tls.key, "--tls-ca", tls.ca];
}
