/**
 * A role that `run --hosts` started on this host: it belongs to that run, and hears of it through standard input.
 *
 * Owns: what comes that way (the token, then `done`, or the end), and the role's directory.
 *
 * H1. When the other end closes, however it died, the role ends: nobody else would end it.
 * H2. What is journaled stays for the same run to resume with, unless that said `done`.
 */
import { rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { CommandError } from "../command-error.ts";
import { dataDirectoryRoot } from "../run/data-directory.ts";

/** The line that says that the run is done. */
export const DONE_LINE = "done";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const REMOVE_RETRIES_MAX = 5;

export interface Hosted {
  /** Below the root of data directories, the same for the same name. */
  readonly directory: string;
  /** To be called once the token has been read. */
  dismissed(): Promise<"done" | "abandoned">;
  /** H2. */
  remove(): Promise<void>;
}

/** Errors: CommandError USAGE; DATA_DIRECTORY_UNUSABLE. */
export function hostedDirectory(name: string): string {
  if (!NAME.test(name)) throw new CommandError("USAGE", "--hosted takes letters, digits, dots, dashes and underscores");
  return path.join(dataDirectoryRoot(), "hosted", name);
}

/** `name` tells the roles of a run, and of several runs, apart. Errors: those of `hostedDirectory`. */
export function hostedBy(name: string, standardInput: Readable): Hosted {
  const directory = hostedDirectory(name);
  return {
    directory,
    dismissed: () =>
      new Promise((resolve) => {
        createInterface({ input: standardInput })
          .on("line", (line) => {
            if (line === DONE_LINE) resolve("done");
          })
          .on("close", () => resolve("abandoned"));
      }),
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: REMOVE_RETRIES_MAX }),
  };
}
