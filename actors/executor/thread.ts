/**
 * The entry of an executor thread: takes commands from its port, runs tasks in order, answers each.
 *
 * Owns: the order of tasks in a thread, one task runner a job.
 * Never: decides anything; a bug in a kernel ends the thread, and its actor sees it die.
 */
import { parentPort } from "node:worker_threads";
import { kernelMemoryMin } from "../../programs/kernels/working-memory.ts";
import type { CallRecorder } from "../../programs/registered/call-recorder.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { DiskMeter } from "../../runtime/journal/disk-meter.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import type { JobDescription } from "../job/messages.ts";
import { OUTPUT_RANGE_PAIRS } from "../options.ts";
import { KernelShares } from "./kernel-shares.ts";
import { functionsOf } from "./load-functions.ts";
import { loadKernels, type OpenKernels } from "./load-kernels.ts";
import type { ThreadCommand, ThreadEvent, ThreadInput } from "./messages.ts";
import { TaskRunner, taskFailure } from "./task-runner.ts";
import { NoteTaker, TaskStopped } from "./thread-notes.ts";

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error("an executor thread is started by its actor only");
  let begun: { readonly input: ThreadInput; readonly notes: NoteTaker; readonly shares: KernelShares } | undefined;
  const life = (): NonNullable<typeof begun> => {
    if (begun === undefined) throw new Error("an executor thread is told to begin before all else");
    return begun;
  };
  const progressed = (): void => life().notes.progressed();
  const runners = new Map<string, TaskRunner>();
  let openCount = 0;
  const answer = (event: ThreadEvent, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(event, transfer);

  const run = async ({ ticket, job, task, isRetry }: ThreadCommand & { kind: "run" }): Promise<void> => {
    const { notes, shares } = life();
    notes.begin(ticket);
    try {
      const runner = runners.get(job);
      if (runner === undefined) throw new Error(`job ${job} is not open on this thread`);
      const { memoryBytes, evicted } = shares.take(job);
      for (const other of evicted) runners.get(other)?.rest();
      const result = await runner.run(task, { memoryBytes, isRetry });
      const transfer = result.text.map(({ bytes }) => bytes.buffer);
      answer({ kind: "done", ticket, result }, transfer);
    } catch (error) {
      if (error instanceof TaskStopped) answer({ kind: "stopped", ticket });
      else answer({ kind: "failed", ticket, failure: taskFailure(error) });
    }
    notes.end();
  };
  const open = async (job: JobDescription): Promise<void> => {
    // A worker that is new opens its jobs anew; the runner of an open one goes on.
    if (runners.has(job.id)) return;
    openCount += 1;
    const { input, notes, shares } = life();
    shares.open(job.id, kernelMemoryMin(job.plan));
    const openKernels = await kernelsOf(job, input, notes);
    const name = `${job.id}-${input.segmentName}-o${openCount}`;
    const meter = new DiskMeter(input.disk);
    const { segmentDirectory: directory, durable, storesText } = input;
    const segments = { directory, name, durable, storesText, meter };
    const nowMs = (): number => systemClock.nowMs();
    const noteLines: NoteTaker["noteLines"] = (first, last) => notes.noteLines(first, last);
    const options = { job, openKernels, segments, progressed, noteLines, nowMs, rangePairs: OUTPUT_RANGE_PAIRS };
    runners.set(job.id, new TaskRunner(options));
  };
  const obey = async (command: ThreadCommand): Promise<void> => {
    switch (command.kind) {
      case "begin":
        begun = {
          input: command.input,
          notes: new NoteTaker(command.input.notes),
          shares: new KernelShares(command.input.kernelMemoryBytes),
        };
        return answer({ kind: "ready" });
      case "open":
        return await open(command.job);
      case "run":
        return await run(command);
      case "close":
        runners.get(command.job)?.close();
        runners.delete(command.job);
        life().shares.close(command.job);
        return;
      case "free":
        runners.get(command.job)?.free(command.below);
    }
  };

  let last: Promise<void> = Promise.resolve();
  port.on("message", (command: ThreadCommand) => {
    last = last.then(() => obey(command));
  });
}

/** What opens the job's kernels; where its functions are not here, that fails, and with it each of its tasks. */
async function kernelsOf(job: JobDescription, input: ThreadInput, recorder: CallRecorder): Promise<OpenKernels> {
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
