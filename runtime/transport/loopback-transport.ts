/**
 * The transport within one process; over a link that loses and repeats, also the wire of tests and simulations.
 *
 * Owns: which endpoint an address is, and how frames get there.
 * Never: decides what is delivered; see `framed-endpoint.ts`.
 */
import type { Clock } from "../clock.ts";
import { RuntimeError } from "../errors.ts";
import { type Fence, type Fenced, isOlder } from "../identity.ts";
import { type Frame, FramedEndpoint } from "./framed-endpoint.ts";
import {
  type Address,
  type Endpoint,
  type EndpointHandler,
  type Transport,
  UNACKNOWLEDGED_MAX_DEFAULT,
} from "./transport.ts";

/** Carries a frame by calling `arrive` later: never at once; a faulty link calls it never, twice, or out of order. */
export type Link = (frame: Frame, arrive: () => void) => void;

export interface LoopbackOptions {
  /** Nothing is shared between sender and receiver, and what cannot be cloned is refused in `send`. Default: false. */
  readonly cloneMessages?: boolean;
  /** Messages to one peer that may wait for an acknowledgement. */
  readonly unacknowledgedMax?: number;
  /** Default: the event loop's next turn, nothing lost. */
  readonly link?: Link;
  /** Needed over a link that loses frames: what is unacknowledged is sent again so often. */
  readonly resend?: { readonly clock: Clock; readonly intervalMs: number };
}

/** Not a microtask: two actors that answer each other for ever must not keep the event loop from the disk. */
const nextTurn: Link = (_frame, arrive) => {
  setImmediate(arrive);
};

export function createLoopbackTransport(options: LoopbackOptions = {}): Transport {
  return new LoopbackTransport(options);
}

class LoopbackTransport implements Transport {
  readonly #options: LoopbackOptions;
  readonly #link: Link;
  readonly #endpoints = new Map<Address, FramedEndpoint>();

  constructor(options: LoopbackOptions) {
    this.#options = options;
    this.#link = options.link ?? nextTurn;
  }

  createEndpoint(address: Address, fence: Fence, handler: EndpointHandler): Endpoint {
    this.#makeRoom(address, fence);
    const endpoint = new FramedEndpoint(address, fence, handler, {
      unacknowledgedMax: this.#options.unacknowledgedMax ?? UNACKNOWLEDGED_MAX_DEFAULT,
      cloneMessages: this.#options.cloneMessages ?? false,
      resend: this.#options.resend,
      transmit: (frame) => this.#transmit(frame),
      onClose: (closed, peers) => this.#closed(closed, peers),
    });
    this.#endpoints.set(address, endpoint);
    for (const peer of this.#endpoints.values()) peer.resend(address);
    return endpoint;
  }

  close(): void {
    for (const endpoint of [...this.#endpoints.values()]) endpoint.close();
  }

  /** Makes room for a new life of an address. */
  #makeRoom(address: Address, fence: Fence): void {
    const older = this.#endpoints.get(address);
    if (older === undefined) return;
    if (!isOlder(older.fence.incarnation, { than: fence.incarnation })) {
      const lives = `incarnation ${older.fence.incarnation} is open, ${fence.incarnation} is not newer`;
      throw new RuntimeError("ADDRESS_IN_USE", `${address}: ${lives}`);
    }
    older.close();
    // It is no longer found under its address, so it is told directly, and like everything else not within this call.
    const answer: Fenced = { type: "FENCED", ...fence };
    this.#link({ kind: "fenced", from: address, to: address, answer }, () => older.tellFenced(answer));
  }

  #transmit(frame: Frame): void {
    this.#link(frame, () => this.#endpoints.get(frame.to)?.arrive(frame));
  }

  #closed(endpoint: FramedEndpoint, peers: readonly Address[]): void {
    if (this.#endpoints.get(endpoint.address) === endpoint) this.#endpoints.delete(endpoint.address);
    for (const to of peers) this.#transmit({ kind: "disconnected", from: endpoint.address, to });
  }
}
