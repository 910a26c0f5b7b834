/**
 * The worker's side of a tree: what computes.
 *
 *    ├─ executors (one_for_one) ── executor 0 … n-1   threads that run kernels
 *    ├─ pool                       tasks to executors
 *    ├─ partitions (one_for_one) ─ partition          one actor a (job, index)
 *    └─ worker                     opens jobs, starts partitions
 *
 * What stands later depends on what stands before: it is restarted with it, and finds everything in the journal.
 */
import type { Clock } from "../runtime/clock.ts";
import type { HeartbeatMonitor } from "../runtime/failure/heartbeat-monitor.ts";
import { startLagMeter } from "../runtime/failure/lag-meter.ts";
import { type Incarnation, processOf, toIncarnation, toLife, toTerm } from "../runtime/identity.ts";
import { DiskMeter } from "../runtime/journal/disk-meter.ts";
import type { Journal } from "../runtime/journal/journal.ts";
import { deleteSegments, isSegmentName, listSegments } from "../runtime/journal/segment-files.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { type ChildSpecification, specifyChild } from "../runtime/supervision/specification.ts";
import { describeExit } from "../runtime/supervision/supervision-error.ts";
import type { WorkerExchange } from "./exchange/messages.ts";
import { jobOf } from "./exchange/segment-names.ts";
import { executorMachine } from "./executor/machine.ts";
import { isSegmentBelow, isTextSegment, type ThreadInput } from "./executor/messages.ts";
import { createThreadSource, type ThreadSource } from "./executor/thread-source.ts";
import { executorId, poolMachine } from "./executor-pool/machine.ts";
import type { PoolCommand } from "./executor-pool/messages.ts";
import {
  COORDINATOR_ADDRESS,
  MEMBERSHIP_ADDRESS,
  type WorkerIntroduction,
  workerAddress,
} from "./membership/messages.ts";
import { EXECUTOR_DEAD_AFTER_MS, HEARTBEAT_INTERVAL_MS, PARTITION_DEAD_AFTER_MS } from "./options.ts";
import { partitionMachine } from "./partition/machine.ts";
import { freedLog, type PartitionFact, partitionLogPrefix } from "./partition/messages.ts";
import type { Message, Switchboard } from "./switchboard.ts";
import { workerMachine } from "./worker/machine.ts";
import type { WorkerTale } from "./worker/messages.ts";

export interface WorkerSideOptions {
  readonly clock: Clock;
  readonly board: Switchboard;
  readonly journal: Journal;
  readonly thread: Omit<ThreadInput, "notes">;
  /** Threads that were started ahead; whoever made the source closes it. Default: each is started when it is needed. */
  readonly threads?: ThreadSource;
  readonly self: Omit<WorkerIntroduction, "life">;
  /** Absent where every block is in this process. */
  readonly exchange?: WorkerExchange;
  /** A supervisor for children that are started later. */
  readonly supervisor: (id: string, observer?: (notice: SupervisorNotice) => void) => ChildSpecification;
  /** A job that is closed leaves nothing in the journal and in segments; default: all of it, for whoever owns the directory. */
  readonly freesClosedJobs?: boolean;
  /** Told of each task that is handed to an executor; one that was lost and handed out again counts again. */
  readonly noteStarted?: (job: string) => void;
  /** Told of each commit of a task. */
  readonly noteCommitted?: () => void;
  /** Another process has taken this worker's place. */
  readonly onFenced?: () => void;
  /** The coordinator does not let it take part. */
  readonly onRefused?: (reason: string) => void;
  /** Nobody needs this worker any more: it was drained. */
  readonly onReleased?: () => void;
}

export interface DiskUse {
  readonly usedBytes: number;
  /** The most that ever were. */
  readonly peakBytes: number;
}

export interface WorkerSide {
  /** Of segments. */
  readonly disk: DiskUse;
  readonly children: readonly ChildSpecification[];
  /** Forgets what the root's observer says has ended. */
  note(notice: SupervisorNotice): void;
  /** Has people told what happened here. */
  tell(tale: WorkerTale["tale"]): void;
  /** Asks to be given nothing new, and to be told when nobody needs this worker any more (`onReleased`). */
  drain(): void;
  /** Resolves when no thread is left that is being terminated, and no deletion. */
  ended(): Promise<void>;
}

/** What the specifications share. */
interface Plot extends WorkerSideOptions {
  readonly executorMonitor: HeartbeatMonitor;
  readonly partitionMonitor: HeartbeatMonitor;
  readonly disk: DiskMeter;
  /** Ends of threads that are being terminated, and of deletions. */
  readonly endings: Set<Promise<unknown>>;
  draining: boolean;
  /** It has said that it goes: from then on it is nobody. */
  hasLeft: boolean;
  /** Partitions that have been started and not stopped: a supervisor looks after them. */
  readonly partitions: Map<string, { readonly job: string; readonly partition: number }>;
  /** Jobs whose tasks the pool may run still, also when the actor that had it open them has died. */
  readonly pooledJobs: Set<string>;
}

export function workerSide(options: WorkerSideOptions): WorkerSide {
  const { board } = options;
  const partitions: Plot["partitions"] = new Map();
  const plot: Plot = {
    ...options,
    partitions,
    pooledJobs: new Set(),
    draining: false,
    hasLeft: false,
    disk: new DiskMeter(options.thread.disk),
    endings: new Set(),
    executorMonitor: board.watchChildren("executors", { deadAfterMs: EXECUTOR_DEAD_AFTER_MS }),
    // A partition waits behind others for an executor: that it does not get on says nothing about it.
    partitionMonitor: board.watchChildren("partitions", {
      deadAfterMs: PARTITION_DEAD_AFTER_MS,
      hungAfterMs: Number.POSITIVE_INFINITY,
    }),
  };
  return {
    disk: plot.disk,
    children: [executors(plot), pool(plot), options.supervisor("partitions"), worker(plot)],
    note: (notice) => {
      if (notice.type !== "child.exited") return;
      if (notice.id === "partitions") partitions.clear();
      if (notice.id === "pool") plot.exchange?.poolEnded();
    },
    tell: (tale) => board.tell("worker", COORDINATOR_ADDRESS, { type: "worker.tale", tale }),
    drain: () => {
      plot.draining = true;
      tellDraining(board);
    },
    ended: async () => {
      await Promise.all(plot.endings);
    },
  };
}

function tellDraining(board: Switchboard): void {
  board.tell("worker", MEMBERSHIP_ADDRESS, { type: "member.draining" });
}

function executors({ board, supervisor }: Plot): ChildSpecification {
  return supervisor("executors", (notice) => {
    if (notice.type !== "child.exited") return;
    const index = Number(notice.id.slice(executorId("").length));
    const reason = describeExit(notice.reason);
    board.send("pool", { type: "executor.lost", index, incarnation: notice.incarnation, reason });
  });
}

function pool(plot: Plot): ChildSpecification {
  const { board, endings, executorMonitor, noteStarted, self, thread, threads: source = createThreadSource() } = plot;
  const tell = (event: Message): void => board.send("pool", event);
  const noteEnding = (ended: Promise<unknown>): void => {
    endings.add(ended);
    void ended.finally(() => endings.delete(ended)); // Terminating a thread never fails.
  };
  const startExecutor = (index: number): void => {
    const id = executorId(index);
    const input = (incarnation: number) => {
      const segmentName = `${thread.segmentName}-e${index}-i${incarnation}`;
      return { index, incarnation, source, thread: { ...thread, segmentName }, noteEnding, tell };
    };
    board.start("executors", specifyChild({ id, logic: executorMachine, input, shutdownMs: 0 }));
  };
  const announceExecutors = (): number => {
    const ids = board.childrenOf("executors");
    for (const id of ids) board.sendBelow("executors", id, { type: "executor.announce" });
    return ids.length;
  };
  const reportProgress = (index: number, incarnation: number): void =>
    board.send("executors", { type: "child.progressed", id: executorId(index), incarnation });
  return specifyChild({
    id: "pool",
    logic: poolMachine,
    input: (incarnation) => ({
      executorCount: self.slots,
      monitor: executorMonitor,
      // Far more than one pool hands out, and exact as a number.
      firstTicket: incarnation * 2 ** 40,
      ...{ startExecutor, announceExecutors, reportProgress, noteStarted },
      // A task that was under way may have made a file after those of its job were deleted.
      noteClosed: (job) => freeClosed(plot, job),
    }),
  });
}

/** Hands a command to the pool; a task that needs blocks of others when they are here. */
function sendToPool({ board, exchange, pooledJobs }: Plot, command: PoolCommand): void {
  if (command.type === "pool.open") pooledJobs.add(command.job.id);
  if (command.type === "pool.close") pooledJobs.delete(command.job);
  if (exchange === undefined || command.type !== "pool.submit") {
    if (command.type === "pool.open") exchange?.open(command.job);
    board.send("pool", command);
  } else exchange.submit(command, (local) => board.send("pool", local));
}

function worker(plot: Plot): ChildSpecification {
  const { board, clock, exchange, journal, partitions, self } = plot;
  return specifyChild({
    id: "worker",
    logic: workerMachine,
    input: (incarnation) => {
      const life = toLife(self.epoch, incarnation);
      const line = { address: workerAddress(self.id), fence: { term: toTerm(1), incarnation: life } };
      let paceMs = HEARTBEAT_INTERVAL_MS;
      let lag = startLagMeter(clock, paceMs);
      return {
        listen: () =>
          board.listen("worker", line, {
            signalled: (message) => board.send("worker", message),
            fenced: (answer, endpoint) => {
              // A life of this process that is newer has the address already; one of a later process ends this one.
              if (processOf(answer.incarnation) > self.epoch) plot.onFenced?.();
              else endpoint.raiseTerm(answer.term);
            },
          }),
        introduce: () => {
          if (plot.hasLeft) return;
          board.tell("worker", MEMBERSHIP_ADDRESS, { type: "member.hello", worker: { ...self, life } });
          // Whoever asks who is here may not know it, such as a coordinator that was restarted.
          if (plot.draining) tellDraining(board);
        },
        beat: (intervalMs) => {
          if (intervalMs !== paceMs) [paceMs, lag] = [intervalMs, startLagMeter(clock, intervalMs)];
          const eventLoopLagMs = lag();
          if (plot.hasLeft) return;
          board.signal("worker", MEMBERSHIP_ADDRESS, { type: "member.beat", id: self.id, life, eventLoopLagMs });
        },
        leave: () => {
          plot.hasLeft = true;
          board.tell("worker", MEMBERSHIP_ADDRESS, { type: "member.leaving" });
        },
        noteDirectory: (members) => exchange?.noteDirectory(members),
        refused: (reason) => plot.onRefused?.(reason),
        released: () => plot.onReleased?.(),
        journal,
        pool: { send: (command) => sendToPool(plot, command) },
        startPartition: (job, partition) => startPartition(plot, { job, partition }),
        stopPartitions: (job) => {
          exchange?.close(job);
          for (const [id, name] of partitions) {
            if (name.job !== job) continue;
            partitions.delete(id);
            board.send("partitions", { type: "child.stop", id });
          }
        },
        storedJobs: () => storedJobs(plot),
        freeJob: (job) => freeClosed(plot, job),
        sendToPartition: (job, partition, command) => board.sendBelow("partitions", `${job}/${partition}`, command),
        freeSegments: (stages, journaled) => freeStages(plot, stages, journaled),
        freeText: (job, segments) => freeOnDisk(plot, Promise.resolve(), () => freeText(plot, job, segments)),
        runningPartitions: () => [...partitions.values()],
        tell: (fact) => board.tell("worker", COORDINATOR_ADDRESS, fact),
      };
    },
  });
}

interface FreedStages {
  readonly job: string;
  /** The first stage that is needed. */
  readonly below: number;
}

/** Frees when it has been journaled that nobody needs it; `free` returns how many bytes went. */
function freeOnDisk(
  { disk, endings }: Plot,
  journaled: Promise<void>,
  free: () => Promise<number>,
  freedAlready = 0,
): void {
  disk.beginFreeing();
  const end = (byteCount: number): void => disk.endFreeing(freedAlready + byteCount);
  const begin = (): void => {
    // A file that cannot be deleted goes with the directory.
    const freed = free().then(end, () => end(0));
    endings.add(freed);
    void freed.finally(() => endings.delete(freed)); // Never rejects: see above.
  };
  // A journal that fails is told by the next commit.
  journaled.then(begin, () => end(0));
}

function freeStages(plot: Plot, { job, below }: FreedStages, journaled: Promise<void>): void {
  // What is made again of these stages, while this is being journaled, stays.
  const own = ownSegments(plot, (segment) => segment.startsWith(`${job}-`) && isSegmentBelow(segment, below));
  const mirroredBytes = plot.exchange?.free(job, below) ?? 0;
  freeOnDisk(plot, journaled, () => deleteOwn(plot, own), mirroredBytes);
}

/** Where the directory is another's to clear up, none. */
function storedJobs({ freesClosedJobs, pooledJobs, thread }: Plot): readonly string[] {
  if (freesClosedJobs !== true) return [];
  const jobs = listSegments(thread.segmentDirectory).map(({ segment }) => jobOf(segment));
  return [...new Set([...jobs, ...pooledJobs])].filter((job) => job !== undefined);
}

/** Copies of what others wrote go with the exchange, which is closed. */
function freeClosed(plot: Plot, job: string): void {
  const { board, freesClosedJobs, journal } = plot;
  board.retire("partitions", `${job}/`);
  if (freesClosedJobs !== true) return;
  // What its partitions had begun to commit when they were stopped is listed, too: an empty commit ends after it.
  const dropped = journal
    .commit([])
    .then(() => journal.actors(partitionLogPrefix(job)))
    .then((logs) => journal.commit([], [...logs, freedLog(job)]));
  freeOnDisk(plot, dropped, () =>
    deleteOwn(
      plot,
      ownSegments(plot, (segment) => segment.startsWith(`${job}-`)),
    ),
  );
}

function ownSegments({ thread, exchange }: Plot, isMeant: (segment: string) => boolean): readonly string[] {
  return listSegments(thread.segmentDirectory)
    .map(({ segment }) => segment)
    .filter((segment) => isMeant(segment) && exchange?.isForeign(segment) !== true);
}

/** Returns how many bytes went. */
async function deleteOwn({ thread, exchange }: Plot, own: readonly string[]): Promise<number> {
  await exchange?.release(own);
  return await deleteSegments(thread.segmentDirectory, own);
}

/** The names come from another process, and are looked at. */
async function freeText({ thread, exchange }: Plot, job: string, segments: readonly string[]): Promise<number> {
  const text = segments.filter(
    (segment) => isSegmentName(segment) && segment.startsWith(`${job}-`) && isTextSegment(segment),
  );
  await exchange?.release(text);
  return await deleteSegments(thread.segmentDirectory, text);
}

/** False if the partition has an actor already, or one that is being restarted. */
function startPartition(plot: Plot, name: { job: string; partition: number }): boolean {
  const { board, journal, partitions, partitionMonitor } = plot;
  const { job, partition } = name;
  const id = `${job}/${partition}`;
  if (partitions.has(id)) return false;
  partitions.set(id, name);
  const input = (life: number) => {
    const incarnation: Incarnation = toIncarnation(life);
    return {
      job,
      partition,
      incarnation,
      journal,
      segmentDirectory: plot.thread.segmentDirectory,
      pool: { send: (command: PoolCommand) => sendToPool(plot, command) },
      tell: (fact: PartitionFact) => {
        if (fact.type === "task.committed") plot.noteCommitted?.();
        board.tell("worker", COORDINATOR_ADDRESS, { ...fact, job });
      },
      reportProgress: () => board.send("partitions", { type: "child.progressed", id, incarnation }),
      beat: ({ progress, busy }: { progress: number; busy: boolean }) => {
        partitionMonitor.beat({ id, incarnation, progress, busy, term: 0, eventLoopLagMs: 0 });
      },
    };
  };
  board.start("partitions", specifyChild({ id, logic: partitionMachine, input }));
  return true;
}
