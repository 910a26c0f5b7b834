/**
 * Starts a worker: its journal and segments, the server of its blocks, the line to its coordinator, and the computing side
 * of the tree.
 *
 * Owns: the order in which these begin and end, and why a worker ends.
 * Never: restarts itself; whoever watches over its process does.
 */
import os from "node:os";
import { RuntimeError } from "../runtime/errors.ts";
import { openDiskAccount } from "../runtime/journal/disk-meter.ts";
import type { JournalDurability } from "../runtime/journal/journal.ts";
import { segmentBytes } from "../runtime/journal/segment-files.ts";
import type { Log } from "../runtime/log.ts";
import type { DialSecurity, ListenSecurity } from "../runtime/socket/security.ts";
import { systemClock, systemWallClock } from "../runtime/system-clock.ts";
import { systemRandom } from "../runtime/system-random.ts";
import {
  createSocketTransport,
  type PeerEvent,
  type SocketTransport,
} from "../runtime/transport/socket/socket-transport.ts";
import type { StoryEvent } from "./cluster/control.ts";
import { COORDINATOR_PROCESS, processAt, processOf } from "./cluster/process-names.ts";
import { lifeName, sameDirectory } from "./cluster/same-directory.ts";
import { StoryBook } from "./cluster/story-book.ts";
import { taleOfNotice } from "./cluster/tell-tales.ts";
import { blockSource } from "./exchange/block-source.ts";
import type { BlockSource } from "./exchange/messages.ts";
import { segmentMark } from "./exchange/segment-names.ts";
import { type BlockServing, startBlockServing } from "./exchange/serve-blocks.ts";
import { createWorkerExchange } from "./exchange/worker-exchange.ts";
import { kernelModule } from "./executor/kernel-module.ts";
import { type FunctionRegistry, loadFunctions } from "./executor/load-functions.ts";
import { executorMemory } from "./memory-budget.ts";
import { clusterCodec } from "./message-codec.ts";
import { type OpenPlaces, openPlaces } from "./open-places.ts";
import { MESSAGES_IN_FLIGHT_MAX } from "./options.ts";
import { PARTITION_LOG_PREFIX } from "./partition/messages.ts";
import { createProcessRoot, type ProcessRoot } from "./process-root.ts";
import { removeUnusedSegments } from "./remove-unused-segments.ts";
import { workerSide } from "./worker-side.ts";

export interface WorkerOptions {
  readonly join: { readonly host: string; readonly port: number };
  readonly dataDirectory: string;
  /** Executor threads. */
  readonly slots: number;
  /** The host, or `host:port`, under which others reach its blocks; default: where it listens. */
  readonly advertise?: string;
  /** Where its blocks are served. */
  readonly exchange: { readonly host: string; readonly port: number };
  readonly durability: JournalDurability;
  readonly listen: ListenSecurity;
  readonly dial: DialSecurity;
  /** Of the product. */
  readonly version: string;
  /** What the process may have, in bytes; by default half of the machine's or the container's memory. */
  readonly memoryBytes?: number;
  /** What blocks may take of the disk at once, in bytes; by default all of it. */
  readonly diskBytes?: number;
  /** Path of a module of functions of the operator's own. */
  readonly functions?: string;
  readonly restartsMax?: number;
  readonly onStory: (event: StoryEvent) => void;
  /** A task was committed. */
  readonly onCommitted: () => void;
  readonly log: Log;
}

export interface RunningWorker extends Pick<ProcessRoot, "children" | "kill"> {
  readonly id: string;
  /** Where its blocks are served. */
  readonly address: { readonly host: string; readonly port: number };
  /**
   * How it ended by itself. `fenced`: another process with its data directory took its place. Rejects when it cannot go on:
   * the coordinator refuses it, a supervisor gave up, or its journal takes nothing more.
   */
  readonly ended: Promise<"drained" | "fenced">;
  /** Takes nothing new, and leaves when nobody needs what it alone holds; then `ended` resolves. */
  drain(): void;
  stop(): Promise<void>;
}

/** No later attempt can end otherwise. */
const REFUSALS = new Set(["TOKEN_REFUSED", "HOST_REFUSED", "CERTIFICATE_REFUSED", "PROTOCOL_MISMATCH", "PEER_REFUSED"]);
const REPLACED = "another coordinator answers than before, from another data directory; the worker begins anew";
/** Between two complaints about a coordinator that cannot be reached. */
const COMPLAINT_INTERVAL_MS = 10_000;
/** For the last words to be heard. */
const FAREWELL_MS = 2_000;
const FAREWELL_STEP_MS = 20;
/** A coordinator that is restarted is back by then. */
const FORSAKEN_MS = 2_000;

/** Errors: those of `openPlaces` and `startBlockServing`. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { dataDirectory, durability, exchange, listen, log } = options;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // Heard by the worker when it has begun.
  const places = await openPlaces({
    ...{ dataDirectory, durability, role: "worker", onFailure: (error) => fail(error) },
    onBreak: ({ actor, sequence, reason }) => log.warn("a log was cut off at a break", { actor, sequence, reason }),
  });
  try {
    const { journal, life, segmentDirectory } = places;
    const functions = options.functions === undefined ? undefined : await loadFunctions(options.functions);
    await removeUnusedSegments(journal, segmentDirectory, PARTITION_LOG_PREFIX);
    const identity = { process: processOf(life.id), life: lifeName(life) };
    const serving = await startBlockServing({ ...exchange, identity, security: listen, segmentDirectory });
    return begin(options, places, { serving, failed, functions });
  } catch (error) {
    await places.journal.close();
    throw error;
  }
}

interface Ground {
  readonly serving: BlockServing;
  /** Rejects when the journal takes nothing more: what opens it again can go on. */
  readonly failed: Promise<never>;
  readonly functions: FunctionRegistry | undefined;
}

function begin(options: WorkerOptions, places: OpenPlaces, { serving, failed, functions }: Ground): RunningWorker {
  const { dial, join, log, onStory, restartsMax, slots } = options;
  const { journal, life, segmentDirectory } = places;
  const { id, count: epoch } = life;
  const identity = { process: processOf(id), life: lifeName(life) };
  const isSame = sameDirectory();
  let end: { resolve(how: "drained" | "fenced"): void; reject(error: unknown): void };
  const ended = new Promise<"drained" | "fenced">((resolve, reject) => {
    end = { resolve, reject };
  });
  ended.catch(() => undefined);
  failed.catch((error: unknown) => end.reject(error));
  const transport = createSocketTransport({
    ...{ identity, clock: systemClock, random: systemRandom, route: processAt },
    dial: { ...join, security: dial },
    recognizes: (peer) => isSame(peer.life),
    onPeer: watchLine(log, (error) => end.reject(error)),
    unacknowledgedMax: MESSAGES_IN_FLIGHT_MAX,
  });
  const source = blockSource({ identity, clock: systemClock, security: dial, processOf, coordinator: join });
  const disk = openDiskAccount(segmentBytes(segmentDirectory), options.diskBytes);
  const exchange = createWorkerExchange({
    ...{ clock: systemClock, self: id, segmentDirectory, source: admitting(source, serving), disk },
    release: (segments) => serving.release(segments),
  });
  const story = new StoryBook(epoch, systemWallClock);
  story.subscribe(onStory);
  const root = createProcessRoot({
    ...{ clock: systemClock, random: systemRandom, transport, codec: clusterCodec, restartsMax },
    onMalformed: (from, error) => log.warn("a message makes no sense", { from, error }),
    onBroken: (error) => end.reject(error),
    onNotice: (supervisor, notice) => {
      const tale = taleOfNotice(supervisor, notice);
      if (tale === undefined) return;
      story.tell(tale);
      side.tell(tale);
    },
  });
  const side = workerSide({
    ...{ clock: systemClock, board: root.board, journal, supervisor: root.supervisor },
    thread: {
      ...{ kernels: kernelModule(), segmentDirectory, durable: options.durability === "host", storesText: true },
      segmentName: segmentMark(id, epoch),
      kernelMemoryBytes: executorMemory({ memoryBytes: options.memoryBytes, executorCount: slots }),
      disk,
      functions: functions?.module,
    },
    self: {
      ...{ id, epoch, slots, host: os.hostname(), exchange: placeOf(options, serving), version: options.version },
      functions: functions?.hash,
    },
    exchange,
    freesClosedJobs: true,
    noteCommitted: options.onCommitted,
    onRefused: (reason) =>
      end.reject(new RuntimeError("VERSION_REFUSED", `the coordinator refuses this worker: ${reason}`)),
    onFenced: () => end.resolve("fenced"),
    onReleased: () => {
      heardOut(transport).then(() => end.resolve("drained"), end.reject);
    },
  });
  root.start(side.children, (notice) => side.note(notice));
  return {
    id,
    children: root.children,
    kill: root.kill,
    address: { host: serving.host, port: serving.port },
    ended,
    drain: () => {
      side.drain();
      forsaken(transport).then(() => end.resolve("drained"), end.reject);
    },
    stop: async () => {
      await root.stop();
      transport.close();
      source.close();
      await serving.close();
      await side.ended();
      await journal.close();
    },
  };
}

/** Whoever is a member may fetch, and the coordinator. */
function admitting(source: BlockSource, serving: BlockServing): BlockSource {
  return {
    ...source,
    noteDirectory: (members) => {
      serving.allow(new Set([COORDINATOR_PROCESS, ...members.map(({ id }) => processOf(id))]));
      source.noteDirectory(members);
    },
  };
}

function watchLine(log: Log, refused: (error: RuntimeError) => void): (event: PeerEvent) => void {
  let complainedAtMs = Number.NEGATIVE_INFINITY;
  return (event) => {
    if (event.type === "connected") log.info("connected to the coordinator");
    if (event.type === "disconnected") log.warn("the coordinator is disconnected", { reason: event.reason });
    if (event.type !== "refused") return;
    const { error } = event;
    if (REFUSALS.has(error.code)) refused(error);
    if (error.code === "PEER_REPLACED") refused(new RuntimeError("COORDINATOR_REPLACED", REPLACED, error));
    if (systemClock.nowMs() - complainedAtMs < COMPLAINT_INTERVAL_MS) return;
    complainedAtMs = systemClock.nowMs();
    log.warn("the coordinator cannot be reached", { code: error.code, error });
  };
}

function placeOf({ advertise, exchange }: WorkerOptions, { host, port }: BlockServing): string {
  const named = advertise ?? (isEverywhere(exchange.host) ? os.hostname() : host);
  if (/^(\[[^\]]+\]|[^:]+):\d+$/.test(named)) return named;
  return `${named.includes(":") && !named.startsWith("[") ? `[${named}]` : named}:${port}`;
}

function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Resolves when the coordinator has been away for a while: nobody is there to hand over to. */
async function forsaken(transport: SocketTransport): Promise<void> {
  for (let awayMs = 0; awayMs < FORSAKEN_MS; awayMs = transport.peers.length > 0 ? 0 : awayMs + FAREWELL_STEP_MS) {
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimeout(resolve, FAREWELL_STEP_MS));
}

/** Resolves when the coordinator has acknowledged everything, or does not any more. */
async function heardOut(transport: SocketTransport): Promise<void> {
  for (let waitedMs = 0; waitedMs < FAREWELL_MS; waitedMs += FAREWELL_STEP_MS) {
    await pause();
    const { framesQueued, packetsUnderWay } = transport.statistics;
    if (framesQueued === 0 && packetsUnderWay === 0) return;
  }
}
