/**
 * The workers of one run on other hosts: started over ssh, and ended with the run.
 *
 * Owns: the ssh processes, one a worker, and what goes through their standard input: token first, in the end `done`.
 *
 * H1. All of them serve, or none: a host that cannot be reached is an error that names it, and the others are ended. Where
 *     none can be, there is nobody to work.
 * H2. The token is in no command line, on no host.
 * H3. A worker ends when its ssh ends or loses its connection, so when this process dies by whatever cause.
 */
import type { Clock } from "../../runtime/clock.ts";
import { CommandError } from "../command-error.ts";
import { type Endpoint, endpointText } from "../endpoint.ts";
import { LaunchedProcess, type ServingLine } from "../processes/launched-process.ts";
import { DONE_LINE } from "../start/hosted.ts";
import { type Host, isThisHost, sshWords } from "./ssh-command.ts";

export interface HostWorkersOptions {
  readonly hosts: readonly Host[];
  /** The program in the place of ssh. */
  readonly ssh: string;
  /** What `actor-dataflow` is on the hosts, word by word. */
  readonly remoteCommand: readonly string[];
  /** Where the coordinator is reached from the hosts. */
  readonly join: Endpoint;
  readonly token: string;
  /** Names the directories of the workers: the same for a run that is resumed. */
  readonly name: string;
  /** The name of this host for the others; undefined: all are this one, and listen to nobody else. */
  readonly ownName: string | undefined;
  /** Further options of `start`, such as those of TLS. */
  readonly startOptions: readonly string[];
  readonly clock: Clock;
  readonly onLine: (host: string, line: string) => void;
}

export interface HostWorkers {
  readonly serving: readonly ServingLine[];
  /** `done`: nobody will go on with this run, so that nothing of it is kept. Resolves when no ssh is left. */
  stop(end: "done" | "interrupted"): Promise<void>;
}

/** Workers that do not end are left to the end of their connection. */
const STOP_TIMEOUT_MS = 10_000;

/** Errors: CommandError HOST_UNREACHABLE; NO_WORKERS where that is so of every host. */
export async function startHostWorkers(options: HostWorkersOptions): Promise<HostWorkers> {
  const { hosts, clock } = options;
  const launched = hosts.map((host, index) => launch(host, index, options));
  const stop = async (end: "done" | "interrupted"): Promise<void> => {
    for (const one of launched) {
      if (end === "done") one.write(`${DONE_LINE}\n`);
      else one.endInput();
    }
    const timer = clock.setTimeout(() => {
      for (const one of launched) one.signal("SIGKILL");
    }, STOP_TIMEOUT_MS);
    await Promise.all(launched.map(({ gone }) => gone));
    clock.clearTimeout(timer);
  };
  const serving = await Promise.all(launched.map((one) => one.firstServing(({ role }) => role === "worker")));
  const failed = launched.flatMap((one, index) => (serving[index] === undefined ? [{ one, host: hosts[index]! }] : []));
  if (failed.length === 0) return { serving: serving.filter((line) => line !== undefined), stop };
  await stop("interrupted");
  const reasons = failed.map(
    ({ one, host }) => `${host.destination}: ${one.lines.at(-1) ?? "ssh could not be started"}`,
  );
  const code = failed.length === hosts.length ? "NO_WORKERS" : "HOST_UNREACHABLE";
  throw new CommandError(code, `cannot start a worker on ${reasons.join("; ")}`);
}

function launch(host: Host, index: number, options: HostWorkersOptions): LaunchedProcess {
  const { ssh, remoteCommand, join, token, name, ownName, startOptions, onLine } = options;
  const advertised = isThisHost(host) ? ownName : host.name;
  const words = [
    ...remoteCommand,
    ...["start", "--role", "worker", "--json", "--hosted", `${name}-${index}`, "--join", endpointText(join)],
    ...(ownName === undefined || advertised === undefined
      ? ["--host", "127.0.0.1"]
      : ["--host", "0.0.0.0", "--advertise", advertised]),
    ...startOptions,
  ];
  return new LaunchedProcess({
    command: ssh,
    words: sshWords(host, words),
    input: `${token}\n`,
    onLine: (line) => onLine(host.destination, line),
  });
}
