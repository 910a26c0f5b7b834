/**
 * Where the pairs that leave a stage go: one implementation for each kind of sink that a plan knows.
 *
 * Owns: the interface.
 */
import type { Integer } from "./integer.ts";

/** S1. What a sink emits depends on the sequence of pairs alone. */
export interface PairSink {
  /** Pairs (or partial aggregates) emitted so far. */
  readonly pairsOut: number;
  take(key: Integer, value: Integer): void;
  /** Emits what is left. */
  finish(): void;
}
