/**
 * Runs many commands one after the other in one process, as a process each would take too long: reads their arguments
 * as JSON from the file that is named, and writes the exit code of each to standard output.
 *
 * Never: asserts anything.
 */
import { readFileSync } from "node:fs";
import { tellError } from "../../cli/command-error.ts";
import { commandLine } from "../../cli/command-line.ts";
import { note, observeStandardStreams } from "../../cli/terminal.ts";

/** Standard error's line behind what one command said. */
export const END_OF_COMMAND = "-- end of command --";

const [file] = process.argv.slice(2);
if (file !== undefined) {
  observeStandardStreams();
  const exitCodes: number[] = [];
  for (const words of JSON.parse(readFileSync(file, "utf8")) as string[][]) {
    exitCodes.push(await run(words));
    note(END_OF_COMMAND);
  }
  process.stdout.write(JSON.stringify(exitCodes), () => process.exit(0));
}

async function run(words: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = commandLine((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    const told = tellError(error);
    for (const line of told.lines) note(line);
    return told.exitCode;
  }
}
