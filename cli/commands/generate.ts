/**
 * `generate`: writes random inputs and programs to standard output.
 *
 * Owns: back-pressure, and the end when nobody reads any more.
 */
import { generateInput, type InputOptions } from "../../programs/generate/generate-input.ts";
import { generateProgram, type ProgramOptions } from "../../programs/generate/generate-program.ts";
import { EXIT } from "../exit-codes.ts";
import { writeOut } from "../terminal.ts";

/** Characters written at once: chunks are smaller, and each write waits for its turn. */
const WRITE_CHARACTERS = 1 << 20;

/** Returns the exit code. */
export async function writeInput(options: InputOptions): Promise<number> {
  let pending = "";
  for (const chunk of generateInput(options)) {
    pending += chunk;
    if (pending.length < WRITE_CHARACTERS) continue;
    if (!(await writeOut(process.stdout, pending))) return EXIT.done;
    pending = "";
  }
  await writeOut(process.stdout, pending);
  return EXIT.done;
}

/** Returns the exit code. */
export async function writeProgram(options: ProgramOptions): Promise<number> {
  await writeOut(process.stdout, `${JSON.stringify(generateProgram(options), null, 2)}\n`);
  return EXIT.done;
}
