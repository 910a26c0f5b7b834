/**
 * Where the final bytes of a job go.
 *
 * Owns: the interface; `file-output.ts` and `stream-output.ts` implement it.
 *
 * O1. Bytes are written in order; nothing is visible at the destination before `commit` (a stream excepted).
 * O2. `open` can be called again after a crash of the writer: it keeps what it can of what was written.
 * O3. Calls are carried out one after the other: an `open` waits for the write that a dead writer has left under way.
 */
export interface OutputPort {
  /**
   * Opens for writing behind the first `keepBytes` bytes of an earlier attempt, if they have that CRC-32; returns how many
   * it kept: all or 0.
   */
  open(keepBytes: number, crc: number): Promise<number>;
  write(bytes: Uint8Array): Promise<void>;
  /** Everything is written: makes it appear. */
  commit(): Promise<void>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
  /** Ends without a commit; what was written may be kept by a later `open`. */
  close(): Promise<void>;
}
