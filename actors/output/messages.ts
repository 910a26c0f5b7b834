/**
 * What an output is given and what it tells its job.
 *
 * Owns: the types.
 */
import type { PlannedRange, RunReference, TaskFailure } from "../executor/messages.ts";
import type { TaskCommit } from "../partition/messages.ts";

/** One piece of the output, in order: a range over some runs, or (order `none`) one run as it stands. */
export interface OutputPiece {
  readonly range: PlannedRange["range"] | undefined;
  /** Indexes into the order's runs, for where a run lies may change when a worker is lost; absent for all of them. */
  readonly runs?: readonly number[];
}

export type OutputCommand =
  /** Where the blocks are now. What was being computed is computed again. */
  { readonly type: "output.order"; readonly runs: readonly RunReference[]; readonly rejects: RejectSources };

export interface OutputTotals {
  readonly pairsWritten: number;
  readonly bytesWritten: number;
  readonly piecesDone: number;
  readonly pieceCount: number;
}

/** What the rejects file is made of: commits with rejects, and the lines that precede each split in its file. */
export interface RejectSources {
  readonly commits: readonly TaskCommit[];
  readonly linesBefore: readonly number[];
}

export type OutputFact =
  | { readonly type: "output.written"; readonly totals: OutputTotals }
  | { readonly type: "output.ended"; readonly totals: OutputTotals }
  /** Something to be written is damaged (`failure.damage`): the output waits for `output.order`. */
  | { readonly type: "output.starved"; readonly failure: TaskFailure }
  /** With the worker on which a piece failed, where one did. */
  | { readonly type: "output.broken"; readonly failure: TaskFailure; readonly worker?: string };

/** The name of the output's log in the coordinator's journal. */
export function outputLog(job: string): string {
  return `output/${job}`;
}
