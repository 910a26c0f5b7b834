/**
 * Lets the tasks of executor threads take the times of the simulation, and lets threads die or hang.
 *
 * Owns: what is on its way to each thread.
 *
 * T1. As in the simulation, a task takes its time first, and is computed then.
 * T2. A thread dies of an error that nobody handles, or waits for ever.
 */
import { Worker } from "node:worker_threads";
import type { ThreadCommand } from "../../../../actors/executor/messages.ts";
import type { Random } from "../../../../runtime/random.ts";
import { drawTaskMs } from "../../cluster/task-times.ts";
import { HARM, type Harm } from "./harm-thread.ts";

interface Thread {
  readonly worker: Worker;
  /** What was sent before has arrived. */
  arrived: Promise<void>;
}

export class SlowThreads {
  readonly #threads = new Map<Worker, Thread>();
  /** Tasks take so many times as long. */
  factor = 1;

  /** `runs` is called before a thread computes a task. */
  constructor(random: Random, runs: () => void) {
    const post = Worker.prototype.postMessage as (this: Worker, ...given: unknown[]) => void;
    const intercept = (worker: Worker, given: unknown[]): void => {
      const command = given[0] as ThreadCommand;
      if (command.kind === "begin") this.#add(worker);
      // Harm overtakes what is on its way.
      const thread = typeof command === "string" ? undefined : this.#threads.get(worker);
      if (thread === undefined) {
        post.apply(worker, given);
        return;
      }
      const durationMs = command.kind === "run" ? drawTaskMs(command.task.kind, random) * this.factor : 0;
      thread.arrived = thread.arrived.then(async () => {
        if (durationMs > 0) await new Promise((resolve) => setTimeout(resolve, durationMs));
        if (command.kind === "run") runs();
        post.apply(worker, given);
      });
    };
    Object.assign(Worker.prototype, {
      postMessage(this: Worker, ...given: unknown[]): void {
        intercept(this, given);
      },
    });
  }

  /** T2. Its name; undefined if there is none. */
  harmOne(index: number, harm: Harm): string | undefined {
    const thread = [...this.#threads.values()][index % this.#threads.size];
    thread?.worker.postMessage(HARM[harm]);
    return thread && `thread ${thread.worker.threadId}`;
  }

  #add(worker: Worker): void {
    this.#threads.set(worker, { worker, arrived: Promise.resolve() });
    worker.once("exit", () => this.#threads.delete(worker));
  }
}
