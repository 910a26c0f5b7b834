/**
 * The cluster of a fault plan as processes of this host: a coordinator and workers, started as users start them.
 *
 * Owns: how members begin, die and return, and their directories.
 * Never: decides what happens to them; see `strike-cluster.ts`.
 *
 * R1. A member is a host of its own: a process that watches over the one that plays the role. Whoever is killed is both.
 * R2. What ends by itself is started again after a while, but not a worker that has left.
 * R3. At the end nothing is left of it.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { EXIT } from "../../../cli/exit-codes.ts";
import { LaunchedProcess } from "../../../cli/processes/launched-process.ts";
import type { Random } from "../../../runtime/random.ts";
import { COORDINATOR_NODE } from "../cluster/coordinator-process.ts";
import { STRANGER_NODE } from "../cluster/worker-process.ts";
import type { FaultPlan } from "../plan/fault-plan.ts";
import type { FiledWork } from "./file-work.ts";
import { InsideLines } from "./inside-lines.ts";
import { type Launch, launchOf } from "./launch-member.ts";
import { addressOf, Links } from "./links.ts";
import type { ProductCopies } from "./product-copy.ts";

export interface RealClusterOptions {
  readonly plan: FaultPlan;
  readonly works: readonly FiledWork[];
  readonly product: ProductCopies;
  /** Empty; all of the cluster lies below. */
  readonly directory: string;
  readonly token: string;
  readonly random: Random;
}

interface Node {
  readonly name: string;
  readonly directory: string;
  readonly launch: Launch;
  launched: LaunchedProcess | undefined;
  /** It is being killed from here. */
  isEnding: boolean;
  /** It is not to be started again. */
  isGone: boolean;
}

const RESTART_MS = [200, 3000] as const;
/** Of a worker that has left, and of one that is not wanted. */
const GONE_CODES: readonly number[] = [EXIT.done, EXIT.unreachable];
/** Of each member, for whoever looks for the cause of a difference. */
const WORDS_KEPT = 12;

export class RealCluster {
  readonly links: Links;
  readonly #options: RealClusterOptions;
  readonly #nodes = new Map<string, Node>();
  #lines!: InsideLines;
  #isStopping = false;
  #port = 0;
  /** Told of a process that has begun to play a member's role. */
  onBegun: (node: string) => void = () => undefined;
  /** Told of one that stands still at a point. */
  onStanding: (node: string, mark: string) => void = () => undefined;
  /** Asked when one has ended that was not killed from here; true if whoever is asked starts it again. */
  onEnded: (node: string) => boolean = () => false;

  private constructor(options: RealClusterOptions) {
    this.#options = options;
    this.links = new Links(options.random);
  }

  /** Resolves when the coordinator and the workers of the plan serve. Errors: an Error, with nothing left running. */
  static async start(options: RealClusterOptions): Promise<RealCluster> {
    const cluster = new RealCluster(options);
    try {
      await cluster.#begin();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** At which the coordinator is reached by whoever is no member. */
  get port(): number {
    return this.#port;
  }

  /** Names. */
  get workers(): string[] {
    return [...this.#nodes.keys()].filter((name) => name !== COORDINATOR_NODE);
  }

  get lines(): InsideLines {
    return this.#lines;
  }

  directoryOf(name: string): string {
    return path.join(this.#options.directory, name);
  }

  /** As the product calls it; undefined before it has served. */
  workerId(name: string): string | undefined {
    return this.#nodes.get(name)?.launched?.serving.get("worker")?.id;
  }

  async addWorker(name: string): Promise<void> {
    if (this.#nodes.has(name)) this.start(name);
    else await this.#add(name);
  }

  /** Starts it, unless it runs or is gone for good. */
  start(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined || node.isGone || this.#isStopping) return;
    if (node.isEnding) void node.launched?.gone.then(() => this.start(name));
    if (node.launched !== undefined) return;
    const launched = new LaunchedProcess({
      ...node.launch,
      onServing: ({ port }) => this.links.lead(name, port),
    });
    node.launched = launched;
    void launched.gone.then(() => this.#ended(node, launched));
  }

  /** R1. Resolves when nothing of it runs; with `losesDisk`, when its disk is empty too. False if it did not run. */
  async kill(name: string, { losesDisk = false } = {}): Promise<boolean> {
    const node = this.#nodes.get(name);
    if (node?.launched === undefined) return false;
    const { launched } = node;
    node.isEnding = true;
    launched.signal("SIGKILL");
    this.signal(name, "SIGKILL");
    await launched.gone;
    node.isEnding = false;
    node.launched = undefined;
    if (losesDisk) rmSync(node.directory, { recursive: true, force: true, maxRetries: 5 });
    return true;
  }

  /** It does not come back. */
  remove(name: string): void {
    const node = this.#nodes.get(name);
    if (node !== undefined) node.isGone = true;
  }

  /** As SIGTERM asks for. */
  leave(name: string): void {
    this.#nodes.get(name)?.launched?.signal("SIGTERM");
  }

  /** To the process that plays the role; false if there is none. */
  signal(name: string, signal: NodeJS.Signals): boolean {
    const pid = this.#lines.pidOf(name);
    if (pid === undefined) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false; // It has just ended.
    }
  }

  /** The last lines of each member's standard error. */
  get words(): readonly string[] {
    return [...this.#nodes.values()].flatMap(({ name, launched }) =>
      (launched?.lines ?? []).slice(-WORDS_KEPT).map((line) => `${name}: ${line}`),
    );
  }

  /** R3. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#nodes.keys()].map((name) => this.kill(name)));
    await this.#lines.close();
    await this.links.close();
  }

  get #files(): string {
    return path.join(this.#options.directory, "files");
  }

  get #socket(): string {
    return path.join(this.#options.directory, "orders");
  }

  async #begin(): Promise<void> {
    const { plan, works } = this.#options;
    this.#lines = await InsideLines.open(this.#socket, {
      calls: (node) => this.onBegun(node),
      stands: (node, mark) => this.onStanding(node, mark),
    });
    mkdirSync(this.#files, { recursive: true });
    for (const { inputs } of works)
      for (const { name, text } of inputs) writeFileSync(path.join(this.#files, name), text);
    this.#port = await this.#add(COORDINATOR_NODE);
    await this.#served(COORDINATOR_NODE);
    await Promise.all(
      plan.workers.map(async (name) => {
        await this.#add(name);
        await this.#served(name);
      }),
    );
  }

  /** The port at which others reach it. */
  async #add(name: string): Promise<number> {
    const address = addressOf(this.#nodes.size);
    const port = await this.links.open(name, address);
    const { works, plan, product, token, random } = this.#options;
    const directory = this.directoryOf(name);
    const launch = launchOf({
      ...{ name, directory, address, port, plan, token, files: this.#files, socket: this.#socket },
      product: name === STRANGER_NODE ? product.stranger : product.own,
      splitBytes: works.map(({ work }) => work.job.splitBytes),
      coordinatorPort: this.#port,
      seed: Math.floor(random.next() * 2 ** 31),
    });
    this.#nodes.set(name, { name, directory, launch, launched: undefined, isEnding: false, isGone: false });
    this.start(name);
    return port;
  }

  /** Errors: an Error if it ends before. */
  async #served(name: string): Promise<void> {
    const { launched } = this.#nodes.get(name)!;
    const line = await launched?.firstServing(() => true);
    if (line === undefined) throw new Error(`${name} does not serve: ${launched?.lines.join("\n")}`);
  }

  /** R2. Whoever is killed has no process by then. */
  async #ended(node: Node, launched: LaunchedProcess): Promise<void> {
    const { code } = await launched.exited;
    if (node.isEnding || node.launched !== launched || this.#isStopping) return;
    node.launched = undefined;
    if (node.name !== COORDINATOR_NODE && GONE_CODES.includes(code ?? -1)) node.isGone = true;
    if (this.onEnded(node.name)) return;
    const [fromMs, toMs] = RESTART_MS;
    setTimeout(() => this.start(node.name), fromMs + this.#options.random.next() * (toMs - fromMs));
  }
}
