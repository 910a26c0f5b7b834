/**
 * One fetch at the server: reads what it names and sends it, as far as there is credit.
 *
 * Owns: how far it is, and what may be under way.
 * Never: knows files or sockets; decides who may fetch.
 *
 * N1. No more bytes are under way than the fetcher's window: a fetcher that does not read stops its own fetches.
 * N2. Small references share a piece; large ones are cut into pieces.
 * N3. The memory of a piece is used again when the fetcher says that it has read it. One that lies about that spoils
 *     only what it fetches itself: memory never passes from one connection to another.
 * N4. A failure is told at its reference, after all bytes before that were sent.
 */
import { RuntimeError } from "../errors.ts";
import type { SegmentReference } from "../journal/segment-files.ts";
import { PIECE_BYTES_MAX, PIECE_REFERENCES_MAX, SPARE_PIECES_MAX } from "./limits.ts";
import { bytesOf, type FetchFailureCode } from "./protocol.ts";

/** A stretch of one reference, to be read into one place of a piece. */
export interface BlockRead {
  readonly job: string;
  readonly reference: SegmentReference;
  /** Of the stretch within the reference. */
  readonly offset: number;
  /** As long as the stretch. */
  readonly target: Uint8Array;
}

export interface SendingOptions {
  readonly job: string;
  readonly references: readonly SegmentReference[];
  readonly windowBytes: number;
  readonly read: (request: BlockRead) => Promise<void> | void;
  readonly onUnreadable?: (request: BlockRead, error: unknown) => void;
  readonly send: (bytes: Buffer) => void;
  readonly fail: (code: FetchFailureCode, index: number) => void;
  /** Pieces of the connection that are free; see N3. */
  readonly spares: Buffer[];
}

interface Part {
  readonly index: number;
  readonly read: BlockRead;
}

export class Sending {
  readonly windowBytes: number;
  readonly #options: SendingOptions;
  /** Smaller than the window, so that one piece is read while another is under way. */
  readonly #pieceBytesMax: number;
  /** Sent, and not all of it read. */
  readonly #underWay: { readonly memory: Buffer; unread: number }[] = [];
  #credit: number;
  #remaining: number;
  /** Where the next piece begins. */
  #index = 0;
  #offset = 0;
  #cancelled = false;
  #wake: (() => void) | undefined;

  constructor(options: SendingOptions) {
    this.windowBytes = options.windowBytes;
    this.#options = options;
    this.#pieceBytesMax = Math.min(PIECE_BYTES_MAX, Math.floor(options.windowBytes / 2));
    this.#credit = options.windowBytes;
    this.#remaining = bytesOf(options.references);
  }

  /** Resolves when all is sent, or failed, or cancelled; never rejects. */
  async run(): Promise<void> {
    while (!this.#cancelled && this.#remaining > 0) {
      const byteLength = Math.min(this.#pieceBytesMax, this.#remaining);
      if (this.#credit < byteLength) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (!(await this.#sendPiece(byteLength))) return;
    }
  }

  /** False if more is returned than was taken. */
  addCredit(byteLength: number): boolean {
    if (this.#credit + byteLength > this.windowBytes) return false;
    this.#credit += byteLength;
    this.#reclaim(byteLength);
    this.#awake();
    return true;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#awake();
  }

  #reclaim(byteLength: number): void {
    let rest = byteLength;
    for (let first = this.#underWay[0]; first !== undefined && rest > 0; first = this.#underWay[0]) {
      const read = Math.min(rest, first.unread);
      rest -= read;
      first.unread -= read;
      if (first.unread > 0) return;
      this.#underWay.shift();
      if (this.#options.spares.length < SPARE_PIECES_MAX) this.#options.spares.push(first.memory);
    }
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Returns whether to go on. */
  async #sendPiece(byteLengthMax: number): Promise<boolean> {
    const { memory, piece, parts } = this.#cut(byteLengthMax);
    const failed = await this.#read(parts);
    if (this.#cancelled) return false;
    const whole =
      failed === undefined ? piece : piece.subarray(0, failed.part.read.target.byteOffset - piece.byteOffset);
    if (whole.length > 0) {
      this.#credit -= whole.length;
      this.#remaining -= whole.length;
      this.#underWay.push({ memory, unread: whole.length });
      this.#options.send(whole);
    }
    if (failed === undefined) return true;
    this.#options.onUnreadable?.(failed.part.read, failed.error);
    this.#options.fail(isGone(failed.error) ? "BLOCK_GONE" : "BLOCK_UNREADABLE", failed.part.index);
    return false;
  }

  /** The next piece, not yet filled, and what goes where in it. */
  #cut(byteLengthMax: number): { readonly memory: Buffer; readonly piece: Buffer; readonly parts: readonly Part[] } {
    const { job, references } = this.#options;
    const stretches: { readonly index: number; readonly offset: number; readonly byteLength: number }[] = [];
    let pieceBytes = 0;
    while (pieceBytes < byteLengthMax && stretches.length < PIECE_REFERENCES_MAX) {
      const rest = references[this.#index]!.byteLength - this.#offset;
      const byteLength = Math.min(rest, byteLengthMax - pieceBytes);
      if (byteLength > 0) stretches.push({ index: this.#index, offset: this.#offset, byteLength });
      pieceBytes += byteLength;
      this.#offset += byteLength;
      if (byteLength === rest) {
        this.#index += 1;
        this.#offset = 0;
      }
    }
    const memory = this.#memoryFor(pieceBytes);
    const piece = memory.subarray(0, pieceBytes);
    let position = 0;
    const parts = stretches.map(({ index, offset, byteLength }) => {
      const target = piece.subarray(position, position + byteLength);
      position += byteLength;
      return { index, read: { job, reference: references[index]!, offset, target } };
    });
    return { memory, piece, parts };
  }

  /** Large pieces from the spares: fresh memory costs more than filling it. */
  #memoryFor(byteLength: number): Buffer {
    if (byteLength < PIECE_BYTES_MAX / 8) return Buffer.allocUnsafeSlow(byteLength);
    const spare = this.#options.spares.findIndex(({ length }) => length >= byteLength);
    return spare === -1 ? Buffer.allocUnsafeSlow(byteLength) : this.#options.spares.splice(spare, 1)[0]!;
  }

  /** The first part that could not be read. */
  async #read(parts: readonly Part[]): Promise<{ readonly part: Part; readonly error: unknown } | undefined> {
    const outcomes = await Promise.allSettled(parts.map(async ({ read }) => this.#options.read(read)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "rejected") return { part: parts[index]!, error: outcome.reason };
    }
    return undefined;
  }
}

/** What is no longer there, or not as long as it was: to be made again. */
function isGone(error: unknown): boolean {
  return error instanceof RuntimeError && (error.code === "SEGMENT_MISSING" || error.code === "SEGMENT_TRUNCATED");
}
