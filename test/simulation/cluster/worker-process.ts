/**
 * A worker's process: the worker's side of the tree over simulated ports.
 */

import { beginLife } from "../../../actors/cluster/process-life.ts";
import { sameDirectory } from "../../../actors/cluster/same-directory.ts";
import type { BlockSource } from "../../../actors/exchange/messages.ts";
import { segmentMark } from "../../../actors/exchange/segment-names.ts";
import { createWorkerExchange } from "../../../actors/exchange/worker-exchange.ts";
import type { Task } from "../../../actors/executor/messages.ts";
import { PARTITION_LOG_PREFIX } from "../../../actors/partition/messages.ts";
import { removeUnusedSegments } from "../../../actors/remove-unused-segments.ts";
import { workerSide } from "../../../actors/worker-side.ts";
import { openDiskAccount } from "../../../runtime/journal/disk-meter.ts";
import type { Speaker } from "../world/network.ts";
import type { SimulatedProcess } from "../world/process.ts";
import type { SharedKernels } from "../world/shared-kernels.ts";
import { SimulatedThreads } from "../world/simulated-thread.ts";
import { COORDINATOR_NODE } from "./coordinator-process.ts";
import { codeOf, type Ground, openJournal, openRoot } from "./resident-parts.ts";
import { VERSION } from "./version.ts";
import type { Resident } from "./watch.ts";

/** Its workers are of another version. */
export const STRANGER_NODE = "9";

/** Until the coordinator has heard that a worker leaves, or will not hear it. */
const HEARD_MS = [20, 2000] as const;

export interface WorkerOptions {
  readonly ground: Ground;
  readonly resident: Resident;
  readonly kernels: SharedKernels;
  readonly source: BlockSource;
  readonly taskMs: (task: Task) => number;
  /** The process ends: by itself, or because it cannot go on. */
  readonly ended: (reason: string) => void;
}

export interface RunningWorker {
  readonly threads: SimulatedThreads;
  /** As SIGTERM asks for: it hands over, and goes. */
  drain(): void;
  /** Everything that can be killed, as `supervisor/child`. */
  children(): string[];
  kill(child: string): void;
}

/** Errors: those of opening a journal. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { ground, resident, kernels, source, taskMs, ended } = options;
  const { world, watches } = ground;
  const { process, disk, segmentDirectory, durable, slots } = resident;
  disk.makeDirectory(segmentDirectory);
  const journal = await openJournal(ground, resident, (error) => ended(`broken ${codeOf(error)}`));
  const life = await beginLife(journal, { role: "worker", newId: resident.id });
  const { id, count: epoch } = life;
  Object.assign(resident, { id, epoch });
  watches.tell("started", resident);
  await removeUnusedSegments(journal, segmentDirectory, PARTITION_LOG_PREFIX);
  const root = openRoot(ground, resident, {
    onBroken: (error) => ended(`broken ${codeOf(error)}`),
    onTale: (tale) => side.tell(tale),
    recognizes: coordinatorOf(process, () => ended("broken COORDINATOR_REPLACED")),
  });
  const threads = new SimulatedThreads({
    ...{ world, process, kernels, taskMs },
    watch: {
      ran: (_process, job, task) => {
        world.note("runs", `${job.id} ${nameOf(task)}`, process);
        watches.tell("ran", resident, job, task);
      },
      failed: (_process, failure) => watches.tell("taskFailed", resident, failure),
      queued: (_process, count) => watches.tell("queued", resident, count),
    },
  });
  const account = openDiskAccount(0, undefined);
  const side = workerSide({
    ...{ clock: process.clock, board: root.board, journal, threads, freesClosedJobs: true },
    supervisor: (name, observer) => root.supervisor(name, observer),
    thread: {
      ...{ kernels: undefined, segmentDirectory, durable },
      segmentName: segmentMark(id, epoch),
      kernelMemoryBytes: Number.POSITIVE_INFINITY,
      storesText: true,
      disk: account,
    },
    self: { id, epoch, host: process.node, slots, exchange: "", version: versionOn(process.node) },
    exchange: createWorkerExchange({ clock: process.clock, self: id, segmentDirectory, source, disk: account }),
    onFenced: () => ended("fenced"),
    onRefused: () => ended("not wanted"),
    // As production does: it waits to be heard, everything is stopped in order, then the process ends.
    onReleased: () => {
      const leave = (): void => void root.stop().then(() => ended("released")); // Stopping never fails.
      world.schedule(process, world.between(...HEARD_MS), leave);
    },
  });
  root.start(side.children, (notice) => side.note(notice));
  return {
    threads,
    drain: () => side.drain(),
    children: () => root.children(),
    kill: (child) => root.kill(child, "a planted fault"),
  };
}

/** Whether a peer is the coordinator that the process has met first, or none; if it is another one, the process ends. */
function coordinatorOf(self: SimulatedProcess, replaced: () => void): (peer: Speaker) => boolean {
  const isSame = sameDirectory();
  let hasMet = false;
  return ({ process, life }) => {
    if (process.node !== COORDINATOR_NODE) return true;
    // Nobody connects to the dead.
    if (!hasMet && !process.isAlive) return false;
    hasMet = true;
    if (isSame(life)) return true;
    if (process.isAlive && self.isAlive) replaced();
    return false;
  };
}

function versionOn(node: string): string {
  return node === STRANGER_NODE ? "another" : VERSION;
}

function nameOf(task: Task): string {
  switch (task.kind) {
    case "split":
      return `split ${task.split}`;
    case "reduce":
      return `reduce ${task.stage} ${task.partition}+${task.span} of ${task.inputs.length}`;
    case "copy":
      return `copy of stage ${task.stage}`;
    case "planRanges":
      return `planRanges of ${task.runs.length}`;
    case "range":
      return `range ${task.range?.index ?? ""} of ${task.runs.length}`;
  }
}
