/**
 * Executor threads as events of simulated duration: the loop of production's threads, run in process.
 *
 * Owns: the order of a thread's commands, how long each takes, and how a thread ends.
 * Never: obeys a command itself; see `actors/executor/thread-loop.ts`.
 *
 * T1. A task takes its time first and is computed then, at once: a thread that ends meanwhile has written nothing.
 * T2. Its answer travels: a thread that ends meanwhile has written, and nobody hears of it.
 */
import type { Worker } from "node:worker_threads";
import type { Task, TaskFailure, ThreadCommand, ThreadEvent } from "../../../actors/executor/messages.ts";
import { ThreadLoop } from "../../../actors/executor/thread-loop.ts";
import type { ThreadSource } from "../../../actors/executor/thread-source.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import type { SimulatedProcess } from "./process.ts";
import type { SharedKernels } from "./shared-kernels.ts";
import type { World } from "./world.ts";

/** Small, so that an output has many pieces. */
export const RANGE_PAIRS = 16;
const START_MS = [1, 20] as const;
const ANSWER_MS = [0.05, 1] as const;

export interface ThreadWatch {
  /** A task is computed now. */
  ran?(process: SimulatedProcess, job: JobDescription, task: Task): void;
  /** A task failed by name. */
  failed?(process: SimulatedProcess, failure: TaskFailure): void;
  /** Commands that a thread has and has not answered. */
  queued?(process: SimulatedProcess, count: number): void;
}

export interface SimulatedThreadsOptions {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly kernels: SharedKernels;
  readonly watch: ThreadWatch;
  /** How long a task takes. */
  readonly taskMs: (task: Task) => number;
}

export class SimulatedThreads implements ThreadSource {
  readonly #options: SimulatedThreadsOptions;
  readonly #threads = new Set<SimulatedThread>();

  constructor(options: SimulatedThreadsOptions) {
    this.#options = options;
  }

  take(): Worker {
    const thread = new SimulatedThread(this.#options, () => this.#threads.delete(thread));
    this.#threads.add(thread);
    // The actor of a thread calls these alone.
    return thread as unknown as Worker;
  }

  /** One of them dies, as of a bug; false if there is none. */
  crashOne(index: number): boolean {
    const threads = [...this.#threads];
    threads[index % threads.length]?.die(new Error("a planted fault"));
    return threads.length > 0;
  }

  /** One of them does not get on any more. */
  hangOne(index: number): boolean {
    const threads = [...this.#threads];
    threads[index % threads.length]?.hang();
    return threads.length > 0;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

type Listener = (detail: never) => void;

class SimulatedThread {
  readonly #options: SimulatedThreadsOptions;
  readonly #ended: () => void;
  readonly #listeners = new Map<string, Listener>();
  readonly #loop: ThreadLoop;
  readonly #queue: ThreadCommand[] = [];
  #isBusy = false;
  #isGone = false;
  #isHung = false;
  /** Of the command that is being obeyed. */
  #answer: ThreadEvent | undefined;

  constructor(options: SimulatedThreadsOptions, ended: () => void) {
    this.#options = options;
    this.#ended = ended;
    const { kernels, process, watch, world } = options;
    this.#loop = new ThreadLoop({
      answer: (event) => {
        this.#answer = event;
      },
      kernelsOf: (job) => Promise.resolve(() => kernels.open(job)),
      nowMs: () => world.nowMs,
      rangePairs: RANGE_PAIRS,
      begins: (job, task, { notes }) => {
        // One that is to stop by now has done nothing.
        notes.progressed();
        watch.ran?.(process, job, task);
      },
    });
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, listener);
    return this;
  }

  postMessage(command: ThreadCommand): void {
    this.#queue.push(command);
    const { process, watch } = this.#options;
    watch.queued?.(process, this.#queue.filter(({ kind }) => kind === "run").length);
    this.#next();
  }

  terminate(): Promise<number> {
    this.#end();
    return Promise.resolve(0);
  }

  hang(): void {
    this.#isHung = true;
  }

  die(error: Error): void {
    if (this.#isGone) return;
    this.#end();
    this.#tell("error", error);
    this.#tell("exit", 1);
  }

  #end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#ended();
    this.#loop.close();
  }

  #tell(event: string, detail: unknown): void {
    const { world, process } = this.#options;
    world.schedule(process, 0, () => this.#listeners.get(event)?.(detail as never));
  }

  #next(): void {
    const [command] = this.#queue;
    if (command === undefined || this.#isBusy || this.#isGone) return;
    this.#isBusy = true;
    const { world, process } = this.#options;
    world.schedule(process, this.#durationMs(command), () => {
      if (this.#isGone || this.#isHung) return;
      this.#loop.obey(command).then(
        () => this.#done(command),
        (error: Error) => this.die(error),
      );
    });
  }

  #done(command: ThreadCommand): void {
    this.#queue.shift();
    this.#isBusy = false;
    const answer = this.#answer;
    this.#answer = undefined;
    const { kernels, process, watch, world } = this.#options;
    if (command.kind === "run" && answer?.kind !== "done") kernels.drop(command.job);
    if (answer?.kind === "failed") watch.failed?.(process, answer.failure);
    if (answer !== undefined) {
      world.schedule(process, world.between(...ANSWER_MS), () => {
        if (!this.#isGone) this.#listeners.get("message")?.(answer as never);
      });
    }
    this.#next();
  }

  #durationMs(command: ThreadCommand): number {
    const { taskMs, world } = this.#options;
    if (command.kind === "begin") return world.between(...START_MS);
    return command.kind === "run" ? taskMs(command.task) : 0;
  }
}
