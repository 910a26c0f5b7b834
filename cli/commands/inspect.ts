/**
 * `inspect`: what a data directory holds, or each of those below a directory. It never writes there.
 *
 * Owns: finding the data directories, and the exit code.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { type DirectoryReport, inspectDirectory } from "../../actors/inspect-directory.ts";
import { directoryPlaces } from "../../actors/open-directory.ts";
import { quoteText } from "../../programs/quote-text.ts";
import { CommandError } from "../command-error.ts";
import { EXIT } from "../exit-codes.ts";
import { inspectLines } from "../inspect/inspect-lines.ts";
import { coloursOf, writeOut } from "../terminal.ts";

export interface InspectOptions {
  readonly verify?: boolean;
  readonly json?: boolean;
}

/** Returns the exit code: that of a failure if anything is damaged. Errors: CommandError, those of `inspectDirectory`. */
export async function inspect(directory: string, { verify = false, json }: InspectOptions): Promise<number> {
  const reports: DirectoryReport[] = [];
  for (const place of dataDirectoriesAt(directory)) reports.push(await inspectDirectory(place, { verify }));
  const colours = coloursOf(process.stdout);
  const text = json
    ? JSON.stringify({ directories: reports }, null, 2)
    : reports.map((report) => inspectLines(report, colours).join("\n")).join("\n\n");
  await writeOut(process.stdout, `${text}\n`);
  return reports.every(({ healthy }) => healthy) ? EXIT.done : EXIT.failed;
}

/** The directory itself, or those right below it, as below $ACTOR_DATAFLOW_DATA_DIR. */
function dataDirectoriesAt(directory: string): string[] {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CommandError("DATA_DIRECTORY_UNUSABLE", `there is no directory ${quoteText(directory)}`);
  }
  if (isDataDirectory(directory)) return [directory];
  const below = readdirSync(directory).map((name) => path.join(directory, name));
  const found = below.filter(isDataDirectory).sort();
  if (found.length > 0) return found;
  throw new CommandError("DATA_DIRECTORY_UNUSABLE", `${quoteText(directory)} holds no journal`);
}

function isDataDirectory(directory: string): boolean {
  return existsSync(path.join(directoryPlaces(directory).journal, "CURRENT"));
}
