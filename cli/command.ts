/**
 * The command `actor-dataflow`: runs what the command line says, and ends the process.
 *
 * Owns: the process: its exit code, and what happens to errors that nobody expected.
 */
import { type Command, CommanderError } from "commander";
import { errorOf, tellError } from "./command-error.ts";
import { commandLine } from "./command-line.ts";
import { EXIT } from "./exit-codes.ts";
import { observeStandardStreams, writeOut } from "./terminal.ts";

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
  let running: Command | undefined;
  const program = commandLine((code) => {
    exitCode = code;
  });
  program.hook("preAction", (_program, command) => {
    running = command;
  });
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    // Commander has written its words already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return running !== undefined && tellsDocument(running) ? await reportDocument(error, running) : report(error);
  }
}

/** A role tells where it listens, and not how it ends. */
function tellsDocument(command: Command): boolean {
  return command.opts<{ json?: boolean }>().json === true && command.name() !== "start";
}

/** Of an error of a command that has no document of its own for it. */
async function reportDocument(error: unknown, command: Command): Promise<number> {
  const told = tellError(error);
  const document = `${JSON.stringify({ status: "failed", error: errorOf(told) }, null, 2)}\n`;
  if (command.name() === "result" && (command.opts<{ output?: string }>().output ?? "-") === "-") {
    // Some of the result may be on standard output by now.
    await writeOut(process.stderr, document);
    return told.exitCode;
  }
  await writeOut(process.stdout, document);
  return report(error);
}

function report(error: unknown): number {
  const { lines, exitCode } = tellError(error);
  for (const line of lines) process.stderr.write(`${line}\n`);
  return exitCode;
}
