/**
 * Starts a worker thread from a file of this program.
 *
 * Owns: which options of the process a thread takes over, and that what it prints goes to standard error.
 */
import { Worker } from "node:worker_threads";

/** `given` is the thread's `workerData`, copied. */
export function startThread(entry: URL, given?: unknown): Worker {
  // A thread has the options of its process, but this one is for programs given as text, and refuses a file.
  const execArgv = process.execArgv.filter((option) => !option.startsWith("--input-type"));
  const thread = new Worker(entry, { execArgv, workerData: given, stdout: true });
  // Of the process, a result may have the whole standard output; listeners of each thread's own make no warning.
  thread.stdout.on("data", (text: Uint8Array) => process.stderr.write(text));
  return thread;
}
