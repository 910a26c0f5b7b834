/**
 * What an executor thread does with its commands: one task runner a job, one answer to each command that wants one.
 *
 * Owns: what a command means.
 * Never: touches a port or a clock, opens kernels: whoever runs the loop says how. A bug is thrown on.
 */
import { kernelMemoryMin } from "../../programs/kernels/working-memory.ts";
import { DiskMeter } from "../../runtime/journal/disk-meter.ts";
import type { JobDescription } from "../job/messages.ts";
import { KernelShares } from "./kernel-shares.ts";
import type { OpenKernels } from "./load-kernels.ts";
import type { Task, ThreadCommand, ThreadEvent, ThreadInput } from "./messages.ts";
import { TaskRunner, taskFailure } from "./task-runner.ts";
import { NoteTaker, TaskStopped } from "./thread-notes.ts";

export interface ThreadLoopOptions {
  readonly answer: (event: ThreadEvent) => void;
  /** What opens the kernels of a job, whenever a task needs them anew. */
  readonly kernelsOf: (job: JobDescription, life: ThreadLife) => Promise<OpenKernels>;
  readonly nowMs: () => number;
  /** Of one piece of the output. */
  readonly rangePairs: number;
  /** Told of each task that is run now. */
  readonly begins?: (job: JobDescription, task: Task, life: ThreadLife) => void;
}

/** What a thread is told when it begins. */
export interface ThreadLife {
  readonly input: ThreadInput;
  readonly notes: NoteTaker;
}

interface OpenJob {
  readonly description: JobDescription;
  readonly runner: TaskRunner;
}

export class ThreadLoop {
  readonly #options: ThreadLoopOptions;
  readonly #jobs = new Map<string, OpenJob>();
  #begun: (ThreadLife & { readonly shares: KernelShares }) | undefined;
  #openCount = 0;

  constructor(options: ThreadLoopOptions) {
    this.#options = options;
  }

  /** One command at a time, in the order in which they came. */
  async obey(command: ThreadCommand): Promise<void> {
    switch (command.kind) {
      case "begin":
        this.#begun = {
          input: command.input,
          notes: new NoteTaker(command.input.notes),
          shares: new KernelShares(command.input.kernelMemoryBytes),
        };
        this.#options.answer({ kind: "ready" });
        return;
      case "open":
        return await this.#open(command.job);
      case "run":
        return await this.#run(command);
      case "close":
        this.#jobs.get(command.job)?.runner.close();
        this.#jobs.delete(command.job);
        this.#life.shares.close(command.job);
        this.#options.answer({ kind: "closed", job: command.job });
        return;
      case "free":
        this.#jobs.get(command.job)?.runner.free(command.below);
    }
  }

  /** Lets go of all files. */
  close(): void {
    for (const { runner } of this.#jobs.values()) runner.close();
  }

  get #life(): ThreadLife & { readonly shares: KernelShares } {
    if (this.#begun === undefined) throw new Error("an executor thread is told to begin before all else");
    return this.#begun;
  }

  async #open(job: JobDescription): Promise<void> {
    // A worker that is new opens its jobs anew; the runner of an open one goes on.
    if (this.#jobs.has(job.id)) return;
    this.#openCount += 1;
    const { kernelsOf, nowMs, rangePairs } = this.#options;
    const { input, notes, shares } = this.#life;
    shares.open(job.id, kernelMemoryMin(job.plan));
    const { segmentDirectory: directory, durable, storesText } = input;
    const name = `${job.id}-${input.segmentName}-o${this.#openCount}`;
    const openKernels = await kernelsOf(job, this.#life);
    const runner = new TaskRunner({
      ...{ job, openKernels, nowMs, rangePairs },
      segments: { directory, name, durable, storesText, meter: new DiskMeter(input.disk) },
      progressed: () => notes.progressed(),
      noteLines: (first, last) => notes.noteLines(first, last),
    });
    this.#jobs.set(job.id, { description: job, runner });
  }

  async #run({ ticket, job, task, isRetry }: ThreadCommand & { kind: "run" }): Promise<void> {
    const { answer, begins } = this.#options;
    const { notes, shares } = this.#life;
    notes.begin(ticket);
    try {
      const open = this.#jobs.get(job);
      if (open === undefined) throw new Error(`job ${job} is not open on this thread`);
      begins?.(open.description, task, this.#life);
      const { memoryBytes, evicted } = shares.take(job);
      for (const other of evicted) this.#jobs.get(other)?.runner.rest();
      answer({ kind: "done", ticket, result: await open.runner.run(task, { memoryBytes, isRetry }) });
    } catch (error) {
      if (error instanceof TaskStopped) answer({ kind: "stopped", ticket });
      else answer({ kind: "failed", ticket, failure: taskFailure(error) });
    }
    notes.end();
  }
}
