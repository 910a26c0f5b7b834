/**
 * Fetches stretches from a process that may be away for a while: asks again until it is back, or is given up.
 *
 * Owns: who is a member, and when a fetch is given up.
 * Never: keeps a byte; checks one.
 *
 * X2. A process that cannot be reached is asked again until it is no member any more, or FETCH_PATIENCE_MS have passed
 *     without a byte: then what it held cannot be had.
 *     The coordinator is waited for as long as nobody answers there, or it refuses: it may not have begun the job again.
 * X3. Bytes that a member says it does not have, or cannot read, cannot be had.
 * X4. What was taken before a fetch broke off is not asked for again.
 */
import { setMaxListeners } from "node:events";
import type { Clock } from "../../runtime/clock.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import { FETCH_PATIENCE_MS, FETCH_REFERENCES_MAX, FETCH_RETRY_MS } from "../options.ts";
import { type BlockSource, COORDINATOR_PEER, type Located } from "./messages.ts";

/** Bytes that cannot be had from `peer`; `code` is what it said, undefined if nobody goes on asking. */
export class Unavailable extends Error {
  readonly peer: string;
  readonly code: string | undefined;

  constructor(peer: string, cause: unknown) {
    super(`what ${peer} holds cannot be had: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "Unavailable";
    this.peer = peer;
    this.code = cause instanceof RuntimeError ? cause.code : undefined;
  }
}

export interface Wanted {
  readonly job: string;
  /** Each at most some MiB: it is held in memory until it is whole. */
  readonly references: readonly SegmentReference[];
  /** Nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Takes the bytes of one reference, in their order; they are the taker's. What it throws ends the fetch. */
  readonly take: (reference: SegmentReference, bytes: Uint8Array<ArrayBuffer>) => void;
}

const FINAL_CODES: ReadonlySet<string> = new Set(["BLOCK_GONE", "BLOCK_UNREADABLE"]);

export class PatientFetch {
  readonly #clock: Clock;
  readonly #source: BlockSource;
  /** Aborted when the process is given up. */
  readonly #peers = new Map<string, AbortController>();
  /** Members that are none any more. */
  readonly #gone = new Set<string>();

  constructor({ clock, source }: { readonly clock: Clock; readonly source: BlockSource }) {
    this.#clock = clock;
    this.#source = source;
  }

  noteDirectory(members: readonly Located[]): void {
    this.#source.noteDirectory(members);
    const present = new Set([COORDINATOR_PEER, ...members.map(({ id }) => id)]);
    for (const id of present) {
      this.#gone.delete(id);
      this.#present(id);
    }
    for (const [id, peer] of this.#peers) {
      if (present.has(id)) continue;
      this.#peers.delete(id);
      this.#gone.add(id);
      peer.abort();
    }
  }

  /** Errors: Unavailable; what `take` throws. */
  async fetch(peer: string, wanted: Wanted): Promise<void> {
    for (let first = 0; first < wanted.references.length; first += FETCH_REFERENCES_MAX) {
      const references = wanted.references.slice(first, first + FETCH_REFERENCES_MAX);
      await this.#fetchFew(peer, { ...wanted, references });
    }
  }

  async #fetchFew(peer: string, wanted: Wanted): Promise<void> {
    let sinceMs = this.#clock.nowMs();
    for (let rest = wanted.references; ; ) {
      // One of whom nobody has told yet is about to be told of: its blocks are known before it is only for a moment.
      if (this.#gone.has(peer)) throw new Unavailable(peer, "it is no member");
      const known = this.#present(peer);
      const { signal, unlink } = eitherOf(known.signal, wanted.signal);
      const intake = new Intake({ ...wanted, references: rest });
      const error = await this.#attempt(peer, { job: wanted.job, references: rest, signal }, intake);
      unlink();
      if (intake.failure !== undefined) throw intake.failure.error;
      if (error === undefined) return;
      if (wanted.signal.aborted) throw new Unavailable(peer, "nobody wants it any more");
      if (!(error instanceof RuntimeError) || FINAL_CODES.has(error.code)) throw new Unavailable(peer, error);
      if (intake.taken > 0 || isAwaited(peer, error)) sinceMs = this.#clock.nowMs();
      if (this.#clock.nowMs() - sinceMs > FETCH_PATIENCE_MS) throw new Unavailable(peer, error);
      rest = rest.slice(intake.taken);
      await this.#pause(wanted.signal, known.signal);
    }
  }

  #present(id: string): AbortController {
    const peer = this.#peers.get(id) ?? new AbortController();
    this.#peers.set(id, peer);
    return peer;
  }

  /** Why it broke off; undefined if all was taken. */
  async #attempt(peer: string, request: Parameters<BlockSource["fetch"]>[1], intake: Intake): Promise<unknown> {
    try {
      for await (const piece of this.#source.fetch(peer, request)) if (!intake.add(piece)) break;
      return intake.isWhole || intake.failure !== undefined
        ? undefined
        : new RuntimeError("BLOCK_GONE", "too few bytes");
    } catch (error) {
      return error;
    }
  }

  async #pause(...signals: readonly AbortSignal[]): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.#clock.clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#clock.setTimeout(end, FETCH_RETRY_MS);
      for (const signal of signals) signal.addEventListener("abort", end);
    });
  }
}

/** Puts pieces that know nothing of references together to the bytes of each. */
class Intake {
  readonly #wanted: Wanted;
  #bytes: Uint8Array<ArrayBuffer>;
  #filled = 0;
  /** References whose bytes were taken. */
  taken = 0;
  /** Of `take`. */
  failure: { readonly error: unknown } | undefined;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.#bytes = this.#next();
    this.#takeEmpty();
  }

  get isWhole(): boolean {
    return this.taken === this.#wanted.references.length;
  }

  /** False if nothing more is wanted. */
  add(piece: Uint8Array): boolean {
    for (let used = 0; used < piece.length && this.failure === undefined && !this.isWhole; ) {
      const count = Math.min(piece.length - used, this.#bytes.length - this.#filled);
      this.#bytes.set(piece.subarray(used, used + count), this.#filled);
      used += count;
      this.#filled += count;
      this.#takeWhole();
      this.#takeEmpty();
    }
    return this.failure === undefined;
  }

  #takeWhole(): void {
    if (this.#filled < this.#bytes.length) return;
    try {
      this.#wanted.take(this.#wanted.references[this.taken], this.#bytes);
      this.taken += 1;
      this.#filled = 0;
      this.#bytes = this.#next();
    } catch (error) {
      this.failure = { error };
    }
  }

  /** Of a reference without bytes nothing comes. */
  #takeEmpty(): void {
    while (this.failure === undefined && !this.isWhole && this.#bytes.length === 0) this.#takeWhole();
  }

  #next(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#wanted.references[this.taken]?.byteLength ?? 0);
  }
}

/** Without a coordinator nothing goes on: it is waited for, and also while it does not know the job again. */
function isAwaited(peer: string, { code }: RuntimeError): boolean {
  return peer === COORDINATOR_PEER && (code === "PEER_UNREACHABLE" || code === "FETCH_REFUSED");
}

/** Aborted when one of them is; `unlink` lets go of them. */
function eitherOf(...signals: readonly AbortSignal[]): { readonly signal: AbortSignal; unlink(): void } {
  const either = new AbortController();
  const abort = (): void => either.abort();
  // As many as there are fetches of a job, or from a process: no leak.
  setMaxListeners(0, ...signals);
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
  }
  return {
    signal: either.signal,
    unlink: () => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    },
  };
}
