/**
 * Says of a task that ends every executor what it was about: the function it died in, the pair, the lines that it read.
 *
 * Owns: the words.
 * Never: reads a file: what is known is what the last thread noted.
 */
import { quoteText } from "../../programs/quote-text.ts";
import type { CallUnderWay, Task, ThreadNotes } from "../executor/messages.ts";
import type { JobDescription } from "../job/messages.ts";
import { TASK_ATTEMPTS_MAX } from "../options.ts";

export interface Poison {
  readonly tag: string;
  readonly task: Task;
  /** Of the last executor. */
  readonly notes: Pick<ThreadNotes, "call" | "lines">;
  /** How the last executor ended. */
  readonly reason: string;
}

export function describePoison(job: JobDescription, { tag, task, notes, reason }: Poison): string {
  const call = notes.call();
  const subject = call === undefined ? `task ${tag}` : describeCall(job, call);
  const times = `${TASK_ATTEMPTS_MAX} executors`;
  return `${subject} ended ${times}, reading ${describePlace(job, task, notes)}; the last one by: ${reason}`;
}

/** `function SPLIT of operations[1] (map SPLIT), on <1, 2>,` */
function describeCall({ plan }: JobDescription, { operation, key, value }: CallUnderWay): string {
  const { place, text } = plan.operations[operation];
  let pair = "a pair of long integers";
  if (key !== undefined) pair = value === undefined ? `the values of key ${key}` : `<${key}, ${value}>`;
  return `the function of ${place} (${text}) on ${pair}`;
}

function describePlace({ files, splits }: JobDescription, task: Task, notes: Pick<ThreadNotes, "lines">): string {
  if (task.kind === "reduce") {
    const last = task.partition + task.span - 1;
    const partitions = task.span === 1 ? `partition ${task.partition}` : `partitions ${task.partition} to ${last}`;
    return `${partitions} of stage ${task.stage}`;
  }
  if (task.kind !== "split") return "the output's runs";
  const { file, start, end } = splits[task.split];
  // Of a copy it is not known which lines of the file they are.
  const lines = task.copy === undefined ? notes.lines() : undefined;
  const range = lines === undefined ? "" : ` lines ${lines.first} to ${lines.last ?? "the last"},`;
  return `${quoteText(files[file].name)},${range} bytes ${start} to ${end}`;
}
