/**
 * The entry of an executor thread: takes commands from its port, obeys them in order, answers through the port.
 *
 * Owns: the port, the order of commands, and how kernels are opened here.
 * Never: decides anything; a bug in a kernel ends the thread, and its actor sees it die.
 */
import { parentPort } from "node:worker_threads";
import { RuntimeError } from "../../runtime/errors.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import type { JobDescription } from "../job/messages.ts";
import { OUTPUT_RANGE_PAIRS } from "../options.ts";
import { functionsOf } from "./load-functions.ts";
import { loadKernels, type OpenKernels } from "./load-kernels.ts";
import type { ThreadCommand, ThreadEvent } from "./messages.ts";
import { type ThreadLife, ThreadLoop } from "./thread-loop.ts";

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error("an executor thread is started by its actor only");
  const answer = (event: ThreadEvent): void => {
    // What a result has of the output's text moves, and is not copied.
    port.postMessage(event, event.kind === "done" ? event.result.text.map(({ bytes }) => bytes.buffer) : []);
  };
  const nowMs = (): number => systemClock.nowMs();
  const loop = new ThreadLoop({ answer, kernelsOf, nowMs, rangePairs: OUTPUT_RANGE_PAIRS });
  let last: Promise<void> = Promise.resolve();
  port.on("message", (command: ThreadCommand) => {
    last = last.then(() => loop.obey(command));
  });
}

/** What opens the job's kernels; where its functions are not here, that fails, and with it each of its tasks. */
async function kernelsOf(job: JobDescription, { input, notes: recorder }: ThreadLife): Promise<OpenKernels> {
  const { kernels: module } = input;
  try {
    const functions = job.functions === undefined ? undefined : await functionsOf(job.functions, input.functions);
    return await loadKernels(job.plan, { module, functions: functions && { functions, recorder } });
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return () => {
      throw error;
    };
  }
}

serve();
