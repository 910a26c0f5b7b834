/**
 * `run`: one program on this machine, coordinator and workers embedded.
 *
 * Owns: what begins before anything is known of the program: one thread, which loads its modules while this one does.
 */
import { createThreadSource } from "../../actors/executor/thread-source.ts";
import type { RunOptions } from "../run/run-settings.ts";

/** Any job needs one thread; those of small ones need no more. */
const THREADS_AHEAD = 1;

/** Returns the exit code. */
export async function run(file: string, options: RunOptions): Promise<number> {
  const threads = createThreadSource(THREADS_AHEAD);
  try {
    const { runProgram } = await import("../run/run-program.ts");
    return await runProgram(file, options, threads);
  } finally {
    await threads.close();
  }
}
