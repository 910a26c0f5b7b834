/**
 * The entry of an executor thread: takes tasks from its port, runs them in order, answers each.
 *
 * Owns: the order of tasks in a thread.
 * Never: decides anything; a bug in a kernel ends the thread, and its actor sees it die.
 */
import { parentPort, workerData } from "node:worker_threads";
import { OUTPUT_RANGE_PAIRS } from "../options.ts";
import { openKernels } from "./load-kernels.ts";
import type { ThreadCommand, ThreadEvent, ThreadInput } from "./messages.ts";
import { TaskRunner, taskFailure } from "./task-runner.ts";

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error("an executor thread is started by its actor only");
  const input = workerData as ThreadInput;
  const progress = new Int32Array(input.progress);
  const runner = new TaskRunner({
    job: input.job,
    kernels: openKernels(input.kernels as WebAssembly.Module, input.job.plan),
    segments: { directory: input.segmentDirectory, name: input.segmentName, durable: input.durable },
    progressed: () => Atomics.add(progress, 0, 1),
    rangePairs: OUTPUT_RANGE_PAIRS,
  });
  const answer = (event: ThreadEvent, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(event, transfer);
  const runOne = async ({ ticket, task }: ThreadCommand): Promise<void> => {
    try {
      const result = await runner.run(task);
      answer(
        { kind: "done", ticket, result },
        result.text.map((bytes) => bytes.buffer as ArrayBuffer),
      );
    } catch (error) {
      answer({ kind: "failed", ticket, failure: taskFailure(error) });
    }
  };
  let last: Promise<void> = Promise.resolve();
  port.on("message", (command: ThreadCommand) => {
    last = last.then(() => runOne(command));
  });
  answer({ kind: "ready" });
}

serve();
