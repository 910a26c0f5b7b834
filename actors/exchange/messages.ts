/**
 * How a worker gets bytes that other workers hold.
 *
 * Owns: the port that the worker's side of the tree speaks to, and the one that it is built on.
 */
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { PoolCommand } from "../executor-pool/messages.ts";

export type SubmitCommand = Extract<PoolCommand, { readonly type: "pool.submit" }>;

export interface WorkerExchange {
  /**
   * Brings here what a task needs, then passes the task on. What cannot be had fails the task and is named as its damage:
   * its job has it made again.
   */
  submit(command: SubmitCommand, pass: (command: SubmitCommand) => void): void;
  /** Who can be asked, by worker id; whoever is not named is given up. */
  noteDirectory(members: readonly { readonly id: string; readonly exchange: string }[]): void;
  /** Frees what was brought here for a job. */
  close(job: string): void;
}

/** How the coordinator gets what it writes itself. */
export interface ReferenceExchange {
  /** Brings bytes here, to the same places in files of the same names. Errors: SEGMENT_DAMAGED, for what cannot be had. */
  bring(job: string, references: readonly SegmentReference[]): Promise<void>;
  /** See `WorkerExchange`. */
  noteDirectory(members: readonly { readonly id: string; readonly exchange: string }[]): void;
  close(job: string): void;
}

/** Bytes of another worker's segments. */
export interface BlockSource {
  /** Where workers serve now, by worker id, as `host:port`. */
  noteDirectory(members: readonly { readonly id: string; readonly exchange: string }[]): void;
  /** The bytes of all references, one after the other, in buffers that know nothing of where references begin. */
  fetch(
    worker: string,
    request: { readonly job: string; readonly references: readonly SegmentReference[]; readonly signal: AbortSignal },
  ): AsyncIterable<Uint8Array>;
}
