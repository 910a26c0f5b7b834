/**
 * What a run did, as data and as lines for people.
 *
 * Owns: the shape of `run --json`; members are only ever added.
 */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { quoteText } from "../../programs/quote-text.ts";
import { bytesText, countOf, countText, durationText } from "./numbers.ts";

export interface RunReport {
  readonly status: "done" | "failed" | "interrupted";
  readonly program: string;
  readonly job: string | null;
  /** A path, or `-` for standard output. */
  readonly output: string | null;
  /** Null: rejects were only counted, or there can be none. */
  readonly rejectsFile: string | null;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly rejected: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly partitions: number;
  readonly stages: number;
  readonly workers: number;
  /** Of the stages; those of the output are not counted. */
  readonly tasks: number;
  readonly tasksTakenOver: number;
  /** Made again because they were lost or damaged. */
  readonly tasksRepeated: number;
  readonly shuffledBytes: number;
  /**
   * What the journal of an earlier run had lost or held damaged, and was computed again: records cut off, journals that
   * could not be read at all, tasks whose commit was gone, tasks whose stored result was not what had been written.
   */
  readonly repaired: {
    readonly records: number;
    readonly journals: number;
    readonly tasksLost: number;
    readonly resultsDamaged: number;
  };
  /** On disk at the end of the job: journal and blocks; here and below, 0 where they lie on other hosts. */
  readonly journaledBytes: number;
  /** On disk at once, at most: blocks, and the journal as it is at the end. */
  readonly diskPeakBytes: number;
  readonly restarts: { readonly executors: number; readonly actors: number };
  /** The data directory, where a run that is done has left its journal. */
  readonly journal?: string;
  /** Of the whole process. */
  readonly elapsedMs: number;
  readonly error?: { readonly code: string; readonly messages: readonly string[] };
}

export const EMPTY_REPORT = {
  ...{ job: null, output: null, rejectsFile: null, rowsIn: 0, rowsOut: 0, rejected: 0, bytesRead: 0, bytesWritten: 0 },
  ...{
    partitions: 0,
    stages: 0,
    workers: 0,
    tasks: 0,
    tasksTakenOver: 0,
    tasksRepeated: 0,
    shuffledBytes: 0,
    journaledBytes: 0,
    diskPeakBytes: 0,
  },
  restarts: { executors: 0, actors: 0 },
  repaired: { records: 0, journals: 0, tasksLost: 0, resultsDamaged: 0 },
} as const;

export function reportJson(report: RunReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Of a run that is done. */
export function reportLines(report: RunReport): string[] {
  const { output, rejectsFile, restarts } = report;
  const target = output === "-" ? "standard output" : quoteText(output ?? "");
  const takenOver = report.tasksTakenOver > 0 ? ` (${countText(report.tasksTakenOver)} from an earlier run)` : "";
  const lines = [
    `${countOf(report.rowsIn, "row")} in, ${countText(report.rowsOut)} out to ${target} in ${durationText(report.elapsedMs)}`,
    [
      countOf(report.stages, "stage"),
      countOf(report.partitions, "partition"),
      countOf(report.workers, "worker"),
      `${countOf(report.tasks, "task")}${takenOver}`,
      `shuffled ${bytesText(report.shuffledBytes)}`,
      `at most ${bytesText(report.diskPeakBytes)} on disk`,
    ].join(", "),
  ];
  if (report.rejected > 0) {
    const place = rejectsFile === null ? "only counted; name a file with --rejects" : `see ${quoteText(rejectsFile)}`;
    lines.push(`${countText(report.rejected)} rejected: ${place}`);
  }
  if (restarts.executors + restarts.actors > 0) {
    lines.push(`restarted ${countOf(restarts.executors, "executor")}, ${countOf(restarts.actors, "other actor")}`);
  }
  const repairs = repairLine(report);
  if (repairs !== undefined) lines.push(repairs);
  if (report.journal !== undefined) lines.push(`the journal is kept in ${quoteText(report.journal)}`);
  return lines;
}

function repairLine({ repaired }: RunReport): string | undefined {
  const { records, journals, tasksLost, resultsDamaged } = repaired;
  const found = [
    journals > 0 ? "a journal that could not be read" : "",
    records > 0 ? countOf(records, "broken journal record") : "",
    tasksLost > 0 ? `${countOf(tasksLost, "task")} lost from the journal` : "",
    resultsDamaged > 0 ? countOf(resultsDamaged, "damaged stored result") : "",
  ].filter((text) => text !== "");
  return found.length === 0 ? undefined : `found ${found.join(", ")}: computed again`;
}

/** Bytes of all files below a directory; what vanishes meanwhile counts for nothing. */
export function directoryBytes(directory: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const place = path.join(directory, entry.name);
      bytes += entry.isDirectory() ? directoryBytes(place) : (statSync(place, { throwIfNoEntry: false })?.size ?? 0);
    }
  } catch {
    return bytes;
  }
  return bytes;
}
