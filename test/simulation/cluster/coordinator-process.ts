/**
 * A coordinator's process: the coordinator's side of the tree over simulated ports.
 */
import { type CoordinatorSide, coordinatorSide } from "../../../actors/coordinator-side.ts";
import { createCoordinatorExchange } from "../../../actors/exchange/coordinator-exchange.ts";
import type { BlockSource } from "../../../actors/exchange/messages.ts";
import type { JobOutcome } from "../../../actors/job/messages.ts";
import { workerAddress } from "../../../actors/membership/messages.ts";
import { FileOutput } from "../../../actors/output/file-output.ts";
import { toTerm } from "../../../runtime/identity.ts";
import { SIMULATED_ROOT } from "../world/node-files.ts";
import { codeOf, type Ground, openJournal, openRoot } from "./resident-parts.ts";
import type { Resident } from "./watch.ts";

export interface CoordinatorOptions {
  readonly ground: Ground;
  readonly resident: Resident;
  readonly source: BlockSource;
  readonly outcome: (job: string, outcome: JobOutcome) => void;
  readonly ended: (reason: string) => void;
}

export interface RunningCoordinator {
  readonly side: CoordinatorSide;
  children(): string[];
  kill(child: string): void;
  /** Ends a job that has not ended. */
  cancel(job: string): void;
  /** The worker gets nothing new. */
  drain(worker: string): void;
  /** Nobody needs the worker any more. */
  release(worker: string): void;
}

export const COORDINATOR_NODE = "coordinator";
export const OUTPUT_DIRECTORY = `${SIMULATED_ROOT}/${COORDINATOR_NODE}/results`;

export function outputFile(job: string): string {
  return `${OUTPUT_DIRECTORY}/${job}.csv`;
}

export function rejectsFile(job: string): string {
  return `${OUTPUT_DIRECTORY}/${job}.rejects`;
}

/** Errors: those of opening a journal. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { ground, resident, source, outcome, ended } = options;
  const { process, epoch: term, disk, segmentDirectory, durable } = resident;
  disk.makeDirectory(segmentDirectory);
  disk.makeDirectory(OUTPUT_DIRECTORY);
  const journal = await openJournal(ground, resident);
  const onBroken = (error: unknown): void => ended(`broken ${codeOf(error)}`);
  const root = openRoot(ground, resident, onBroken);
  const { board } = root;
  const ports = new Map<string, { port: FileOutput; rejectsPort: FileOutput }>();
  const side = coordinatorSide({
    ...{ clock: process.clock, board, journal, onBroken, segmentDirectory },
    ...{ term: toTerm(term), segmentName: `coordinator-${term}` },
    supervisor: (id) => root.supervisor(id),
    outputOf: (job) => {
      // One port for all outputs of a job in this process: it keeps their calls in order.
      const known = ports.get(job) ?? {
        port: new FileOutput(outputFile(job), job, durable),
        rejectsPort: new FileOutput(rejectsFile(job), job, durable),
      };
      ports.set(job, known);
      return known;
    },
    exchange: createCoordinatorExchange({ clock: process.clock, segmentDirectory, source }),
    onOutcome: outcome,
  });
  root.start(side.children, (notice) => side.note(notice));
  return {
    side,
    children: () => root.children(),
    kill: (child) => root.kill(child, "a planted fault"),
    cancel: (job) => board.send("coordinator", { type: "coordinator.forget", job }),
    drain: (worker) => board.send("membership", { type: "membership.drain", worker }),
    release: (worker) => board.tell("coordinator", workerAddress(worker), { type: "worker.release" }),
  };
}
