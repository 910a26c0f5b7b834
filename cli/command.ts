/**
 * The command `actor-dataflow`: runs what the command line says, and ends the process.
 *
 * Owns: the process: its exit code, and what happens to errors that nobody expected.
 */
import { CommanderError } from "commander";
import { tellError } from "./command-error.ts";
import { commandLine } from "./command-line.ts";
import { EXIT } from "./exit-codes.ts";
import { observeStandardStreams } from "./terminal.ts";

observeStandardStreams();
process.on("uncaughtException", (error) => {
  process.exit(report(error));
});
let isEnded = false;
// Node ends in success where nothing is left to wait for, even in the middle of a command.
process.once("exit", (code) => {
  if (!isEnded && code === EXIT.done) process.exitCode = EXIT.failed;
});
const exitCode = await main();
isEnded = true;
// What was written is on its way still, where a stream is a pipe; threads that linger must not hold the process. Whoever
// interrupts does not wait for a reader that has stopped reading.
const streams = exitCode === EXIT.interrupted ? [process.stderr] : [process.stdout, process.stderr];
for (const stream of streams) {
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
}
process.exit(exitCode);

async function main(): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = commandLine((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error);
    // Commander has written its words already.
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

function report(error: unknown): number {
  const { lines, exitCode } = tellError(error);
  for (const line of lines) process.stderr.write(`${line}\n`);
  return exitCode;
}
