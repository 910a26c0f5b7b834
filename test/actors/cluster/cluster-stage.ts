/**
 * A cluster in one process: a coordinator and workers with directories and journals of their own, joined by one loopback
 * transport; blocks are fetched from a worker's directory as long as it lives.
 *
 * Owns: the set-up, and how a worker dies, loses its disk and returns.
 * Never: asserts anything.
 */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync } from "node:fs";
import path from "node:path";
import type { Repairs } from "../../../actors/coordinator-plot.ts";
import { type CoordinatorSide, coordinatorSide } from "../../../actors/coordinator-side.ts";
import { createCoordinatorExchange } from "../../../actors/exchange/coordinator-exchange.ts";
import { openSame } from "../../../actors/exchange/input-identity.ts";
import { type BlockSource, COORDINATOR_PEER } from "../../../actors/exchange/messages.ts";
import { inputNumber, segmentMark } from "../../../actors/exchange/segment-names.ts";
import { createWorkerExchange } from "../../../actors/exchange/worker-exchange.ts";
import { kernelModule } from "../../../actors/executor/kernel-module.ts";
import type { InputFile, JobDescription, JobOutcome } from "../../../actors/job/messages.ts";
import { clusterCodec } from "../../../actors/message-codec.ts";
import { FileOutput } from "../../../actors/output/file-output.ts";
import { createProcessRoot, type ProcessRoot } from "../../../actors/process-root.ts";
import { workerSide } from "../../../actors/worker-side.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { toTerm } from "../../../runtime/identity.ts";
import { openDiskAccount } from "../../../runtime/journal/disk-meter.ts";
import type { Journal } from "../../../runtime/journal/journal.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { createLoopbackTransport } from "../../../runtime/transport/loopback-transport.ts";
import type { Transport } from "../../../runtime/transport/transport.ts";
import { HASTY_CLOCK } from "../jobs/job-stage.ts";

/** Far more than the longest job takes on a machine that is busy with other work. */
const HANG_MS = 60_000;
/** Of hasty time. */
const HEARTBEAT = { deadAfterMs: 2_000 };

interface StagedWorker {
  epoch: number;
  disk: MemoryDisk;
  readonly directory: string;
  root: ProcessRoot | undefined;
  journal: Journal | undefined;
  ended: () => Promise<void>;
}

export interface ClusterEnd {
  readonly outcome: JobOutcome | { readonly kind: "broken"; readonly error: unknown } | { readonly kind: "hung" };
  readonly output: string | undefined;
  readonly rejects: string | undefined;
}

interface StagedCoordinator {
  readonly root: ProcessRoot;
  readonly side: CoordinatorSide;
  readonly journal: Journal;
  readonly ports: readonly FileOutput[];
}

export class ClusterStage {
  readonly #directory: string;
  readonly #job: JobDescription;
  readonly #replicas: number;
  readonly #workerWaitMs: number | undefined;
  readonly #transport: Transport = createLoopbackTransport({ unacknowledgedMax: 100_000 });
  readonly #workers = new Map<string, StagedWorker>();
  readonly #coordinatorDisk = new MemoryDisk("disk");
  #term = 0;
  #coordinator: StagedCoordinator | undefined;
  #end: (outcome: ClusterEnd["outcome"]) => void = () => {};
  /** Called before a stretch is fetched from a worker, and with its bytes, which it may change. */
  beforeFetch: (worker: string, segment: string) => Promise<void> = () => Promise.resolve();
  tamper: (segment: string, bytes: Uint8Array) => void = () => {};
  /** Where the coordinator's input files are, for jobs that name files which workers do not see. */
  inputs: readonly InputFile[];

  constructor(
    directory: string,
    job: JobDescription,
    { replicas = 1, workerWaitMs }: { readonly replicas?: number; readonly workerWaitMs?: number } = {},
  ) {
    this.#directory = directory;
    this.#job = job;
    this.inputs = job.files;
    this.#replicas = replicas;
    this.#workerWaitMs = workerWaitMs;
  }

  get repairs(): Repairs | undefined {
    return this.#coordinator?.side.view.repairs.get(this.#job.id);
  }

  /** Whether everything that somebody needs is with so many workers. */
  isHeldBy(workerCount: number): boolean {
    const needed = this.#coordinator?.side.view.progress.get(this.#job.id)?.needed() ?? [];
    return [...needed].every(({ holders }) => holders.length >= workerCount);
  }

  async drain(id: string): Promise<void> {
    await this.#coordinator?.side.drain(id);
  }

  /** Resolves when the worker, which is drained, has gone with its disk. */
  async gone(id: string): Promise<void> {
    while (this.#workers.get(id)?.root !== undefined) await new Promise<void>((resolve) => void setImmediate(resolve));
  }

  /** Commits that the coordinator counts, for a test's choice of a moment. */
  get committed(): number {
    return this.#coordinator?.side.view.progress.get(this.#job.id)?.totals().tasksCommitted ?? 0;
  }

  async startWorker(id: string): Promise<void> {
    const directory = path.join(this.#directory, `worker-${id}`);
    const known = this.#workers.get(id);
    const staged = known ?? {
      ...{ epoch: 0, disk: new MemoryDisk("disk"), directory },
      ...{ root: undefined, journal: undefined, ended: () => Promise.resolve() },
    };
    this.#workers.set(id, staged);
    staged.epoch += 1;
    mkdirSync(directory, { recursive: true });
    const journal = createMemoryJournal({ disk: staged.disk });
    await journal.open();
    const transport = this.#transport;
    const random = seededRandom(staged.epoch);
    const root = createProcessRoot({
      ...{ clock: HASTY_CLOCK, random, transport, codec: clusterCodec },
      onBroken: (error) => this.#end({ kind: "broken", error }),
    });
    const disk = openDiskAccount(0, undefined);
    const side = workerSide({
      ...{ clock: HASTY_CLOCK, board: root.board, journal, supervisor: root.supervisor },
      thread: {
        ...{ kernels: kernelModule(), segmentDirectory: directory, durable: false },
        segmentName: segmentMark(id, staged.epoch),
        kernelMemoryBytes: Number.POSITIVE_INFINITY,
        storesText: true,
        disk,
      },
      onReleased: () => void this.killWorker(id, { loseDisk: true }),
      self: { id, epoch: staged.epoch, host: "here", slots: 1, exchange: "", version: "" },
      exchange: createWorkerExchange({
        ...{ clock: HASTY_CLOCK, self: id, segmentDirectory: directory, source: this.#source(), disk },
      }),
    });
    root.start(side.children, (notice) => side.note(notice));
    Object.assign(staged, { root, journal, ended: side.ended });
  }

  /** As if its process were killed: nobody hears of it any more. */
  async killWorker(id: string, { loseDisk = false } = {}): Promise<void> {
    const staged = this.#workers.get(id);
    if (staged?.root === undefined) return;
    const { root, journal } = staged;
    staged.root = undefined;
    await root.stop();
    await staged.ended();
    await journal?.close();
    if (!loseDisk) return;
    rmSync(staged.directory, { recursive: true, force: true });
    staged.disk = new MemoryDisk("disk");
  }

  async startCoordinator(): Promise<void> {
    this.#term += 1;
    const journal = createMemoryJournal({ disk: this.#coordinatorDisk });
    await journal.open();
    const segmentDirectory = path.join(this.#directory, "coordinator");
    mkdirSync(segmentDirectory, { recursive: true });
    const onBroken = (error: unknown): void => this.#end({ kind: "broken", error });
    const root = createProcessRoot({
      ...{ clock: HASTY_CLOCK, random: seededRandom(this.#term), transport: this.#transport, codec: clusterCodec },
      onBroken,
    });
    const port = (name: string) => new FileOutput(path.join(this.#directory, name), this.#job.id, false);
    const ports = { port: port("output"), rejectsPort: port("rejects") };
    const side = coordinatorSide({
      ...{ clock: HASTY_CLOCK, board: root.board, journal, onBroken, heartbeat: HEARTBEAT, replicas: this.#replicas },
      workerWaitMs: this.#workerWaitMs,
      ...{ term: toTerm(this.#term), supervisor: (id: string) => root.supervisor(id) },
      ...{ segmentDirectory, segmentName: `coordinator-${this.#term}`, outputOf: () => ports },
      exchange: createCoordinatorExchange({ clock: HASTY_CLOCK, segmentDirectory, source: this.#source() }),
      onOutcome: (_job, outcome) => this.#end(outcome),
    });
    root.start(side.children, (notice) => side.note(notice));
    this.#coordinator = { root, side, journal, ports: Object.values(ports) };
  }

  /** Files in a worker's directory. */
  filesOf(id: string): string[] {
    return readdirSync(path.join(this.#directory, `worker-${id}`));
  }

  async killCoordinator(): Promise<void> {
    await this.#coordinator?.root.stop();
    await this.#coordinator?.journal.close();
    // As the end of a process does.
    for (const port of this.#coordinator?.ports ?? []) await port.close();
    this.#coordinator = undefined;
  }

  /** Submits the job and waits for its end; `disturb` goes on beside it. */
  async run(disturb: () => Promise<void> = () => Promise.resolve()): Promise<ClusterEnd> {
    const outcome = await new Promise<ClusterEnd["outcome"]>((resolve, reject) => {
      const watchdog = setTimeout(() => resolve({ kind: "hung" }), HANG_MS);
      this.#end = (told) => {
        clearTimeout(watchdog);
        resolve(told);
      };
      this.#coordinator?.side.submit(this.#job);
      disturb().catch(reject);
    });
    const read = (name: string): string | undefined => {
      const file = path.join(this.#directory, name);
      return outcome.kind === "done" && existsSync(file) ? readFileSync(file, "utf8") : undefined;
    };
    return { outcome, output: read("output"), rejects: read("rejects") };
  }

  async close(): Promise<void> {
    for (const id of this.#workers.keys()) await this.killWorker(id);
    await this.killCoordinator();
    this.#transport.close();
  }

  #source(): BlockSource {
    const workers = this.#workers;
    const beforeFetch: ClusterStage["beforeFetch"] = (...named) => this.beforeFetch(...named);
    const tamper: ClusterStage["tamper"] = (...read) => this.tamper(...read);
    const inputOf = (segment: string): InputFile | undefined => this.inputs[inputNumber(segment) ?? -1];
    return {
      noteDirectory: () => {},
      fetch: async function* (worker, { references }) {
        const staged = workers.get(worker);
        for (const { segment, offset, byteLength } of references) {
          await new Promise<void>((resolve) => void setImmediate(resolve));
          await beforeFetch(worker, segment);
          if (worker === COORDINATOR_PEER) {
            yield await readInput(inputOf(segment), { offset, byteLength });
            continue;
          }
          if (staged?.root === undefined) throw new RuntimeError("PEER_UNREACHABLE", `${worker} is not there`);
          const file = path.join(staged.directory, segment);
          if (!existsSync(file)) throw new RuntimeError("BLOCK_GONE", `${segment} is gone`);
          const bytes = new Uint8Array(byteLength);
          const descriptor = openSync(file, "r");
          readSync(descriptor, bytes, 0, byteLength, offset);
          closeSync(descriptor);
          tamper(segment, bytes);
          yield bytes;
        }
      },
    };
  }
}

/** As the coordinator serves it. */
async function readInput(
  file: InputFile | undefined,
  { offset, byteLength }: { readonly offset: number; readonly byteLength: number },
): Promise<Uint8Array> {
  const handle = file === undefined ? undefined : await openSame(file);
  if (handle === undefined) throw new RuntimeError("BLOCK_GONE", "it is not what it was");
  const bytes = new Uint8Array(byteLength);
  await handle.read(bytes, 0, byteLength, offset);
  await handle.close();
  return bytes;
}
