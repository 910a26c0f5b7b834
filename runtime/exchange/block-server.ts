/**
 * Serves stretches of segment files to peers that dial us.
 *
 * Owns: the fetches of each peer that is connected.
 * Never: knows which job may be fetched by whom, or where its files are: it asks; checks the bytes: their consumers do.
 *
 * V1. A fetch names its job, and is refused unless `allow` says yes to that peer and job.
 * V2. Bytes under way and fetches are bounded for each peer, whatever it asks for; a peer that passes the bounds, or says
 *     something malformed, is cut off.
 *
 * Where: serving a GB takes about a second of the thread that listens. A process whose main thread has heartbeats to
 * send serves better from a worker thread with a listener of its own, where files may be read synchronously.
 * Source: docs/decisions/0010-block-exchange.md
 */
import type { Channel } from "../socket/greeting.ts";
import type { Listener } from "../socket/listener.ts";
import type { PeerIdentity } from "../socket/peer.ts";
import type { Wire } from "../socket/wire.ts";
import { PEER_BYTES_ALLOWED_MAX, PEER_FETCHES_ALLOWED_MAX } from "./limits.ts";
import { type Answered, type Asked, partsOf, readAsked } from "./protocol.ts";
import { type BlockRead, Sending } from "./sending.ts";

export interface BlockServerOptions {
  readonly listener: Listener;
  /** Whether this peer may fetch of this job. */
  readonly allow: (peer: PeerIdentity, job: string) => boolean;
  /**
   * Fills `target`. Errors: RuntimeError `SEGMENT_MISSING` or `SEGMENT_TRUNCATED` is told as `BLOCK_GONE`, everything else
   * as `BLOCK_UNREADABLE`.
   */
  readonly read: (request: BlockRead) => Promise<void> | void;
  /** Told of what could not be read. */
  readonly onUnreadable?: (request: BlockRead, error: unknown) => void;
}

export interface BlockServerStatistics {
  readonly piecesSent: number;
  readonly bytesSent: number;
  readonly fetchesDone: number;
  readonly fetchesFailed: number;
  /** Of all peers, now. */
  readonly fetchesOpen: number;
  readonly peersConnected: number;
}

export interface BlockServer {
  readonly statistics: BlockServerStatistics;
  /** Hangs up on every peer; the listener stays open. */
  close(): void;
}

const CHANNEL: Channel = "blocks";

export function createBlockServer(options: BlockServerOptions): BlockServer {
  const counters = { piecesSent: 0, bytesSent: 0, fetchesDone: 0, fetchesFailed: 0 };
  const sessions = new Set<Session>();
  const end = options.listener.serve(CHANNEL, {
    admits: () => true,
    connected: (wire) => {
      const session = new Session(wire, options, counters, () => sessions.delete(session));
      sessions.add(session);
      session.start();
    },
  });
  return {
    get statistics() {
      const fetchesOpen = [...sessions].reduce((sum, session) => sum + session.fetchesOpen, 0);
      return { ...counters, fetchesOpen, peersConnected: sessions.size };
    },
    close: () => {
      end();
      for (const session of [...sessions]) session.close();
    },
  };
}

interface Counters {
  piecesSent: number;
  bytesSent: number;
  fetchesDone: number;
  fetchesFailed: number;
}

/** One connection. */
class Session {
  readonly #wire: Wire;
  readonly #options: BlockServerOptions;
  readonly #counters: Counters;
  readonly #ended: () => void;
  readonly #sendings = new Map<number, Sending>();
  readonly #spares: Buffer[] = [];
  #lastId = 0;

  constructor(wire: Wire, options: BlockServerOptions, counters: Counters, ended: () => void) {
    this.#wire = wire;
    this.#options = options;
    this.#counters = counters;
    this.#ended = ended;
  }

  get fetchesOpen(): number {
    return this.#sendings.size;
  }

  start(): void {
    this.#wire.start({
      heard: (event, parts, answer) => {
        const asked = answer === undefined ? readAsked(event, parts) : undefined;
        const fault = asked === undefined ? `a malformed ${JSON.stringify(event.slice(0, 20))}` : this.#obey(asked);
        if (fault !== undefined) this.#refuse(fault);
      },
      closed: () => {
        this.#cancelAll();
        this.#ended();
      },
    });
  }

  close(): void {
    this.#cancelAll();
    this.#wire.close();
  }

  /** Does what was asked; or says what is wrong with it. */
  #obey(asked: Asked): string | undefined {
    if (asked.type === "fetch") return this.#fetch(asked);
    // One that is done is no longer known, and the peer may not know that yet.
    const sending = this.#sendings.get(asked.id);
    if (asked.type === "cancel") sending?.cancel();
    else if (sending?.addCredit(asked.byteLength) === false) return "more credit than the window has";
    return undefined;
  }

  #fetch({ id, job, windowBytes, references }: Extract<Asked, { type: "fetch" }>): string | undefined {
    if (id <= this.#lastId) return "a fetch's number twice";
    this.#lastId = id;
    if (this.#sendings.size >= PEER_FETCHES_ALLOWED_MAX) return "too many fetches at once";
    const underWay = [...this.#sendings.values()].reduce((sum, sending) => sum + sending.windowBytes, windowBytes);
    if (underWay > PEER_BYTES_ALLOWED_MAX) return "windows of too many bytes";
    if (!this.#options.allow(this.#wire.peer, job)) {
      this.#fail(id, "FETCH_REFUSED", 0);
      return undefined;
    }
    const sending = new Sending({
      job,
      references,
      windowBytes,
      spares: this.#spares,
      read: this.#options.read,
      ...(this.#options.onUnreadable === undefined ? {} : { onUnreadable: this.#options.onUnreadable }),
      send: (bytes) => {
        this.#counters.piecesSent += 1;
        this.#counters.bytesSent += bytes.length;
        this.#say({ type: "piece", id, bytes });
      },
      fail: (code, index) => this.#fail(id, code, index),
    });
    this.#sendings.set(id, sending);
    void sending.run().then(() => {
      this.#sendings.delete(id);
      this.#counters.fetchesDone += 1;
    });
    return undefined;
  }

  #fail(id: number, code: Extract<Answered, { type: "failed" }>["code"], index: number): void {
    this.#counters.fetchesFailed += 1;
    this.#say({ type: "failed", id, code, index });
  }

  #say(answered: Answered): void {
    this.#wire.say(answered.type, partsOf(answered));
  }

  #refuse(detail: string): void {
    this.#cancelAll();
    const { process, remoteAddress } = this.#wire.peer;
    this.#wire.close({ code: "PACKET_INVALID", detail });
    this.#options.listener.refused({ code: "PACKET_INVALID", detail: `${process}: ${detail}`, remoteAddress });
  }

  #cancelAll(): void {
    for (const sending of this.#sendings.values()) sending.cancel();
  }
}
