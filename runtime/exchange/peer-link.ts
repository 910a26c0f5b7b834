/**
 * Everything that is fetched from one peer: one connection, dialled when it is needed, and whose turn it is.
 *
 * Owns: the connection, the fetches that are open or wait for their turn.
 * Never: dials again by itself: a fetch that finds nobody fails, and the next one tries anew.
 *
 * K1. So many fetches are open at once; the others wait in the order in which they came.
 * K2. When the connection is lost, or the peer says something that makes no sense, every open and waiting fetch fails.
 */
import type { Clock, TimerHandle } from "../clock.ts";
import { type DialTarget, dial } from "../socket/dial.ts";
import type { ProcessIdentity } from "../socket/peer.ts";
import type { Wire } from "../socket/wire.ts";
import { FETCHES_WAITING_MAX, PEER_FETCHES_MAX } from "./limits.ts";
import { type Asked, partsOf, readAnswered } from "./protocol.ts";
import type { FetchFailure, Receiving } from "./receiving.ts";

export interface PeerLinkOptions {
  readonly peer: string;
  readonly identity: ProcessIdentity;
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  readonly locate: (peer: string) => DialTarget | undefined;
  /** Nothing is connected, open or waiting any more. */
  readonly emptied: () => void;
}

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #waiting = new Set<Receiving>();
  /** By the number that it has on this connection. */
  readonly #open = new Map<number, Receiving>();
  #wire: Wire | undefined;
  #stopDialling: (() => void) | undefined;
  #lastId = 0;
  #idleTimer: TimerHandle | undefined;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
  }

  add(receiving: Receiving): void {
    if (this.#waiting.size >= FETCHES_WAITING_MAX) {
      const message = `${FETCHES_WAITING_MAX} fetches from ${this.#options.peer} wait already`;
      receiving.fail({ code: "EXCHANGE_OVERLOADED", message });
      return;
    }
    this.#waiting.add(receiving);
    this.#disarmIdle();
    if (this.#wire !== undefined) this.#beginNext();
    else if (this.#stopDialling === undefined) this.#dial();
  }

  /** A fetch has ended, by itself or because nobody wants it. */
  ended(receiving: Receiving): void {
    this.#waiting.delete(receiving);
    for (const [id, one] of this.#open) if (one === receiving) this.#open.delete(id);
    this.#beginNext();
    if (this.#open.size + this.#waiting.size > 0) return;
    if (this.#wire !== undefined) this.#armIdle();
    else if (this.#stopDialling === undefined) this.#options.emptied();
  }

  close(): void {
    this.#hangUp({ code: "FETCH_CANCELLED", message: "the exchange was closed" });
  }

  #dial(): void {
    const { peer, identity, clock, locate } = this.#options;
    const target = locate(peer);
    if (target === undefined) {
      this.#failAll({ code: "PEER_UNREACHABLE", message: `nobody knows where ${peer} is` });
      return;
    }
    this.#stopDialling = dial(
      { identity, target, channel: "blocks", clock },
      {
        connected: (wire) => this.#connected(wire),
        failed: (cause) => {
          this.#stopDialling = undefined;
          this.#failAll({ code: cause.code, message: `${peer}: ${cause.message}`, cause });
        },
      },
    );
  }

  #connected(wire: Wire): void {
    const { peer } = this.#options;
    this.#stopDialling = undefined;
    this.#wire = wire;
    this.#lastId = 0;
    wire.start({
      heard: (event, parts) => this.#heard(event, parts),
      closed: (reason) => {
        if (this.#wire !== wire) return;
        this.#wire = undefined;
        this.#failAll({ code: "PEER_UNREACHABLE", message: `${peer}: the connection was lost: ${reason}` });
      },
    });
    if (wire.peer.process !== peer) {
      this.#hangUp({ code: "PEER_UNREACHABLE", message: `${wire.peer.process} answers where ${peer} was` });
      return;
    }
    this.#beginNext();
    if (this.#open.size === 0) this.#armIdle();
  }

  #beginNext(): void {
    if (this.#wire === undefined) return;
    for (const receiving of this.#waiting) {
      if (this.#open.size >= PEER_FETCHES_MAX) return;
      this.#waiting.delete(receiving);
      this.#lastId += 1;
      this.#open.set(this.#lastId, receiving);
      receiving.begin(this.#lastId, (asked) => this.#say(asked));
    }
  }

  #say(asked: Asked): void {
    this.#wire?.say(asked.type, partsOf(asked));
  }

  #heard(event: string, parts: readonly unknown[]): void {
    const answered = readAnswered(event, parts);
    const known = answered !== undefined && answered.id <= this.#lastId;
    // One that was cancelled is no longer open, and the peer may not know that yet.
    const fault = known
      ? this.#open.get(answered.id)?.take(answered)
      : `a malformed ${JSON.stringify(event.slice(0, 20))}`;
    if (fault === undefined) return;
    this.#hangUp({ code: "PEER_MISBEHAVED", message: `${this.#options.peer} said ${fault}` });
  }

  #hangUp(failure: FetchFailure): void {
    this.#stopDialling?.();
    this.#stopDialling = undefined;
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.close();
    this.#failAll(failure);
  }

  /** Of what fails, some may be asked for again at once; that finds a link without a connection, and dials. */
  #failAll(failure: FetchFailure): void {
    this.#disarmIdle();
    const all = [...this.#open.values(), ...this.#waiting];
    this.#open.clear();
    this.#waiting.clear();
    for (const receiving of all) receiving.fail(failure);
    if (this.#wire === undefined && this.#stopDialling === undefined) this.#options.emptied();
  }

  #armIdle(): void {
    this.#disarmIdle();
    this.#idleTimer = this.#options.clock.setTimeout(() => {
      this.#hangUp({ code: "FETCH_CANCELLED", message: "nothing was fetched" });
    }, this.#options.idleTimeoutMs);
  }

  #disarmIdle(): void {
    if (this.#idleTimer !== undefined) this.#options.clock.clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
  }
}
