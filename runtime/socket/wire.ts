/**
 * A greeted connection to another process, whoever dialled.
 *
 * Owns: the interface, and how it lies over a socket of socket.io.
 * Never: knows what is said over it; reconnects.
 *
 * W1. Nothing is heard before `start`; `closed` is told once, and nothing is heard after it.
 * W2. An event has at most one Buffer: socket.io closes connections for more than ten.
 */
import type { Socket as ServerSocket } from "socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import type { Refusal } from "./greeting.ts";
import { readRefusal } from "./greeting.ts";
import type { PeerIdentity } from "./peer.ts";

export interface WireHandler {
  /**
   * What a peer said: nothing of it has been checked. `answer` tells the peer that it was taken. An event without a name,
   * or with a number for one, is called "": socket.io lets them through.
   */
  heard(event: string, parts: readonly unknown[], answer: (() => void) | undefined): void;
  /** The reason is for people. */
  closed(reason: string): void;
}

export interface Wire {
  readonly peer: PeerIdentity;
  start(handler: WireHandler): void;
  /** `answered` is called when the peer has taken it; never if the connection is lost before. */
  say(event: string, parts: readonly unknown[], answered?: () => void): void;
  /** Hangs up, and tells the peer why if it is told a refusal. `closed` is told later. */
  close(refusal?: Refusal): void;
}

/** Said last by whoever hangs up on the other. */
export const REFUSED = "refused";

/** `destroy` ends the connection at once, also if the peer takes nothing any more. */
export function wireOver(socket: ServerSocket | ClientSocket, peer: PeerIdentity, destroy: () => void): Wire {
  return new SocketWire(socket as ServerSocket, peer, destroy);
}

class SocketWire implements Wire {
  readonly peer: PeerIdentity;
  /** What is used of it is the same in the client's sockets. */
  readonly #socket: ServerSocket;
  readonly #destroy: () => void;
  #refusal: Refusal | undefined;
  /** We hang up: nothing is heard or said any more. */
  #closing = false;
  #closed = false;

  constructor(socket: ServerSocket, peer: PeerIdentity, destroy: () => void) {
    this.#socket = socket;
    this.peer = peer;
    this.#destroy = destroy;
  }

  start(handler: WireHandler): void {
    this.#socket.onAny((name: unknown, ...parts: unknown[]) => {
      if (this.#closing) return;
      const [event, said] = typeof name === "string" ? [name, parts] : ["", [name, ...parts]];
      if (event === REFUSED) {
        this.#refusal = readRefusal(said[0]);
        return;
      }
      const last = said.at(-1);
      const answer = typeof last === "function" ? (last as () => void) : undefined;
      handler.heard(event, answer === undefined ? said : said.slice(0, -1), answer);
    });
    this.#socket.on("disconnect", (reason, description) => {
      if (this.#closed) return;
      this.#closed = true;
      this.#destroy();
      handler.closed(this.#reason(reason, description));
    });
  }

  say(event: string, parts: readonly unknown[], answered?: () => void): void {
    if (this.#closing || this.#closed) return;
    if (answered === undefined) this.#socket.emit(event, ...parts);
    else this.#socket.emit(event, ...parts, answered);
  }

  close(refusal?: Refusal): void {
    if (this.#closing || this.#closed) return;
    this.#closing = true;
    if (refusal !== undefined) this.#socket.emit(REFUSED, refusal);
    this.#refusal ??= refusal;
    // Later, because the handler is told by the socket's event, and that comes within the call.
    setImmediate(() => {
      this.#socket.disconnect(true);
      this.#destroy();
    });
  }

  #reason(reason: string, description: unknown): string {
    if (this.#refusal !== undefined) return `${this.#refusal.code}: ${this.#refusal.detail}`;
    return description instanceof Error ? `${reason}: ${description.message}` : reason;
  }
}
