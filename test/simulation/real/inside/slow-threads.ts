/**
 * Lets the tasks of executor threads take the times of the simulation, and lets threads die or hang.
 *
 * Owns: what is on its way to each thread.
 *
 * T1. As in the simulation, a task takes its time first, and is computed then.
 * T2. A thread that hangs is one that hears nothing any more; it cannot be told from one that computes for ever.
 */
import { Worker } from "node:worker_threads";
import type { ThreadCommand } from "../../../../actors/executor/messages.ts";
import type { Random } from "../../../../runtime/random.ts";
import { drawTaskMs } from "../../cluster/task-times.ts";

interface Thread {
  readonly worker: Worker;
  /** What was sent before has arrived. */
  arrived: Promise<void>;
  isHung: boolean;
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
      const thread = this.#threads.get(worker);
      if (thread === undefined) {
        post.apply(worker, given);
        return;
      }
      const durationMs = command.kind === "run" ? drawTaskMs(command.task.kind, random) * this.factor : 0;
      thread.arrived = thread.arrived.then(async () => {
        if (durationMs > 0) await new Promise((resolve) => setTimeout(resolve, durationMs));
        if (thread.isHung) return;
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

  /** Undefined if there is none. */
  crashOne(index: number): string | undefined {
    const thread = this.#one(index);
    void thread?.worker.terminate(); // Whoever uses it hears of its end.
    return thread && `thread ${thread.worker.threadId}`;
  }

  hangOne(index: number): string | undefined {
    const thread = this.#one(index);
    if (thread !== undefined) thread.isHung = true;
    return thread && `thread ${thread.worker.threadId}`;
  }

  #one(index: number): Thread | undefined {
    return [...this.#threads.values()][index % this.#threads.size];
  }

  #add(worker: Worker): void {
    this.#threads.set(worker, { worker, arrived: Promise.resolve(), isHung: false });
    worker.once("exit", () => this.#threads.delete(worker));
  }
}
