/**
 * Starts executor threads, some of them before anybody asks: a thread takes as long to load its modules as the main
 * thread does, and does it beside it.
 *
 * Owns: where the thread's entry lies, and threads that nobody has taken yet.
 * Never: tells a thread what to do.
 */
import type { Worker } from "node:worker_threads";
import { startThread } from "../../runtime/start-thread.ts";

export interface ThreadSource {
  /** A thread that runs `thread.ts` and waits to be told to begin; from now on it is the caller's. */
  take(): Worker;
  /** Ends the threads that nobody has taken. */
  close(): Promise<void>;
}

/** `aheadCount` threads are started at once. */
export function createThreadSource(aheadCount = 0): ThreadSource {
  const spare = new Set<Worker>();
  for (let count = 0; count < aheadCount; count += 1) {
    const thread = startExecutorThread();
    spare.add(thread);
    // One that dies while nobody has it is not handed out; whatever it died of, the next one tells.
    thread.on("error", () => spare.delete(thread)).on("exit", () => spare.delete(thread));
  }
  return {
    take: () => {
      const [thread] = spare;
      if (thread === undefined) return startExecutorThread();
      spare.delete(thread);
      return thread;
    },
    close: async () => {
      const ended = [...spare].map((thread) => thread.terminate());
      spare.clear();
      await Promise.all(ended);
    },
  };
}

function startExecutorThread(): Worker {
  return startThread(new URL("./thread.js", import.meta.url));
}
