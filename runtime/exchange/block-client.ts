/**
 * Fetches stretches of segment files from peers: whoever wants bytes dials whoever has them, since what a server sends
 * over a websocket need not be masked.
 *
 * Owns: a link to each peer that is fetched from.
 * Never: checks the bytes, their consumer does; asks a second time: its caller knows who else may have them.
 *
 * Where: receiving a GB takes about a second of the thread that fetches. The main thread will do for little; where much
 * is fetched, a worker thread is better, best the one that uses the bytes.
 * Source: docs/decisions/0010-block-exchange.md
 */
import type { Clock } from "../clock.ts";
import type { SegmentReference } from "../journal/segment-files.ts";
import type { DialTarget } from "../socket/dial.ts";
import type { ProcessIdentity } from "../socket/peer.ts";
import { ExchangeError } from "./exchange-error.ts";
import {
  IDLE_TIMEOUT_MS,
  PEER_BYTES_MAX,
  PEER_FETCHES_MAX,
  REFERENCES_MAX,
  STALL_TIMEOUT_MS,
  WINDOW_BYTES_MIN,
} from "./limits.ts";
import { PeerLink } from "./peer-link.ts";
import { bytesOf } from "./protocol.ts";
import { Receiving } from "./receiving.ts";

export interface BlockClientOptions {
  /** Who we are; servers are told. */
  readonly identity: ProcessIdentity;
  readonly clock: Clock;
  /** Where the blocks of a process are served now; undefined if nobody knows. */
  readonly locate: (peer: string) => DialTarget | undefined;
  /** Bytes under way from one peer and not read yet. */
  readonly peerBytesMax?: number;
  /** A fetch that waits for bytes and gets none for so long fails. */
  readonly stallTimeoutMs?: number;
  /** A connection over which nothing is fetched for so long is closed. */
  readonly idleTimeoutMs?: number;
}

export interface FetchRequest {
  readonly job: string;
  readonly references: readonly SegmentReference[];
  /** Aborting it fails the fetch with `FETCH_CANCELLED`. */
  readonly signal?: AbortSignal;
}

export interface BlockClient {
  /**
   * The bytes of all references, one after the other. Leaving the loop ends the fetch; so does the error.
   *
   * Shape:  buffers of 1 byte to 1 MiB that know nothing of where references begin. From 64 KiB on, each owns its memory
   *         and may be transferred to another thread. A buffer is the consumer's until it asks for the next one.
   * Errors: ExchangeError: `PEER_UNREACHABLE`, or why the peer refused us; `BLOCK_GONE`, `BLOCK_UNREADABLE`,
   *         `FETCH_REFUSED`, `FETCH_TIMED_OUT`, `FETCH_CANCELLED`, `PEER_MISBEHAVED`, `EXCHANGE_OVERLOADED`.
   */
  fetch(peer: string, request: FetchRequest): AsyncGenerator<Buffer, void, undefined>;
  /** Ends all fetches with `FETCH_CANCELLED`, and all connections. */
  close(): void;
}

export function createBlockClient(options: BlockClientOptions): BlockClient {
  return new LinkedBlockClient(options);
}

class LinkedBlockClient implements BlockClient {
  readonly #options: BlockClientOptions;
  readonly #links = new Map<string, PeerLink>();
  readonly #windowBytes: number;

  constructor(options: BlockClientOptions) {
    this.#options = options;
    const { peerBytesMax = PEER_BYTES_MAX } = options;
    this.#windowBytes = Math.max(WINDOW_BYTES_MIN, Math.floor(peerBytesMax / PEER_FETCHES_MAX));
  }

  async *fetch(peer: string, request: FetchRequest): AsyncGenerator<Buffer, void, undefined> {
    const { references } = request;
    for (let done = 0; done < references.length; done += REFERENCES_MAX) {
      const some = references.slice(done, done + REFERENCES_MAX);
      try {
        if (bytesOf(some) > 0) yield* this.#fetchSome(peer, { ...request, references: some });
      } catch (error) {
        throw error instanceof ExchangeError ? behind(error, done) : error;
      }
    }
  }

  close(): void {
    for (const link of [...this.#links.values()]) link.close();
  }

  async *#fetchSome(peer: string, { job, references, signal }: FetchRequest): AsyncGenerator<Buffer, void, undefined> {
    const link = this.#link(peer);
    const { clock, stallTimeoutMs = STALL_TIMEOUT_MS } = this.#options;
    const receiving = new Receiving({
      peer,
      job,
      references,
      windowBytes: this.#windowBytes,
      clock,
      stallTimeoutMs,
      ended: (one) => link.ended(one),
    });
    const abort = (): void => receiving.abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      if (signal?.aborted === true) abort();
      else link.add(receiving);
      for (let buffer = await receiving.next(); buffer !== undefined; buffer = await receiving.next()) yield buffer;
    } finally {
      signal?.removeEventListener("abort", abort);
      receiving.cancel();
    }
  }

  #link(peer: string): PeerLink {
    const known = this.#links.get(peer);
    if (known !== undefined) return known;
    const { identity, clock, locate, idleTimeoutMs = IDLE_TIMEOUT_MS } = this.#options;
    const link: PeerLink = new PeerLink({
      peer,
      identity,
      clock,
      locate,
      idleTimeoutMs,
      emptied: () => {
        if (this.#links.get(peer) === link) this.#links.delete(peer);
      },
    });
    this.#links.set(peer, link);
    return link;
  }
}

/** The same failure, in a fetch of which this was not the first part. */
function behind(error: ExchangeError, before: number): ExchangeError {
  if (before === 0) return error;
  const { code, message, peer, referencesDone, cause } = error;
  return new ExchangeError({ code, message, peer, referencesDone: referencesDone + before, cause });
}
