/**
 * The journal port: one log of records for each actor, written in atomic batches.
 *
 * Owns: the interface and its promises; `level-journal.ts` and `memory-journal.ts` implement it.
 * Never: looks into a payload, holds bulk bytes (see `segment-files.ts`).
 *
 * J1. A commit is all or nothing, over however many actors it spans.
 * J2. A commit resolves only when it is written (`process`) or on stable storage (`host`, and any with a `stable` record).
 * J3. Commits of one actor take effect in the order in which they were called.
 * J4. What `read` returns was written by `commit`, in this order, without a gap; only a lost tail cannot be seen,
 *     so whoever needs to know compares the last sequence with one that it kept elsewhere.
 * J5. After one failure of the storage nothing is acknowledged until the journal was closed and opened again.
 *     A commit rejected by such a failure may have happened or not; reading after the reopening tells.
 */

/** `process`: survives the death of the process. `host`: survives loss of power too (fsync at each batch). */
export type JournalDurability = "process" | "host";

export interface JournalRecord {
  /** Counts from 1 within an actor's log and goes on over a `replace`. */
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface JournalAppend {
  /** 1 to 512 bytes of well-formed UTF-8 without U+0000. */
  readonly actor: string;
  /** At most `JOURNAL_PAYLOAD_BYTES_MAX`; copied during the call of `commit`. */
  readonly payload: Uint8Array;
  /** Drops all earlier records of this actor in the same batch: the payload is a snapshot. */
  readonly replace?: boolean;
  /** On stable storage before the commit resolves, whatever the journal's durability: for what must never be said twice. */
  readonly stable?: boolean;
}

/** A record is a cost of memory at least three times over while it is written; bulk bytes belong into segments. */
export const JOURNAL_PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Why a log could not be believed from a record on.
 *
 * `format`: not a record of this version. `checksum`: bytes changed, or the record belongs under another key.
 * `sequence`: a record is missing. `chain`: the record is intact but does not follow the one before it.
 */
export type JournalBreakReason = "format" | "checksum" | "sequence" | "chain";

export interface JournalBreak {
  readonly actor: string;
  /** The sequence at which a believable record was expected; what came before it is kept. */
  readonly sequence: number;
  readonly reason: JournalBreakReason;
  /** How many stored records were deleted; the missing ones are not counted. */
  readonly discardedCount: number;
}

export interface JournalOptions {
  readonly durability?: JournalDurability;
  /** Told of each break after what cannot be believed has been deleted. */
  readonly onBreak?: (found: JournalBreak) => void;
  /** Told of the first failure since the opening (J5): whoever can is to close the journal and open it again. */
  readonly onFailure?: (error: unknown) => void;
  /** Commits waiting to be written; more are rejected with `JOURNAL_OVERLOADED`. */
  readonly pendingCommitsMax?: number;
}

export interface Journal {
  /**
   * Takes the lock of the journal; may be called again after `close`.
   *
   * Errors: `JOURNAL_LOCKED` names the directory and, where known, the holder's process id; `JOURNAL_UNREADABLE` when
   *         the storage cannot be read as a journal; `JOURNAL_FORMAT_UNKNOWN` when another version wrote it;
   *         `JOURNAL_FAILED` when it cannot be written just now, such as on a full disk (cause: `DISK_FULL`).
   */
  open(): Promise<void>;

  /**
   * The verified records of an actor, in order; none if it has no log.
   *
   * At a break in the chain, that record and all after it are deleted and `onBreak` is told.
   * A commit to an actor that has not been read since the opening verifies its log in the same way first.
   */
  read(actor: string): Promise<JournalRecord[]>;

  /** The actors that have records and whose names begin with `prefix`, in the order of their UTF-8 bytes. */
  actors(prefix: string): Promise<string[]>;

  /**
   * Writes one batch, all or nothing: first the logs of `drops` go, then `appends` are appended in order.
   *
   * Errors: `JOURNAL_FAILED` after any failure of the storage (the first error is the cause); `JOURNAL_OVERLOADED`;
   *         `JOURNAL_CLOSED`.
   */
  commit(appends: readonly JournalAppend[], drops?: readonly string[]): Promise<void>;

  /** Finishes what was called before, then gives the lock back. Does nothing if closed. */
  close(): Promise<void>;
}
