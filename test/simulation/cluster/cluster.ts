/**
 * A simulated cluster: nodes with disks, on each at most one process that lives, and whoever starts it again.
 *
 * Owns: how processes begin, die and return, and what their disks look like then.
 * Never: decides what happens to them; see `plan/`.
 *
 * C1. A process that is killed is gone at once; nothing of it is cleaned up.
 * C2. What ends by itself is started again after a while, as a parent process or a service manager does.
 * C3. A process whose disk is lost is another one: its id was on the disk.
 */
import path from "node:path";
import type { ClusterDirector } from "../../../actors/cluster/cluster-director.ts";
import { isEnded } from "../../../actors/cluster/control.ts";
import type { Task } from "../../../actors/executor/messages.ts";
import { SHARED_NODE } from "../workload.ts";
import type { Disks, SimulatedDisk } from "../world/disk.ts";
import { SIMULATED_ROOT } from "../world/node-files.ts";
import { SimulatedProcess } from "../world/process.ts";
import { SharedKernels } from "../world/shared-kernels.ts";
import { type BlockHolder, type InputHolder, simulatedBlocks } from "../world/simulated-blocks.ts";
import { COORDINATOR_NODE, type RunningCoordinator, startCoordinator } from "./coordinator-process.ts";
import { codeOf, type Ground } from "./resident-parts.ts";
import type { Submitter } from "./submitter.ts";
import { drawTaskMs } from "./task-times.ts";
import type { Resident } from "./watch.ts";
import { type RunningWorker, startWorker } from "./worker-process.ts";

/** After which a process that ended by itself is started again. */
const RESTART_MS = [200, 3000] as const;

interface Node<Running> {
  readonly name: string;
  readonly disk: SimulatedDisk;
  /** Counts the processes of the node. */
  processes: number;
  resident: Resident | undefined;
  running: Running | undefined;
  /** It is not to be started again. */
  isGone: boolean;
}

export interface ClusterOptions {
  readonly ground: Ground;
  readonly disks: Disks;
  readonly durable: boolean;
  readonly slots: number;
  readonly submitter: Submitter;
  readonly replicas: number;
  readonly workerWaitMs?: number;
}

export class SimulatedCluster {
  readonly #options: ClusterOptions;
  readonly #kernels = new SharedKernels();
  readonly #workers = new Map<string, Node<RunningWorker>>();
  readonly #coordinator: Node<RunningCoordinator>;
  /** Share of fetched pieces in which a bit is flipped on the way. */
  flipShare = 0;
  /** Tasks of a node take so many times as long. */
  readonly slowness = new Map<string, number>();

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#coordinator = this.#makeNode(COORDINATOR_NODE);
  }

  diskOf(node: string): SimulatedDisk {
    return this.#options.disks.of(node);
  }

  get coordinator(): RunningCoordinator | undefined {
    return this.#coordinator.running;
  }

  /** Names of nodes. */
  get workers(): string[] {
    return [...this.#workers.keys()];
  }

  workerOf(node: string): RunningWorker | undefined {
    return this.#workers.get(node)?.running;
  }

  residentOf(node: string): Resident | undefined {
    return this.#find(node)?.resident;
  }

  /** Has the coordinator, if there is one, do something that people ask for. */
  ask(action: (director: ClusterDirector) => void): void {
    const { resident, running } = this.#coordinator;
    if (running === undefined) return;
    this.#options.ground.world.schedule(resident?.process, 0, () => action(running.director));
  }

  /** Jobs that the coordinator goes on with, also those that it has forgotten the end of; undefined without a coordinator. */
  get unendedJobs(): readonly string[] | undefined {
    const jobs = this.#coordinator.running?.director.jobs();
    return jobs?.filter(({ state }) => !isEnded(state)).map(({ id }) => id);
  }

  addWorker(node: string): void {
    if (!this.#workers.has(node)) this.#workers.set(node, this.#makeNode(node));
    this.start(node);
  }

  /** Starts the node's process, unless it lives. */
  start(node: string): void {
    const found = this.#find(node);
    if (found === undefined || found.isGone || found.resident?.process.isAlive === true) return;
    found.processes += 1;
    const { world } = this.#options.ground;
    const resident = this.#residentOn(found);
    found.resident = resident;
    world.note("process.started", "", resident.process);
    world.schedule(resident.process, 0, () => {
      const start = node === COORDINATOR_NODE ? this.#startCoordinator(resident) : this.#startWorker(found, resident);
      start.catch((error: unknown) => this.#endedByItself(found, resident, `refused ${codeOf(error)}`));
    });
  }

  /** C1. */
  kill(node: string, { losesPower = false, losesDisk = false } = {}): void {
    const found = this.#find(node);
    if (found?.resident === undefined) return;
    this.#bury(found, found.resident);
    if (losesPower) found.disk.losePower(this.#options.ground.world);
    if (losesDisk) found.disk.wipe();
  }

  /** Asks the coordinator to end in order; it is started again then (C2). */
  stop(node: string): void {
    const { resident, running } = this.#coordinator;
    if (node !== COORDINATOR_NODE || running === undefined) return;
    // Stopping never fails.
    this.#options.ground.world.schedule(resident?.process, 0, () => void running.stop());
  }

  /** It does not come back. */
  remove(node: string): void {
    const found = this.#find(node);
    if (found !== undefined) found.isGone = true;
  }

  #find(node: string): Node<unknown> | undefined {
    return node === COORDINATOR_NODE ? this.#coordinator : this.#workers.get(node);
  }

  #makeNode<Running>(name: string): Node<Running> {
    const disk = this.diskOf(name);
    return { name, disk, processes: 0, resident: undefined, running: undefined, isGone: false };
  }

  #residentOn({ name, disk, processes }: Node<unknown>): Resident {
    const { ground, durable, slots } = this.#options;
    const process = new SimulatedProcess(ground.world, name, processes);
    const isCoordinator = name === COORDINATOR_NODE;
    return {
      ...{ process, epoch: 0, disk, durable, slots },
      role: isCoordinator ? "coordinator" : "worker",
      // C3. What it is called if its disk knows no name; hexadecimal, as ids are.
      id: `${isCoordinator ? "c0" : name}${processes.toString(16)}`,
      segmentDirectory: `${SIMULATED_ROOT}/${name}/segments`,
    };
  }

  async #startWorker(node: Node<unknown>, resident: Resident): Promise<void> {
    const { ground } = this.#options;
    const running = await startWorker({
      ...{ ground, resident, kernels: this.#kernels },
      source: this.#sourceOf(resident),
      taskMs: (task) => this.#taskMs(resident, task),
      ended: (reason) => {
        if (reason === "released" || reason === "not wanted") node.isGone = true;
        this.#endedByItself(node, resident, reason);
      },
    });
    if (resident.process.isAlive) node.running = running;
  }

  async #startCoordinator(resident: Resident): Promise<void> {
    const { ground, submitter, replicas, workerWaitMs } = this.#options;
    const running = await startCoordinator({
      ...{ ground, resident, source: this.#sourceOf(resident), submitter, replicas, workerWaitMs },
      ended: (reason) => this.#endedByItself(this.#coordinator, resident, reason),
    });
    if (resident.process.isAlive) this.#coordinator.running = running;
  }

  #sourceOf({ process }: Resident) {
    const { world, network } = this.#options.ground;
    const flipShare = (): number => this.flipShare;
    const holderOf = (worker: string) => this.#holderOf(worker);
    const inputsOf = () => this.#inputsFor(process.node);
    return simulatedBlocks({ world, network, process, holderOf, inputsOf, flipShare });
  }

  /** What the coordinator serves to a worker's process; undefined while there is none. */
  #inputsFor(node: string): InputHolder | undefined {
    const { resident, running } = this.#coordinator;
    const worker = this.#workers.get(node)?.resident?.id ?? "";
    if (resident?.process.isAlive !== true || running === undefined) return undefined;
    return {
      process: resident.process,
      inputOf: (job, index) => running.inputOf(worker, job, index),
      bytesOf: ({ absolutePath }) => {
        const { dir, base } = path.parse(absolutePath);
        return this.diskOf(SHARED_NODE).filesIn(dir)?.get(base)?.bytes ?? new Uint8Array(0);
      },
    };
  }

  #holderOf(worker: string): BlockHolder | undefined {
    for (const { resident } of this.#workers.values())
      if (resident?.id === worker && resident.process.isAlive) return resident;
    return undefined;
  }

  #taskMs({ process }: Resident, { kind }: Task): number {
    return drawTaskMs(kind, this.#options.ground.world.random) * (this.slowness.get(process.node) ?? 1);
  }

  /** C2. Later: whoever calls this is in the middle of something. */
  #endedByItself(node: Node<unknown>, resident: Resident, reason: string): void {
    const { world } = this.#options.ground;
    world.note("process.ended", reason, resident.process);
    world.schedule(resident.process, 0, () => {
      this.#bury(node, resident);
      world.schedule(undefined, world.between(...RESTART_MS), () => this.start(node.name));
    });
  }

  #bury(node: Node<unknown>, resident: Resident): void {
    if (!resident.process.isAlive) return;
    const { network, watches } = this.#options.ground;
    resident.process.kill();
    network.leave(resident.process);
    watches.tell("ended", resident);
    if (node.resident !== resident) return;
    node.disk.release();
    node.running = undefined;
  }
}
