/**
 * Where the pairs that leave a stage go: one implementation for each kind of sink that a plan knows.
 *
 * Owns: the interface.
 */
import type { PairColumns } from "./instance.ts";

/** S1. What a sink emits depends on the sequence of pairs alone, never on how it is cut into batches. */
export interface PairSink {
  /** Pairs (or partial aggregates) emitted so far. */
  readonly pairsOut: number;
  /** Takes at most a batch; may overwrite the columns. */
  take(columns: PairColumns, count: number): void;
  /** Emits what is left and gives all memory back. */
  finish(): void;
}
