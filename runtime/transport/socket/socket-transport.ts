/**
 * The transport between processes, over socket.io: one connection for each pair of them, however many addresses they
 * host.
 *
 * Owns: which endpoints are here, which connection leads to a process, and what happens when one comes or goes.
 * Never: decides what is delivered, see `framed-endpoint.ts`; trusts a process to speak for addresses of another.
 *
 * S1. A frame for an address that is not here goes to the process that `route` names. Without a connection to it the
 *     frame is dropped: what matters is offered again by its outbox.
 * S2. Held messages are offered again when a connection is made, when the other process opens the address, and when the
 *     address is routed anew, at either end. Nothing is repeated by time: a connection loses nothing while it lasts.
 * S3. A lost connection is told to every endpoint that knows an address behind it, as a suspicion.
 * S4. A newer connection of a process takes the place of the older, of which the death is only noticed later.
 * S5. Who dials does so again when there is no connection, whoever made the last one: two that dial each other agree on one.
 */
import assert from "node:assert/strict";
import type { Clock } from "../../clock.ts";
import { RuntimeError } from "../../errors.ts";
import { type Fence, type Fenced, isOlder } from "../../identity.ts";
import type { Random } from "../../random.ts";
import type { DialTarget } from "../../socket/dial.ts";
import { MESSAGE_BYTES_ALLOWED_MAX, MESSAGE_BYTES_MAX, WINDOW_BYTES } from "../../socket/limits.ts";
import type { Listener } from "../../socket/listener.ts";
import type { PeerIdentity, ProcessIdentity } from "../../socket/peer.ts";
import { keepDialling } from "../../socket/redial.ts";
import type { Wire } from "../../socket/wire.ts";
import { type Frame, FramedEndpoint } from "../framed-endpoint.ts";
import {
  type Address,
  type ControlMessage,
  type Endpoint,
  type EndpointHandler,
  type Transport,
  UNACKNOWLEDGED_MAX_DEFAULT,
} from "../transport.ts";
import { Connection } from "./connection.ts";
import { isAddress, isMessage, type WireFrame } from "./frame-codec.ts";
import { requirePlain } from "./plain-data.ts";
import { type SocketTransportStatistics, zeroCounters } from "./statistics.ts";

export interface SocketTransportOptions {
  readonly identity: ProcessIdentity;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * The name of the process that an address lives in: asked for each frame, so it may change; see `rerouted`.
   * Undefined, or our own name: here. Frames from an address are taken only from the process that it is routed to.
   */
  readonly route: (address: Address) => string | undefined;
  /** Where peers connect to us. */
  readonly listener?: Listener;
  /** Whom we connect to, again and again. */
  readonly dial?: DialTarget;
  readonly onPeer?: (event: PeerEvent) => void;
  /** Whether a process that dials us gets in. Default: every one that has the token. */
  readonly admits?: (peer: PeerIdentity) => boolean;
  /** Whether the process that we dialled is the one that is meant; if not, nothing is said to it. Default: any is. */
  readonly recognizes?: (peer: PeerIdentity) => boolean;
  /** Checks a message's content; if it says false, the connection that it came over is closed. Default: anything. */
  readonly accepts?: (message: ControlMessage) => boolean;
  /** Messages to one peer that may wait for an acknowledgement. */
  readonly unacknowledgedMax?: number;
  /** Messages are cloned when they are sent, so that what is not plain data is refused by name. Default: false. */
  readonly cloneMessages?: boolean;
  /** Bytes of one message as JSON; at most 3 MiB. */
  readonly messageBytesMax?: number;
  /** Bytes under way on one connection that the peer has not taken. */
  readonly windowBytes?: number;
}

export type PeerEvent =
  | { readonly type: "connected"; readonly peer: PeerIdentity }
  /** The reason is for people. */
  | { readonly type: "disconnected"; readonly peer: PeerIdentity; readonly reason: string }
  /** Dialling failed; its code says how, see `DialHandler`. It is tried again. */
  | { readonly type: "refused"; readonly error: RuntimeError };

export interface SocketTransport extends Transport {
  /** The processes that are connected now. */
  readonly peers: readonly PeerIdentity[];
  /** `route` has a new answer for this address: what is held for it is offered there, and what is held there asked for. */
  rerouted(address: Address): void;
  readonly statistics: SocketTransportStatistics;
}

/**
 * Connects this process, as one who listens, one who dials, or both.
 *
 * Messages are JSON: `send` and `signal` assert plain data with a type of at most 200 characters, and addresses of at most
 * 512, and throw RuntimeError `MESSAGE_TOO_LARGE`. `close` hangs up;
 * the listener stays open, it is its owner's. Peers are told of a closing process by its connection, not by endpoint.
 */
export function createSocketTransport(options: SocketTransportOptions): SocketTransport {
  return new SocketTransportOfProcess(options);
}

class SocketTransportOfProcess implements SocketTransport {
  readonly #options: SocketTransportOptions;
  readonly #messageBytesMax: number;
  readonly #endpoints = new Map<Address, FramedEndpoint>();
  /** By the name of the process. */
  readonly #connections = new Map<string, Connection>();
  /** By the name of the process: who dials it again when its connection is lost (S5). */
  readonly #dialers = new Map<string, (() => void)[]>();
  readonly #counters = zeroCounters();
  /** Messages as JSON, as long as an outbox holds them. */
  readonly #texts = new WeakMap<ControlMessage, string>();
  readonly #ends: (() => void)[] = [];
  #closed = false;

  constructor(options: SocketTransportOptions) {
    const { identity, clock, random, listener, dial, admits, messageBytesMax = MESSAGE_BYTES_MAX } = options;
    assert(messageBytesMax > 0 && messageBytesMax <= MESSAGE_BYTES_ALLOWED_MAX, `messages of ${messageBytesMax} bytes`);
    this.#options = options;
    this.#messageBytesMax = messageBytesMax;
    if (listener !== undefined) {
      const end = listener.serve("control", {
        admits: (peer) => peer.process !== identity.process && (admits?.(peer) ?? true),
        connected: (wire) => this.#connected(wire),
      });
      this.#ends.push(end);
    }
    if (dial === undefined) return;
    const end = keepDialling(
      { identity, target: dial, channel: "control", clock, random, recognizes: options.recognizes },
      {
        connected: (wire, lost) => this.#connected(wire, lost),
        failed: (error) => options.onPeer?.({ type: "refused", error }),
      },
    );
    this.#ends.push(end);
  }

  get peers(): readonly PeerIdentity[] {
    return [...this.#connections.values()].map(({ peer }) => peer);
  }

  get statistics(): SocketTransportStatistics {
    const connections = [...this.#connections.values()];
    return {
      ...this.#counters,
      framesQueued: connections.reduce((sum, { framesQueued }) => sum + framesQueued, 0),
      packetsUnderWay: connections.reduce((sum, { packetsUnderWay }) => sum + packetsUnderWay, 0),
    };
  }

  createEndpoint(address: Address, fence: Fence, handler: EndpointHandler): Endpoint {
    assert(!this.#closed, "the transport is closed");
    assert(isAddress(address), `${JSON.stringify(address)} is no address`);
    this.#makeRoom(address, fence);
    const endpoint = new FramedEndpoint(address, fence, handler, {
      unacknowledgedMax: this.#options.unacknowledgedMax ?? UNACKNOWLEDGED_MAX_DEFAULT,
      cloneMessages: this.#options.cloneMessages ?? false,
      requireCarriable: (to, message) => this.#requireCarriable(to, message),
      resend: undefined,
      transmit: (frame) => this.#transmit(frame),
      onClose: (closed, peers) => this.#endpointClosed(closed, peers),
    });
    this.#endpoints.set(address, endpoint);
    this.#offerAgain(address);
    for (const connection of this.#connections.values()) connection.send({ kind: "opened", from: address });
    return endpoint;
  }

  rerouted(address: Address): void {
    this.#offerAgain(address);
    const connection = this.#connections.get(this.#options.route(address) ?? this.#options.identity.process);
    for (const from of this.#endpoints.keys()) connection?.send({ kind: "opened", from });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const end of this.#ends) end();
    for (const endpoint of [...this.#endpoints.values()]) endpoint.close();
    for (const connection of this.#connections.values()) connection.close();
  }

  #makeRoom(address: Address, fence: Fence): void {
    const older = this.#endpoints.get(address);
    if (older === undefined) return;
    if (!isOlder(older.fence.incarnation, { than: fence.incarnation })) {
      const lives = `incarnation ${older.fence.incarnation} is open, ${fence.incarnation} is not newer`;
      throw new RuntimeError("ADDRESS_IN_USE", `${address}: ${lives}`);
    }
    older.close();
    const answer: Fenced = { type: "FENCED", ...fence };
    setImmediate(() => older.tellFenced(answer));
  }

  /** By the receiver's own rules: it drops the packet and the connection, again and again. */
  #requireCarriable(to: Address, message: ControlMessage): void {
    assert(isAddress(to), `${JSON.stringify(to)} is no address`);
    if (this.#texts.has(message)) return;
    assert(isMessage(message), "a message is an object with a type");
    requirePlain(message);
    const text = JSON.stringify(message);
    const byteLength = Buffer.byteLength(text);
    if (byteLength > this.#messageBytesMax) {
      const limit = `at most ${this.#messageBytesMax} are allowed`;
      throw new RuntimeError("MESSAGE_TOO_LARGE", `a message ${message.type} has ${byteLength} bytes: ${limit}`);
    }
    this.#texts.set(message, text);
  }

  #transmit(frame: Frame): void {
    const process = this.#endpoints.has(frame.to) ? undefined : this.#options.route(frame.to);
    if (process !== undefined && process !== this.#options.identity.process) {
      this.#connections.get(process)?.send(frame);
      return;
    }
    setImmediate(() => this.#endpoints.get(frame.to)?.arrive(frame));
  }

  #endpointClosed(endpoint: FramedEndpoint, peers: readonly Address[]): void {
    if (this.#endpoints.get(endpoint.address) === endpoint) this.#endpoints.delete(endpoint.address);
    for (const to of peers) this.#transmit({ kind: "disconnected", from: endpoint.address, to });
  }

  #connected(wire: Wire, lost?: () => void): void {
    const { process } = wire.peer;
    const connection = new Connection(wire, {
      windowBytes: this.#options.windowBytes ?? WINDOW_BYTES,
      counters: this.#counters,
      textOf: (message) => this.#texts.get(message) ?? JSON.stringify(message),
      accepts: this.#options.accepts ?? (() => true),
      arrived: (frame) => this.#arrived(process, frame),
      refused: (code, detail) => {
        this.#counters.packetsRefused += 1;
        const { remoteAddress } = wire.peer;
        this.#options.listener?.refused({ code, detail: `${process}: ${detail}`, remoteAddress });
      },
      closed: (reason) => {
        this.#lost(connection, reason);
        this.#redial(process, lost);
      },
    });
    connection.start();
    if (this.#closed) {
      connection.close();
      return;
    }
    const older = this.#connections.get(process);
    if (older !== undefined) this.#lost(older, "replaced by a newer connection");
    this.#connections.set(process, connection);
    older?.close();
    this.#counters.connectionsMade += 1;
    this.#options.onPeer?.({ type: "connected", peer: wire.peer });
    this.#eachKnown(process, (endpoint, address) => endpoint.resend(address));
  }

  /** S5. */
  #redial(process: string, lost: (() => void) | undefined): void {
    const dialers = this.#dialers.get(process) ?? [];
    if (lost !== undefined) dialers.push(lost);
    if (this.#connections.has(process)) {
      this.#dialers.set(process, dialers);
      return;
    }
    this.#dialers.delete(process);
    if (!this.#closed) for (const dialAgain of dialers) dialAgain();
  }

  /** Of a connection that was replaced it is heard twice; only the first time counts. */
  #lost(connection: Connection, reason: string): void {
    const { peer } = connection;
    if (this.#connections.get(peer.process) !== connection) return;
    this.#connections.delete(peer.process);
    this.#counters.connectionsLost += 1;
    if (this.#closed) return;
    this.#options.onPeer?.({ type: "disconnected", peer, reason });
    this.#eachKnown(peer.process, (endpoint, from) => {
      endpoint.arrive({ kind: "disconnected", from, to: endpoint.address });
    });
  }

  #arrived(process: string, frame: WireFrame): void {
    if (this.#options.route(frame.from) !== process) {
      this.#counters.framesMisrouted += 1;
      return;
    }
    if (frame.kind === "opened") this.#offerAgain(frame.from);
    else this.#endpoints.get(frame.to)?.arrive(frame);
  }

  #offerAgain(address: Address): void {
    for (const endpoint of this.#endpoints.values()) endpoint.resend(address);
  }

  /** Each endpoint with each address behind a process that it knows. */
  #eachKnown(process: string, visit: (endpoint: FramedEndpoint, address: Address) => void): void {
    for (const endpoint of [...this.#endpoints.values()]) {
      for (const address of [...endpoint.peers]) {
        if (!this.#endpoints.has(address) && this.#options.route(address) === process) visit(endpoint, address);
      }
    }
  }
}
