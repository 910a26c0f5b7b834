/**
 * Tells the end of a run: its document, its lines, its exit code.
 *
 * Owns: which of them goes to which stream.
 *
 * R1. The document goes to standard output while that is free of results, else to standard error, which then has nothing
 *     else.
 */
import type { ToldError } from "../command-error.ts";
import { EXIT } from "../exit-codes.ts";
import { note, writeOut } from "../terminal.ts";
import type { Destination } from "./output-target.ts";
import { type RunReport, reportJson, reportLines } from "./run-report.ts";

export interface RunEnd {
  /** Undefined: the run is done. */
  readonly told: ToldError | undefined;
  readonly options: { readonly json?: boolean; readonly quiet?: boolean };
  /** Where results go, as far as that is known. */
  readonly places: { readonly destination?: Destination; readonly rejects?: Destination } | undefined;
}

/** Returns the exit code. */
export async function tellRun(report: RunReport, { told, options, places }: RunEnd): Promise<number> {
  const isOutputTaken = places?.destination?.kind === "standardOutput" || places?.rejects?.kind === "standardOutput";
  if (options.json && isOutputTaken) await writeOut(process.stderr, reportJson(report));
  else {
    if (told !== undefined) for (const line of told.lines) note(line);
    else if (!options.quiet && !options.json) for (const line of reportLines(report)) note(line);
    if (options.json) await writeOut(process.stdout, reportJson(report));
  }
  return told?.exitCode ?? EXIT.done;
}
