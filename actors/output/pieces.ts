/**
 * Which pieces are being computed, which wait for their turn, and which one is written next.
 *
 * Owns: the order of the output.
 * Never: formats or writes.
 *
 * W1. Pieces are written in order, each once.
 * W2. At most `inFlightMax` pieces are being computed or wait for their turn: that bounds the finished text in memory.
 */
import type { OutputPiece } from "./messages.ts";

export class Pieces<Text> {
  readonly #pieces: readonly OutputPiece[];
  readonly #inFlightMax: number;
  readonly #finished = new Map<number, Text>();
  #nextToStart: number;
  #nextToWrite: number;

  constructor(pieces: readonly OutputPiece[], options: { readonly done: number; readonly inFlightMax: number }) {
    this.#pieces = pieces;
    this.#inFlightMax = options.inFlightMax;
    this.#nextToStart = options.done;
    this.#nextToWrite = options.done;
  }

  /** The same pieces, of which the first `done` are written already. */
  resumedAt(done: number): Pieces<Text> {
    return new Pieces<Text>(this.#pieces, { done, inFlightMax: this.#inFlightMax });
  }

  get count(): number {
    return this.#pieces.length;
  }

  get done(): number {
    return this.#nextToWrite;
  }

  get isComplete(): boolean {
    return this.#nextToWrite >= this.#pieces.length;
  }

  /** Pieces to be computed now (W2). */
  startable(): { readonly index: number; readonly piece: OutputPiece }[] {
    const started = [];
    while (this.#nextToStart < this.#pieces.length && this.#nextToStart - this.#nextToWrite < this.#inFlightMax) {
      started.push({ index: this.#nextToStart, piece: this.#pieces[this.#nextToStart] });
      this.#nextToStart += 1;
    }
    return started;
  }

  finish(index: number, text: Text): void {
    if (index >= this.#nextToWrite) this.#finished.set(index, text);
  }

  /** The text whose turn it is (W1), if it is there. */
  next(): Text | undefined {
    return this.#finished.get(this.#nextToWrite);
  }

  written(): void {
    this.#finished.delete(this.#nextToWrite);
    this.#nextToWrite += 1;
  }
}
