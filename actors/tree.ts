/**
 * The supervision tree of `run`: a worker and a coordinator in one process, joined by the loopback transport.
 *
 *   root (rest_for_one)
 *    ├─ executors, pool, partitions, worker           see `worker-side.ts`
 *    └─ membership, coordinator, outputs, jobs        see `coordinator-side.ts`
 */
import type { Clock } from "../runtime/clock.ts";
import { toTerm } from "../runtime/identity.ts";
import type { Journal } from "../runtime/journal/journal.ts";
import type { Random } from "../runtime/random.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { createLoopbackTransport } from "../runtime/transport/loopback-transport.ts";
import type { CoordinatorView } from "./coordinator-plot.ts";
import { coordinatorSide } from "./coordinator-side.ts";
import type { ThreadInput } from "./executor/messages.ts";
import type { ThreadSource } from "./executor/thread-source.ts";
import type { JobDescription, JobOutcome } from "./job/messages.ts";
import { MESSAGES_IN_FLIGHT_MAX } from "./options.ts";
import type { OutputPort } from "./output/output-port.ts";
import { createProcessRoot } from "./process-root.ts";
import { type DiskUse, workerSide } from "./worker-side.ts";

export interface TreeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly executorCount: number;
  readonly thread: Omit<ThreadInput, "notes">;
  /** Threads that were started ahead; whoever made the source closes it. Default: each is started when it is needed. */
  readonly threads?: ThreadSource;
  /** Restarts of one child within the supervisors' window; more end its supervisor. For runs that kill on purpose. */
  readonly restartsMax?: number;
  /** Where a job's results go; called at each start of its output. */
  readonly outputOf: (job: string) => { readonly port: OutputPort; readonly rejectsPort: OutputPort | undefined };
  readonly onOutcome: (job: string, outcome: JobOutcome) => void;
  /** A supervisor gave up, or the coordinator's journal failed: no job can end. */
  readonly onBroken: (error: unknown) => void;
  readonly onNotice?: (supervisor: string, notice: SupervisorNotice) => void;
}

/** What is going on, for progress displays. */
export interface TreeView extends CoordinatorView {
  /** By job id: tasks handed to executors; one that was lost and handed out again counts again. */
  readonly tasksStarted: ReadonlyMap<string, number>;
  /** Of all jobs: bytes of segments. */
  readonly disk: DiskUse;
}

export interface Tree {
  readonly view: TreeView;
  submit(job: JobDescription): void;
  /** Names of everything that can be killed, as `supervisor/child`. */
  children(): string[];
  /** Reports a child as lost to its supervisor, which restarts it: for chaos and tests. */
  kill(child: string, reason: string): void;
  /** Stops everything, the coordinator's side first; resolves when the last thread and the last deletion have ended. */
  stop(): Promise<void>;
}

/** The only worker. */
const LOCAL_WORKER = { id: "local", epoch: 1, host: "", exchange: "", version: "" };

export function startTree(options: TreeOptions): Tree {
  const { clock, journal, onBroken, thread } = options;
  const transport = createLoopbackTransport({ unacknowledgedMax: MESSAGES_IN_FLIGHT_MAX });
  const root = createProcessRoot({ ...options, transport });
  const { board, supervisor } = root;
  const tasksStarted = new Map<string, number>();
  const works = workerSide({
    ...{ clock, board, journal, thread, supervisor },
    threads: options.threads,
    self: { ...LOCAL_WORKER, slots: options.executorCount, functions: thread.functions?.hash },
    noteStarted: (job) => tasksStarted.set(job, (tasksStarted.get(job) ?? 0) + 1),
  });
  const decides = coordinatorSide({
    ...{ clock, board, journal, onBroken, supervisor },
    ...{ outputOf: options.outputOf, onOutcome: options.onOutcome },
    term: toTerm(1),
    ...{ segmentDirectory: thread.segmentDirectory, segmentName: thread.segmentName },
  });
  root.start([...works.children, ...decides.children], (notice) => {
    works.note(notice);
    decides.note(notice);
  });
  return {
    view: Object.assign(decides.view, { tasksStarted, disk: works.disk }),
    submit: (job) => decides.submit(job),
    children: () => root.children(),
    kill: (child, reason) => root.kill(child, reason),
    stop: async () => {
      await root.stop();
      await works.ended();
    },
  };
}
