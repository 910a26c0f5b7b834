/**
 * What a job is made of, and what it is told.
 *
 * Owns: the description of a job (plain data, sent to workers and journaled) and the job's messages.
 */
import { createHash } from "node:crypto";
import type { TextFormat } from "../../programs/kernels/kernel-set.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import type { Program, TextFormatName } from "../../programs/program.ts";
import type { RunReference, TaskFailure } from "../executor/messages.ts";
import type { OutputTotals, RejectSources } from "../output/messages.ts";

/** One input file, as it was when the job began. */
export interface InputFile {
  /** As the user named it, for messages. */
  readonly name: string;
  readonly absolutePath: string;
  readonly byteLength: number;
  readonly modifiedMs: number;
  /** SHA-256 of both ends, so that another file of the same size and time is noticed. */
  readonly endsHash: string;
  readonly compressed: boolean;
  /** Where data begins: behind a byte order mark and a header line. Bytes of the uncompressed text. */
  readonly dataStart: number;
  /** Lines before `dataStart`: 1 with a header. */
  readonly headerLines: number;
  readonly text: TextFormat;
}

/** `InputFile.endsHash` of a file that has these bytes at its ends; where it is short, they overlap. */
export function hashOfEnds(head: Uint8Array, tail: Uint8Array): string {
  return createHash("sha256").update(head).update(tail).digest("hex");
}

/** A task by its name in the job. */
export interface TaskName {
  readonly stage: number;
  readonly partition: number;
  readonly sequence: number;
}

/** A task that several workers had when one of them committed it. */
export interface TaskRace {
  readonly task: TaskName;
  readonly winner: string;
  /** Before all the one that was given it first, unless that is the winner. */
  readonly losers: readonly string[];
  /** Whether the winner was given it first. */
  readonly ownerWon: boolean;
}

/** Ends a job from outside. */
export interface JobAbandonment {
  readonly type: "job.abandon";
  readonly failure: TaskFailure;
}

/** A stretch of one file; a line belongs to the split in which its first byte lies. */
export interface Split {
  readonly file: number;
  /** Bytes of the file. A compressed file is one split, from 0 to its length. */
  readonly start: number;
  readonly end: number;
}

/** Whether a worker has the functions of the operator's own that a job calls. */
export function canRun(job: Pick<JobDescription, "functions">, worker: { readonly functions?: string }): boolean {
  return job.functions === undefined || job.functions === worker.functions;
}

export interface JobDescription {
  /** Names the job in journals: its identity, or what a cluster calls it. */
  readonly id: string;
  readonly program: Program;
  readonly plan: Plan;
  readonly files: readonly InputFile[];
  readonly splits: readonly Split[];
  /** D1. Bytes of one split. */
  readonly splitBytes: number;
  readonly outputFormat: TextFormatName;
  /** SHA-256 of the module of the operator's own functions, where the program names any. */
  readonly functions?: string;
}

/** What the output is made of. */
export interface OutputOrder {
  readonly runs: readonly RunReference[];
  readonly rejects: RejectSources;
}

export type JobOutcome =
  | { readonly kind: "done"; readonly output: OutputTotals }
  | {
      readonly kind: "failed";
      readonly failure: TaskFailure;
      /** Where it failed; undefined: it would fail on any worker, or on none. */
      readonly worker?: string;
    };
