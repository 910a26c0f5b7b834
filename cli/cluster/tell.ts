/**
 * Tells what a coordinator has answered: lines for people, or one JSON document.
 *
 * Owns: that choice.
 */
import { EXIT } from "../exit-codes.ts";
import { writeOut } from "../terminal.ts";
import type { ConnectionOptions } from "./connection.ts";

export interface LookOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** Returns the exit code. */
export async function tell({ json }: LookOptions, answer: unknown, lines: () => readonly string[]): Promise<number> {
  await writeOut(process.stdout, json ? `${JSON.stringify(answer, null, 2)}\n` : `${lines().join("\n")}\n`);
  return EXIT.done;
}
