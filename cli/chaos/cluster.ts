/**
 * A real cluster on this host: a coordinator and workers as processes, each with a directory of its own.
 *
 * Owns: starting them, finding their ports, doing them harm, starting again what is gone with its host, and the end.
 * Never: chooses whom to harm, or when; see `strikes.ts`.
 *
 * L1. A member is a host of its own: a process that watches over the one that plays the role. `kill` ends the latter,
 *     which the former answers; `lose` ends both and takes the disk along.
 * L2. The coordinator comes back at the port that its workers know.
 * L3. At the end nothing is left: no process, also none below another, and no stopped one.
 */
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { Clock, TimerHandle } from "../../runtime/clock.ts";
import { CommandError } from "../command-error.ts";
import { type Endpoint, endpointText } from "../endpoint.ts";
import { LaunchedProcess, type ServingLine } from "../processes/launched-process.ts";
import type { RoleName } from "../start/roles.ts";
import type { KillKind } from "./kill-children.ts";
import type { CutKind, Network } from "./network.ts";
import { STRUCK_VARIABLE, signalOf } from "./struck-process.ts";

export interface ClusterOptions {
  /** What `actor-dataflow` is, word by word. */
  readonly command: readonly string[];
  readonly workers: number;
  /** Of each worker. */
  readonly slots: number;
  /** All of it lies below. */
  readonly directory: string;
  readonly token: string;
  readonly clock: Clock;
  /** Has a host for each member, see `memberNames`; undefined: they share this one's. It is for its owner to remove. */
  readonly network?: Network;
  /** Further options of `start`, for every member. */
  readonly startOptions?: readonly string[];
  /** A member ended that nobody ended: it gave up, or something is wrong with it. */
  readonly onLost?: (member: string, lines: readonly string[]) => void;
}

export interface Member {
  readonly name: string;
  readonly role: RoleName;
  /** Of the process that plays the role; undefined while it does not serve. */
  readonly pid: number | undefined;
  readonly incarnation: number;
}

interface Place {
  readonly name: string;
  readonly role: RoleName;
  readonly dataDirectory: string;
  /** The command that starts it, word by word. */
  words: readonly string[];
  launched: LaunchedProcess;
  /** Ended by us: its end is no loss. */
  isEnding: boolean;
}

/** Within a minute: nobody gives up on who is killed on purpose. */
const RESTARTS_MAX = "1000000000";
/** After SIGTERM, before SIGKILL. */
const STOP_TIMEOUT_MS = 20_000;
/** After SIGKILL: what is left then is an orphan. */
const ORPHAN_TIMEOUT_MS = 2_000;

/** The coordinator first. */
export function memberNames(workers: number): readonly string[] {
  return ["coordinator", ...Array.from({ length: workers }, (_, index) => `worker-${index}`)];
}

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #places = new Map<string, Place>();
  /** Stopped by SIGSTOP, to be continued by these timers, or before the end. */
  readonly #paused = new Map<number, TimerHandle>();
  /** Cut off the network, to be healed likewise. */
  readonly #cut = new Map<string, TimerHandle>();
  #isStopping = false;
  #address: Endpoint | undefined;

  private constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** Resolves when all serve. Errors: CommandError CLUSTER_NOT_STARTED, with nothing left running. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await cluster.#begin();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Of the coordinator. */
  get address(): Endpoint {
    return this.#address!;
  }

  /** The coordinator's: inputs and outputs lie below. */
  get dataRoot(): string {
    return path.join(this.#options.directory, "files");
  }

  get members(): readonly Member[] {
    return [...this.#places.values()].map(({ name, role, launched }) => {
      const serving = launched.isGone ? undefined : launched.serving.get(role);
      return { name, role, pid: serving?.pid, incarnation: serving?.incarnation ?? 0 };
    });
  }

  /** L1. SIGKILL; false if it does not serve just now. */
  kill(name: string): boolean {
    return this.#signal(name, "SIGKILL");
  }

  /** Kills a child of its supervisors, at random; false if it does not serve just now. */
  killInside(name: string, kind: KillKind): boolean {
    return this.#signal(name, signalOf(kind));
  }

  /** SIGSTOP, and SIGCONT after a while; false if it does not serve just now. */
  pause(name: string, durationMs: number): boolean {
    const pid = this.#pidOf(name);
    if (pid === undefined || !signalProcess(pid, "SIGSTOP")) return false;
    this.#paused.set(
      pid,
      this.#options.clock.setTimeout(() => this.#resume(pid), durationMs),
    );
    return true;
  }

  /** Cuts it off the network for a while; false if it is already, or if there is no network to cut. */
  cut(name: string, kind: CutKind, durationMs: number): boolean {
    const { network, clock } = this.#options;
    if (network === undefined || this.#cut.has(name) || this.#isStopping) return false;
    network.cut(name, kind);
    this.#cut.set(
      name,
      clock.setTimeout(() => this.#heal(name), durationMs),
    );
    return true;
  }

  /** L1. Its host ends at once, with its disk; another one takes its place. Resolves when that has been started. */
  async lose(name: string): Promise<boolean> {
    const place = this.#places.get(name);
    if (place === undefined || place.isEnding || this.#isStopping) return false;
    place.isEnding = true;
    const pid = this.#pidOf(name);
    place.launched.signal("SIGKILL");
    if (pid !== undefined) signalProcess(pid, "SIGKILL");
    await place.launched.gone;
    rmSync(place.dataDirectory, { recursive: true, force: true, maxRetries: 5 });
    if (this.#isStopping) return true;
    place.isEnding = false;
    place.launched = this.#spawn(place.words);
    this.#watch(place);
    return true;
  }

  /** The last lines that a member wrote to its standard error. */
  linesOf(name: string): readonly string[] {
    return this.#places.get(name)?.launched.lines ?? [];
  }

  /** Resolves with the incarnation that serves after this one; undefined if there will be none. */
  async servingAfter(name: string, incarnation: number): Promise<ServingLine | undefined> {
    const place = this.#places.get(name);
    return await place?.launched.firstServing((line) => line.role === place.role && line.incarnation > incarnation);
  }

  /** L3. Resolves with the names of members of which something is left in spite of SIGKILL: orphans. */
  async stop(): Promise<readonly string[]> {
    this.#isStopping = true;
    for (const pid of this.#paused.keys()) this.#resume(pid);
    for (const name of this.#cut.keys()) this.#heal(name);
    const places = [...this.#places.values()];
    for (const place of places) {
      place.isEnding = true;
      place.launched.signal("SIGTERM");
    }
    const all = Promise.all(places.map(({ launched }) => launched.gone));
    if (await this.#within(all, STOP_TIMEOUT_MS)) return [];
    for (const { launched } of places) launched.signal("SIGKILL");
    if (await this.#within(all, ORPHAN_TIMEOUT_MS)) return [];
    return places.filter(({ launched }) => !launched.isGone).map(({ name }) => name);
  }

  async #begin(): Promise<void> {
    const { slots, workers } = this.#options;
    mkdirSync(this.dataRoot, { recursive: true });
    const wordsAt = (port: number): string[] => [
      ...["--port", String(port), "--respawn", "--data-root", this.dataRoot],
    ];
    const [first = "", ...others] = memberNames(workers);
    const coordinator = this.#enter(first, "coordinator", wordsAt(0));
    this.#address = await this.#servingOf(coordinator);
    coordinator.words = this.#wordsOf(coordinator, wordsAt(this.#address.port));
    const join = ["--join", endpointText(this.#address), "--slots", String(slots)];
    const places = others.map((name) => this.#enter(name, "worker", join));
    await Promise.all(places.map((place) => this.#servingOf(place)));
  }

  #enter(name: string, role: RoleName, words: readonly string[]): Place {
    const dataDirectory = path.join(this.#options.directory, name);
    const all = this.#wordsOf({ name, role, dataDirectory }, words);
    const place: Place = { name, role, dataDirectory, words: all, launched: this.#spawn(all), isEnding: false };
    this.#places.set(name, place);
    this.#watch(place);
    return place;
  }

  #wordsOf(
    { name, role, dataDirectory }: Omit<Place, "words" | "launched" | "isEnding">,
    own: readonly string[],
  ): string[] {
    const { command, network, startOptions = [] } = this.#options;
    const words = [...command, "start", "--role", role, "--json", "--data-dir", dataDirectory];
    words.push("--restarts-max", RESTARTS_MAX, ...own, ...startOptions);
    if (network === undefined) return words;
    // The network is as private as the loopback interface is: it leads nowhere else.
    const address = network.addressOf(name);
    const open = ["--host", address, "--insecure", ...(role === "worker" ? ["--advertise", address] : [])];
    return [...network.prefixOf(name), ...words, ...open];
  }

  #spawn([command = "", ...words]: readonly string[]): LaunchedProcess {
    const environment = { ...process.env, ACTOR_DATAFLOW_TOKEN: this.#options.token, [STRUCK_VARIABLE]: "1" };
    return new LaunchedProcess({ command, words, environment });
  }

  #watch(place: Place): void {
    const { launched, name } = place;
    void launched.gone.then(() => {
      if (!place.isEnding && place.launched === launched) this.#options.onLost?.(name, launched.lines);
    });
  }

  async #servingOf({ name, role, launched }: Place): Promise<Endpoint> {
    const line = await launched.firstServing((one) => one.role === role);
    if (line !== undefined) return { host: line.host, port: line.port };
    const reason = launched.lines.at(-1) ?? "it could not be started";
    throw new CommandError("CLUSTER_NOT_STARTED", `${name} does not serve: ${reason}`);
  }

  #pidOf(name: string): number | undefined {
    return this.members.find((member) => member.name === name)?.pid;
  }

  #signal(name: string, signal: NodeJS.Signals): boolean {
    const pid = this.#pidOf(name);
    return pid !== undefined && signalProcess(pid, signal);
  }

  #resume(pid: number): void {
    this.#options.clock.clearTimeout(this.#paused.get(pid));
    if (this.#paused.delete(pid)) signalProcess(pid, "SIGCONT");
  }

  #heal(name: string): void {
    this.#options.clock.clearTimeout(this.#cut.get(name));
    if (this.#cut.delete(name)) this.#options.network?.heal(name);
  }

  async #within(all: Promise<unknown>, durationMs: number): Promise<boolean> {
    const { clock } = this.#options;
    let timer: TimerHandle;
    const timeOut = new Promise<false>((resolve) => {
      timer = clock.setTimeout(() => resolve(false), durationMs);
    });
    const isDone = await Promise.race([all.then(() => true), timeOut]);
    clock.clearTimeout(timer);
    return isDone;
  }
}

/** False if there is no such process any more. */
function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
