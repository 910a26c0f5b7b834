/**
 * A coordinator's process: the coordinator's side of the tree, and the director of the cluster, over simulated ports.
 */
import { ClusterDirector } from "../../../actors/cluster/cluster-director.ts";
import { uploadsDirectory } from "../../../actors/cluster/data-root.ts";
import { beginLife } from "../../../actors/cluster/process-life.ts";
import { StoryBook } from "../../../actors/cluster/story-book.ts";
import { coordinatorSide } from "../../../actors/coordinator-side.ts";
import { createCoordinatorExchange } from "../../../actors/exchange/coordinator-exchange.ts";
import type { BlockSource } from "../../../actors/exchange/messages.ts";
import type { InputFile } from "../../../actors/job/messages.ts";
import { decodeJob, encodeJob } from "../../../actors/job-record.ts";
import { FileOutput } from "../../../actors/output/file-output.ts";
import { toTerm } from "../../../runtime/identity.ts";
import { SimulatedFile } from "../world/disk.ts";
import { SIMULATED_ROOT } from "../world/node-files.ts";
import { codeOf, type Ground, openJournal, openRoot, wallClockOf } from "./resident-parts.ts";
import type { Submitter } from "./submitter.ts";
import { VERSION } from "./version.ts";
import type { Resident } from "./watch.ts";

export interface CoordinatorOptions {
  readonly ground: Ground;
  readonly resident: Resident;
  readonly source: BlockSource;
  readonly submitter: Submitter;
  readonly replicas: number;
  readonly workerWaitMs?: number;
  readonly ended: (reason: string) => void;
}

export interface RunningCoordinator {
  readonly director: ClusterDirector;
  children(): string[];
  kill(child: string): void;
  /** As `serveInputs` is asked. */
  inputOf(worker: string, job: string, index: number): InputFile | "refused" | undefined;
  /** In order. */
  stop(): Promise<void>;
}

export const COORDINATOR_NODE = "coordinator";
const DATA_DIRECTORY = `${SIMULATED_ROOT}/${COORDINATOR_NODE}`;
const UPLOADS = uploadsDirectory(DATA_DIRECTORY);
/** What submissions name as their input; what it really is stands in the job. */
export const UPLOAD_NAME = "input.csv";
export const OUTPUT_DIRECTORY = `${DATA_DIRECTORY}/results`;
/** Nothing is forgotten, and few jobs run at once. */
const LIMITS = { jobsRunningMax: 2, jobsQueuedMax: 10, historyMs: 1e12, resultsMs: 1e12 };

export function outputFile(job: string): string {
  return `${OUTPUT_DIRECTORY}/${job}.csv`;
}

export function rejectsFile(job: string): string {
  return `${outputFile(job)}.rejects.ndjson`;
}

/** Errors: those of opening a journal. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { ground, resident, source, submitter, replicas, workerWaitMs, ended } = options;
  const { world, watches } = ground;
  const { process, disk, segmentDirectory, durable } = resident;
  const journal = await openJournal(ground, resident);
  const life = await beginLife(journal, { role: "coordinator", newId: resident.id });
  Object.assign(resident, { id: life.id, epoch: life.count });
  watches.tell("started", resident);
  const term = toTerm(life.count);
  // What was brought here for the jobs of an earlier life is brought again.
  disk.removeDirectory(segmentDirectory);
  for (const directory of [segmentDirectory, OUTPUT_DIRECTORY, UPLOADS]) disk.makeDirectory(directory);
  disk.filesIn(UPLOADS)?.set(UPLOAD_NAME, new SimulatedFile());
  const onBroken = (error: unknown): void => ended(`broken ${codeOf(error)}`);
  const root = openRoot(ground, resident, { onBroken, onTale: (tale) => story.tell(tale) });
  const wallClock = wallClockOf(world);
  const story = new StoryBook(term, wallClock);
  const director = new ClusterDirector({
    ...{ clock: process.clock, journal, term, story, limits: LIMITS, wallClock, fail: onBroken },
    places: { dataRoot: DATA_DIRECTORY, dataDirectory: DATA_DIRECTORY },
    prepare: (program) => {
      const work = submitter.workOf(program.name);
      return work === undefined ? Promise.reject(new Error(`no job ${program.name}`)) : Promise.resolve(work.job);
    },
    codec: { encode: encodeJob, decode: decodeJob },
    newId: () => submitter.takeId(),
    portTo: (file, job) => new FileOutput(file, job, durable),
    onCommitted: () => undefined,
  });
  story.subscribe(({ kind, job }) => {
    world.note(kind, job ?? "", process);
    const status = job === undefined ? undefined : director.job(job);
    if (status !== undefined && process.isAlive) submitter.told(status);
  });
  const side = coordinatorSide({
    ...{ clock: process.clock, board: root.board, journal, term, onBroken, segmentDirectory, listener: director },
    ...{ segmentName: `coordinator-${term}`, replicas, workerWaitMs, version: VERSION },
    supervisor: (id) => root.supervisor(id),
    outputOf: (job) => director.portsOf(job),
    exchange: createCoordinatorExchange({ clock: process.clock, segmentDirectory, source }),
    onOutcome: (job, outcome) => {
      world.note("outcome", `${job} ${outcome.kind === "failed" ? outcome.failure.code : outcome.kind}`, process);
      watches.tell("outcome", resident, job, outcome);
      director.ended(job, outcome);
    },
  });
  await director.read();
  root.start(side.children, (notice) => side.note(notice));
  await director.open(side);
  submitter.met(director);
  return {
    director,
    children: () => root.children(),
    kill: (child) => root.kill(child, "a planted fault"),
    inputOf: (worker, job, index) => {
      const description = side.view.jobs.get(job);
      return description === undefined || !side.view.members.has(worker) ? "refused" : description.files[index];
    },
    stop: async () => {
      director.close();
      await root.stop();
      await director.closePorts();
      await journal.close();
      ended("stopped");
    },
  };
}
