/**
 * Which pieces are being computed, which wait for their turn, and which one is written next.
 *
 * Owns: the order of the output.
 * Never: formats or writes.
 *
 * W1. Pieces are written in order, each once. A piece may come in several parts: what is left of it when one is written is
 *     asked for as the next one.
 * W2. At most `inFlightMax` pieces are being computed or wait for their turn: that bounds the finished text in memory.
 */
import type { OutputPiece } from "./messages.ts";

export class Pieces<Text> {
  readonly #pieces: readonly OutputPiece[];
  readonly #inFlightMax: number;
  /** By tag. */
  readonly #finished = new Map<string, Text>();
  /** By tag: what is being computed. */
  readonly #started = new Map<string, OutputPiece>();
  #nextToStart: number;
  #nextToWrite: number;
  /** Parts written of the piece whose turn it is. */
  #partsWritten = 0;
  /** What is left of it. */
  #rest: OutputPiece | undefined;
  /** Whether the part whose turn it is has to be asked for. */
  #isDue = false;

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

  /** Pieces to be computed now (W2), each with a tag of its own. */
  startable(): { readonly tag: string; readonly piece: OutputPiece }[] {
    const started = [];
    if (this.#isDue) started.push({ tag: this.#turn, piece: this.#rest ?? this.#pieces[this.#nextToWrite] });
    this.#isDue = false;
    while (this.#nextToStart < this.#pieces.length && this.#nextToStart - this.#nextToWrite < this.#inFlightMax) {
      started.push({ tag: tagOf(this.#nextToStart, 0), piece: this.#pieces[this.#nextToStart] });
      this.#nextToStart += 1;
    }
    for (const { tag, piece } of started) this.#started.set(tag, piece);
    return started;
  }

  /** Pieces that were started and are not there yet. */
  unfinished(): { readonly tag: string; readonly piece: OutputPiece }[] {
    return [...this.#started].map(([tag, piece]) => ({ tag, piece }));
  }

  /** Takes a text once; false for one that is there or was written already, which is ignored. */
  finish(tag: string, text: Text): boolean {
    this.#started.delete(tag);
    if (this.#finished.has(tag) || !(tag === this.#turn || indexOf(tag) > this.#nextToWrite)) return false;
    this.#finished.set(tag, text);
    return true;
  }

  /** The text whose turn it is cannot be had any more: it is asked for again. */
  lose(): void {
    this.#finished.delete(this.#turn);
    this.#isDue = true;
  }

  /** The text whose turn it is (W1), if it is there. */
  next(): Text | undefined {
    return this.#finished.get(this.#turn);
  }

  /** The text of the piece behind it, if it is there. */
  following(): Text | undefined {
    return this.#finished.get(tagOf(this.#nextToWrite + 1, 0));
  }

  /** `rest`: the range of the piece that is left. */
  written(rest?: OutputPiece["range"]): void {
    this.#finished.delete(this.#turn);
    if (rest === undefined) {
      this.#nextToWrite += 1;
      this.#partsWritten = 0;
      this.#rest = undefined;
      return;
    }
    this.#rest = { ...this.#pieces[this.#nextToWrite], range: rest };
    this.#isDue = true;
    this.#partsWritten += 1;
  }

  get #turn(): string {
    return tagOf(this.#nextToWrite, this.#partsWritten);
  }
}

function tagOf(index: number, part: number): string {
  return `${index}.${part}`;
}

function indexOf(tag: string): number {
  return Number(tag.slice(0, tag.indexOf(".")));
}
