/**
 * The process's standard streams, as the commands use them.
 *
 * Owns: what happens when the reader of a stream goes away, and whether colours are used.
 */
import picocolors from "picocolors";
import { CommandError } from "./command-error.ts";

/** Writes and waits until the stream takes more; true, or false when nobody reads any more. Errors: CommandError OUTPUT_FAILED. */
export async function writeOut(stream: NodeJS.WriteStream, text: string | Uint8Array): Promise<boolean> {
  return await new Promise<boolean>((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === undefined || error === null) resolve(true);
      else if (isClosedPipe(error)) resolve(false);
      else reject(new CommandError("OUTPUT_FAILED", `cannot write the output: ${error.message}`));
    });
  });
}

/** A line for people. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function isClosedPipe(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && (cause.code === "EPIPE" || cause.code === "ERR_STREAM_DESTROYED")) return true;
  }
  return false;
}

let standardOutputClosed = false;

/** Whether the reader of standard output has gone, as `head` does. */
export function isStandardOutputClosed(): boolean {
  return standardOutputClosed;
}

/** Errors of the standard streams are seen where they are written to; unobserved, they would end the process. */
export function observeStandardStreams(): void {
  process.stdout.on("error", (error) => {
    standardOutputClosed ||= isClosedPipe(error);
  });
  process.stderr.on("error", () => undefined);
}

/** Colours for standard error or standard output. Sources: no-color.org, force-color.org. */
export function coloursOf(stream: NodeJS.WriteStream): ReturnType<typeof picocolors.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return picocolors.createColors(false);
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  return picocolors.createColors(forced || (stream.isTTY === true && TERM !== "dumb"));
}
