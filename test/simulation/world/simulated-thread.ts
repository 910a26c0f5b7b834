/**
 * Executor threads as events of simulated duration: the real task code, run in process.
 *
 * Owns: the order of a thread's commands, how long each takes, and how a thread ends.
 * Never: computes anything that production's thread would not; see `actors/executor/thread.ts`, whose commands it obeys.
 *
 * T1. A task takes its time first and is computed then, at once: a thread that ends meanwhile has written nothing.
 * T2. Its answer travels: a thread that ends meanwhile has written, and nobody hears of it.
 */
import type { Worker } from "node:worker_threads";
import type { Task, TaskFailure, ThreadCommand, ThreadEvent, ThreadInput } from "../../../actors/executor/messages.ts";
import { TaskRunner, taskFailure } from "../../../actors/executor/task-runner.ts";
import { NoteTaker, TaskStopped } from "../../../actors/executor/thread-notes.ts";
import type { ThreadSource } from "../../../actors/executor/thread-source.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { DiskMeter } from "../../../runtime/journal/disk-meter.ts";
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
  readonly #runners = new Map<string, { readonly job: JobDescription; readonly runner: TaskRunner }>();
  readonly #queue: ThreadCommand[] = [];
  #input: ThreadInput | undefined;
  #notes: NoteTaker | undefined;
  #isBusy = false;
  #isGone = false;
  #isHung = false;
  #openCount = 0;

  constructor(options: SimulatedThreadsOptions, ended: () => void) {
    this.#options = options;
    this.#ended = ended;
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
    for (const { runner } of this.#runners.values()) runner.close();
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
      this.#obey(command).then(
        (answer) => this.#done(answer),
        (error: Error) => this.die(error),
      );
    });
  }

  #done(answer: ThreadEvent | undefined): void {
    this.#queue.shift();
    this.#isBusy = false;
    if (answer !== undefined) {
      this.#notes?.end();
      const { world, process } = this.#options;
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

  async #obey(command: ThreadCommand): Promise<ThreadEvent | undefined> {
    switch (command.kind) {
      case "begin":
        this.#input = command.input;
        this.#notes = new NoteTaker(command.input.notes);
        return { kind: "ready" };
      case "open":
        this.#open(command.job);
        return undefined;
      case "run":
        return await this.#run(command);
      case "close":
        this.#runners.get(command.job)?.runner.close();
        this.#runners.delete(command.job);
        return undefined;
      case "free":
        this.#runners.get(command.job)?.runner.free(command.below);
        return undefined;
    }
  }

  #open(job: JobDescription): void {
    if (this.#runners.has(job.id)) return;
    this.#openCount += 1;
    const { segmentDirectory, segmentName, durable, storesText, disk } = this.#input as ThreadInput;
    const { kernels, world } = this.#options;
    const name = `${job.id}-${segmentName}-o${this.#openCount}`;
    const runner = new TaskRunner({
      job,
      openKernels: () => kernels.open(job),
      segments: { directory: segmentDirectory, name, durable, storesText, meter: new DiskMeter(disk) },
      progressed: () => this.#notes?.progressed(),
      noteLines: (first, last) => this.#notes?.noteLines(first, last),
      nowMs: () => world.nowMs,
      rangePairs: RANGE_PAIRS,
    });
    this.#runners.set(job.id, { job, runner });
  }

  async #run({ ticket, job, task, isRetry }: ThreadCommand & { kind: "run" }): Promise<ThreadEvent> {
    const { kernels, process, watch } = this.#options;
    const opened = this.#runners.get(job);
    if (opened === undefined) throw new Error(`job ${job} is not open on this thread`);
    this.#notes?.begin(ticket);
    try {
      // One that is to stop by now has done nothing.
      this.#notes?.progressed();
      watch.ran?.(process, opened.job, task);
      return { kind: "done", ticket, result: await opened.runner.run(task, { isRetry }) };
    } catch (error) {
      kernels.drop(job);
      if (error instanceof TaskStopped) return { kind: "stopped", ticket };
      const failure = taskFailure(error);
      watch.failed?.(process, failure);
      return { kind: "failed", ticket, failure };
    }
  }
}
