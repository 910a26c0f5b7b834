/**
 * Starts a coordinator: its journal, the port that everybody connects to, and the deciding side of the tree.
 *
 *   journal ── term, members, jobs            listener ── control of workers, blocks, HTTP (its owner's)
 *   root ── membership, coordinator, outputs, jobs        desk ── which jobs there are, and which run
 *
 * Owns: the order in which these begin and end.
 * Never: answers a request: whoever adds a handler to `httpServer` does, over `control`.
 */
import { mkdirSync, rmSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { RuntimeError } from "../runtime/errors.ts";
import type { HeartbeatOptions } from "../runtime/failure/heartbeat-decision.ts";
import { toTerm } from "../runtime/identity.ts";
import type { JournalDurability } from "../runtime/journal/journal.ts";
import type { Log } from "../runtime/log.ts";
import { type Listener, listen } from "../runtime/socket/listener.ts";
import type { DialSecurity, ListenSecurity } from "../runtime/socket/security.ts";
import { systemClock, systemWallClock } from "../runtime/system-clock.ts";
import { systemId, systemRandom } from "../runtime/system-random.ts";
import { createSocketTransport } from "../runtime/transport/socket/socket-transport.ts";
import { resultsDirectory } from "./cluster/accept-submission.ts";
import { ClusterDirector, type DirectorOptions } from "./cluster/cluster-director.ts";
import type { ClusterControl, StoryEvent } from "./cluster/control.ts";
import type { JobLimits } from "./cluster/job-desk.ts";
import { COORDINATOR_PROCESS, isWorkerProcess, processAt, processOf } from "./cluster/process-names.ts";
import { lifeName } from "./cluster/same-directory.ts";
import { StoryBook } from "./cluster/story-book.ts";
import { taleOfNotice } from "./cluster/tell-tales.ts";
import { type CoordinatorSide, coordinatorSide } from "./coordinator-side.ts";
import { blockSource } from "./exchange/block-source.ts";
import { createCoordinatorExchange } from "./exchange/coordinator-exchange.ts";
import { serveInputs } from "./exchange/serve-inputs.ts";
import { type FunctionRegistry, loadFunctions } from "./executor/load-functions.ts";
import { decodeJob, encodeJob } from "./job-record.ts";
import { clusterCodec } from "./message-codec.ts";
import { type OpenPlaces, openPlaces } from "./open-places.ts";
import { MESSAGES_IN_FLIGHT_MAX } from "./options.ts";
import { FileOutput } from "./output/file-output.ts";
import { prepareJob } from "./prepare-job.ts";
import { createProcessRoot, type ProcessRoot } from "./process-root.ts";

export interface CoordinatorOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly dataDirectory: string;
  /** What submitters may name lies below it. */
  readonly dataRoot: string;
  readonly durability: JournalDurability;
  readonly listen: ListenSecurity;
  /** For the blocks of workers. */
  readonly dial: DialSecurity;
  readonly limits: JobLimits;
  /** Of the product. */
  readonly version: string;
  readonly heartbeat?: Partial<HeartbeatOptions>;
  /** Workers that hold each committed result; default: the one that made it. */
  readonly replicas?: number;
  /** How long a job may be without a worker that can run it; default: for ever. */
  readonly workerWaitMs?: number;
  /** Path of a module of functions of the operator's own, which programs may name. */
  readonly functions?: string;
  readonly restartsMax?: number;
  readonly onStory: (event: StoryEvent) => void;
  /** A worker has told of a commit. */
  readonly onCommitted: () => void;
  readonly log: Log;
}

export interface RunningCoordinator extends Pick<ProcessRoot, "children" | "kill"> {
  readonly control: ClusterControl;
  /** Its requests are nobody's yet. */
  readonly httpServer: HttpServer | HttpsServer;
  readonly address: { readonly host: string; readonly port: number };
  /** Rejects when it cannot go on: its journal failed, a supervisor gave up, another coordinator took its place. */
  readonly ended: Promise<never>;
  /** Jobs stay as they are; the next coordinator of the same data directory goes on with them. */
  stop(): Promise<void>;
}

/** Errors: those of `openPlaces` and `listen`; JOB_OF_ANOTHER_VERSION. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { dataDirectory, durability, log } = options;
  const places = await openPlaces({
    ...{ dataDirectory, durability, role: "coordinator" },
    onBreak: ({ actor, sequence, reason }) => log.warn("a log was cut off at a break", { actor, sequence, reason }),
  });
  try {
    const functions = options.functions === undefined ? undefined : await loadFunctions(options.functions);
    // What was brought here for the jobs of an earlier life is brought again.
    rmSync(places.segmentDirectory, { recursive: true, force: true });
    for (const directory of [places.segmentDirectory, resultsDirectory(dataDirectory)])
      mkdirSync(directory, { recursive: true });
    const identity = { process: COORDINATOR_PROCESS, life: lifeName(places.life) };
    const { host, port, listen: security } = options;
    const listener = await listen({
      ...{ identity, host, port, security },
      onRefused: ({ code, detail, remoteAddress }) => log.debug("a peer was refused", { code, detail, remoteAddress }),
    });
    try {
      return await begin({ ...options, known: functions }, places, listener);
    } catch (error) {
      await listener.close();
      throw error;
    }
  } catch (error) {
    await places.journal.close();
    throw error;
  }
}

interface KnowingOptions extends CoordinatorOptions {
  /** The functions of the operator's own. */
  readonly known: FunctionRegistry | undefined;
}

async function begin(
  options: KnowingOptions,
  { journal, life, segmentDirectory }: OpenPlaces,
  listener: Listener,
): Promise<RunningCoordinator> {
  const { log, onStory, restartsMax } = options;
  const { identity } = listener;
  const term = toTerm(life.count);
  const story = new StoryBook(term, systemWallClock);
  story.subscribe(onStory);
  let fail: (error: unknown) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    fail = (error) => reject(namedError(error));
  });
  // Whoever waits for it hears of it.
  ended.catch(() => undefined);
  const transport = createSocketTransport({
    ...{ identity, clock: systemClock, random: systemRandom, listener },
    route: processAt,
    admits: (peer) => isWorkerProcess(peer.process),
    unacknowledgedMax: MESSAGES_IN_FLIGHT_MAX,
  });
  const source = blockSource({
    identity,
    clock: systemClock,
    security: options.dial,
    processOf,
    coordinator: undefined,
  });
  const inputs = serveInputs({
    listener,
    // Of a job that waits for the members of an earlier life, nothing is gone: whoever asks is to ask again.
    allow: (process, job) =>
      side.view.jobs.has(job) && [...side.view.members.keys()].some((worker) => processOf(worker) === process),
    filesOf: (job) => side.view.jobs.get(job)?.files,
  });
  const root = createProcessRoot({
    ...{ clock: systemClock, random: systemRandom, transport, codec: clusterCodec, restartsMax },
    onMalformed: (from, error) => log.warn("a message makes no sense", { from, error }),
    onBroken: fail,
    onNotice: (supervisor, notice) => {
      const tale = taleOfNotice(supervisor, notice);
      if (tale !== undefined) story.tell(tale);
    },
  });
  const director = directorOf(options, { story, journal, term, fail });
  const side: CoordinatorSide = coordinatorSide({
    ...{ clock: systemClock, board: root.board, journal, term, supervisor: root.supervisor },
    ...{
      version: options.version,
      heartbeat: options.heartbeat,
      replicas: options.replicas,
      workerWaitMs: options.workerWaitMs,
      segmentDirectory,
      segmentName: `coordinator-${term}`,
    },
    outputOf: (job) => director.portsOf(job),
    exchange: createCoordinatorExchange({
      ...{ clock: systemClock, segmentDirectory, source },
      noteClosed: (job) => inputs.release(job),
    }),
    onOutcome: (job, outcome) => director.ended(job, outcome),
    onBroken: fail,
    listener: director,
  });
  // Jobs that go on by themselves write where their records say.
  await director.read();
  root.start(side.children, (notice) => side.note(notice));
  await director.open(side);
  story.tell({ kind: "coordinator.started", message: `the coordinator begins its term ${term}` });
  return {
    control: director,
    children: root.children,
    kill: root.kill,
    httpServer: listener.httpServer,
    address: { host: listener.host, port: listener.port },
    ended,
    stop: async () => {
      director.close();
      await root.stop();
      transport.close();
      source.close();
      inputs.close();
      await director.closePorts();
      await listener.close();
      await journal.close();
    },
  };
}

function directorOf(
  { dataDirectory, dataRoot, durability, limits, known, onCommitted }: KnowingOptions,
  parts: Pick<DirectorOptions, "story" | "journal" | "term" | "fail">,
): ClusterDirector {
  return new ClusterDirector({
    ...parts,
    ...{ clock: systemClock, wallClock: systemWallClock, newId: systemId, limits, onCommitted },
    ...{ places: { dataRoot, dataDirectory }, prepare: prepareJob, functions: known },
    codec: { encode: encodeJob, decode: decodeJob },
    portTo: (file, job) => new FileOutput(file, job, durability === "host"),
  });
}

function namedError(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RuntimeError("RESTARTS_EXHAUSTED", message, error);
}
