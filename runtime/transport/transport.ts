/**
 * The transport port: control messages between endpoints, wherever their processes are.
 *
 * Owns: the interface and its promises; `loopback-transport.ts` implements it within one process.
 * Never: carries bulk bytes: blocks flow on connections of their own, with credits, dialled by the receiver.
 *
 * T1. Delivery is asynchronous: a handler never runs within a call of `send`, `createEndpoint`, `acknowledge` or `close`.
 * T2. Between one life of a sender and one life of a receiver each message is delivered at most once, in the order of
 *     `send`, however often the wire loses, repeats or swaps it.
 * T3. A message is offered again until it was acknowledged: after a lost connection to the same life of the receiver,
 *     which ignores what it has seen, and to the receiver's next life, which has not. So whoever commits and dies before
 *     acknowledging gets the message again: handling must be idempotent, and `acknowledge` comes after the commit.
 *     Acknowledgements take effect in order: one that is given early counts when all before it are given too.
 * T4. A message of an older term than the receiver's, or of an older life of its sender, is not delivered; its sender is
 *     told `fenced`. One of a newer term is delivered: a follower then raises its term, an owner of the older one stops.
 * T5. Every queue is bounded. `send` says `full` and takes nothing when too many messages to that peer are unacknowledged.
 * T6. A signal (a heartbeat) is worth nothing when it is late: it is fenced like a message, but never kept, ordered,
 *     acknowledged or sent again.
 * T7. A disconnect is a suspicion, not a death: what is unacknowledged is kept until the peer
 *     returns or is forgotten.
 */
import type { Fence, Fenced, Term } from "../identity.ts";

/** Names an actor across the cluster; which process it lives in is the transport's business. */
export type Address = string;

/** Plain data, as JSON or a structured clone would copy it; `type` names what it is. */
export interface ControlMessage {
  readonly type: string;
}

/** What travels around a message. */
export interface Envelope {
  readonly from: Address;
  readonly to: Address;
  /** The sender's term and incarnation. */
  readonly fence: Fence;
  /** Counts from 1 the messages of this life of the sender to this receiver. */
  readonly sequence: number;
  /**
   * The sequence of the oldest message that the sender still holds for this receiver.
   * A receiver that is new begins here: what came before was acknowledged by its earlier lives, or given up.
   */
  readonly oldestUnacknowledged: number;
  readonly message: ControlMessage;
}

/** What travels around a signal. */
export type SignalEnvelope = Omit<Envelope, "sequence" | "oldestUnacknowledged">;

export interface Delivery {
  readonly envelope: Envelope;
  /** Tells the sender that this message need not come again: call it after the commit. The second call does nothing. */
  acknowledge(): void;
}

export interface EndpointHandler {
  /** May acknowledge at once or later; what it throws is a programmer's error and is not caught. */
  receive(delivery: Delivery): void;
  /** As `receive`, for signals. */
  signalled(envelope: SignalEnvelope): void;
  /** The connection to a peer with which messages were exchanged is gone, for now or for ever. */
  disconnected(peer: Address): void;
  /**
   * A peer knows of a newer term or of a newer life under this address, and the endpoint sends no more. Its owner stops,
   * unless it only follows a term that it had not heard of: then it may call `raiseTerm`, and sending goes on.
   */
  fenced(answer: Fenced, peer: Address): void;
}

/** Only an `accepted` message was taken. */
export type SendOutcome = "accepted" | "full" | "fenced" | "closed";

export interface Endpoint {
  readonly address: Address;
  /** Takes a message for a peer, whether or not it is there now. The message must not be changed any more. */
  send(to: Address, message: ControlMessage): SendOutcome;
  /** Sends a message that may be lost; nothing of it is kept. Never `full`. */
  signal(to: Address, message: ControlMessage): SendOutcome;
  /** From now on the endpoint speaks in this term and refuses older ones; an older `term` does nothing. */
  raiseTerm(term: Term): void;
  /** Gives up on a peer: what it has not acknowledged is dropped. */
  forget(peer: Address): void;
  /** How many messages to the peer wait for an acknowledgement. */
  unacknowledgedCount(peer: Address): number;
  /** Peers are told `disconnected`; nothing is delivered any more. Does nothing the second time. */
  close(): void;
}

export interface Transport {
  /**
   * Makes a life of `address`.
   *
   * An open endpoint of an older incarnation is told `fenced`, and closed. What peers hold for the address comes now.
   *
   * An address must never have the same incarnation twice, also not in another process, or after a restart: what it sends
   * then is taken for repetitions of what it has sent before (T2), and is not delivered.
   * Errors: `ADDRESS_IN_USE` if an endpoint of the address is open on this transport and is not of an older incarnation.
   */
  createEndpoint(address: Address, fence: Fence, handler: EndpointHandler): Endpoint;
  /** Closes all endpoints. */
  close(): void;
}

/**
 * Messages to one peer that wait for an acknowledgement. Control messages are few: a peer that leaves a thousand
 * unanswered is gone or hung, and the failure detector finds out within seconds.
 */
export const UNACKNOWLEDGED_MAX_DEFAULT = 1024;
