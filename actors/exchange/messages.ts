/**
 * How a process gets bytes that others hold.
 *
 * Owns: the ports that the sides of the tree speak to, and the one that they are built on.
 */
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { PoolCommand } from "../executor-pool/messages.ts";
import type { JobDescription } from "../job/messages.ts";

export type SubmitCommand = Extract<PoolCommand, { readonly type: "pool.submit" }>;

/** The coordinator, where a worker's id may stand as well; no worker's id has such letters. */
export const COORDINATOR_PEER = "coordinator";

/** A worker, and where it serves blocks, as `host:port`. */
export interface Located {
  readonly id: string;
  readonly exchange: string;
}

export interface WorkerExchange {
  /** A job's tasks are about to come. */
  open(job: JobDescription): void;
  /**
   * Brings here what a task needs, then passes the task on. What cannot be had fails the task and is named as its damage:
   * its job has it made again.
   */
  submit(command: SubmitCommand, pass: (command: SubmitCommand) => void): void;
  /** The pool to which tasks were passed on has ended, and tells the end of none of them. */
  poolEnded(): void;
  /** Who can be asked; whoever is not named is given up. */
  noteDirectory(members: readonly Located[]): void;
  /** Whether a segment holds what another worker wrote: `free` and `close` delete those. */
  isForeign(segment: string): boolean;
  /** Resolves when nobody here holds these segments open for others, so that deleting them gives their room back. */
  release(segments: readonly string[]): Promise<void>;
  /** Frees what was brought here of stages before `below`; returns its bytes. */
  free(job: string, below: number): number;
  /** Frees what was brought here for a job, and brings no more. */
  close(job: string): void;
}

/** How the coordinator gets what it writes itself. */
export interface ReferenceExchange {
  /** Brings bytes here, to the same places in files of the same names. Errors: SEGMENT_DAMAGED, for what cannot be had. */
  bring(job: string, references: readonly SegmentReference[]): Promise<void>;
  /** The bytes of each, which are not kept here. Errors: as `bring`. */
  read(job: string, references: readonly SegmentReference[]): Promise<readonly Uint8Array<ArrayBuffer>[]>;
  /** See `WorkerExchange`. */
  noteDirectory(members: readonly Located[]): void;
  close(job: string): void;
}

/** Bytes that other processes serve. */
export interface BlockSource {
  /** Where workers serve now. */
  noteDirectory(members: readonly Located[]): void;
  /**
   * The bytes of all references, one after the other, in buffers that know nothing of where references begin.
   *
   * Errors: RuntimeError; `BLOCK_GONE` and `BLOCK_UNREADABLE` are final, after any other it may be asked again.
   */
  fetch(
    peer: string,
    request: { readonly job: string; readonly references: readonly SegmentReference[]; readonly signal: AbortSignal },
  ): AsyncIterable<Uint8Array>;
}
