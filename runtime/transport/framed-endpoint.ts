/**
 * One life of an address, on any transport that carries frames.
 *
 * Owns: its fence, and an outbox and an inbox for each peer.
 * Never: finds a peer; the transports do.
 */
import type { Clock, TimerHandle } from "../clock.ts";
import { type Fence, type Fenced, fencedBy, type Incarnation, isOlder, type Term } from "../identity.ts";
import { Inbox } from "./inbox.ts";
import { Outbox, type OutboxEntry } from "./outbox.ts";
import type {
  Address,
  ControlMessage,
  Endpoint,
  EndpointHandler,
  Envelope,
  SendOutcome,
  SignalEnvelope,
} from "./transport.ts";

/** What one endpoint says to another. */
export type Frame = { readonly from: Address; readonly to: Address } & (
  | { readonly kind: "message"; readonly envelope: Envelope }
  | { readonly kind: "signal"; readonly envelope: SignalEnvelope }
  /** `incarnation` is the life of the sender whose messages are acknowledged. */
  | { readonly kind: "acknowledgement"; readonly incarnation: Incarnation; readonly through: number }
  | { readonly kind: "fenced"; readonly answer: Fenced }
  | { readonly kind: "disconnected" }
);

export interface EndpointOptions {
  readonly unacknowledgedMax: number;
  readonly cloneMessages: boolean;
  /** Throws for what the wire cannot carry. */
  readonly requireCarriable?: (to: Address, message: ControlMessage) => void;
  /** Undefined on a wire that loses nothing. */
  readonly resend: { readonly clock: Clock; readonly intervalMs: number } | undefined;
  readonly transmit: (frame: Frame) => void;
  readonly onClose: (endpoint: FramedEndpoint, peers: readonly Address[]) => void;
}

interface Peer {
  readonly outbox: Outbox;
  /** Of the newest life of the peer that was heard of. */
  inbox: Inbox;
  incarnation: Incarnation | undefined;
}

export class FramedEndpoint implements Endpoint {
  readonly address: Address;
  readonly #handler: EndpointHandler;
  readonly #options: EndpointOptions;
  readonly #peers = new Map<Address, Peer>();
  #fence: Fence;
  #fencedBy: Fenced | undefined;
  #closed = false;
  #resendTimer: TimerHandle | undefined;

  constructor(address: Address, fence: Fence, handler: EndpointHandler, options: EndpointOptions) {
    this.address = address;
    this.#fence = fence;
    this.#handler = handler;
    this.#options = options;
  }

  get fence(): Fence {
    return this.#fence;
  }

  /** Addresses that this one has heard of or written to. */
  get peers(): IterableIterator<Address> {
    return this.#peers.keys();
  }

  send(to: Address, message: ControlMessage): SendOutcome {
    if (this.#closed) return "closed";
    if (this.#fencedBy !== undefined) return "fenced";
    const copy = this.#copy(message);
    this.#options.requireCarriable?.(to, copy);
    const { outbox } = this.#peer(to);
    const entry = outbox.add(copy);
    if (entry === undefined) return "full";
    this.#transmit(to, outbox, entry);
    this.#armResend();
    return "accepted";
  }

  signal(to: Address, message: ControlMessage): SendOutcome {
    if (this.#closed) return "closed";
    if (this.#fencedBy !== undefined) return "fenced";
    const copy = this.#copy(message);
    this.#options.requireCarriable?.(to, copy);
    const envelope = { from: this.address, to, fence: this.#fence, message: copy };
    this.#options.transmit({ kind: "signal", from: this.address, to, envelope });
    return "accepted";
  }

  raiseTerm(term: Term): void {
    if (this.#closed || !isOlder(this.#fence.term, { than: term })) return;
    this.#fence = { ...this.#fence, term };
    if (this.#fencedBy !== undefined && fencedBy(this.#fencedBy, this.#fence) === undefined) this.#fencedBy = undefined;
    // Peers may have refused what was sent in the older term.
    for (const to of this.#peers.keys()) this.resend(to);
  }

  forget(peer: Address): void {
    this.#peers.get(peer)?.outbox.clear();
  }

  unacknowledgedCount(peer: Address): number {
    return this.#peers.get(peer)?.outbox.count ?? 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#resendTimer !== undefined) this.#options.resend?.clock.clearTimeout(this.#resendTimer);
    this.#options.onClose(this, [...this.#peers.keys()]);
  }

  /** Offers again what `to` has not acknowledged. */
  resend(to: Address): void {
    const outbox = this.#peers.get(to)?.outbox;
    if (outbox === undefined || this.#closed || this.#fencedBy !== undefined) return;
    for (const entry of outbox.unacknowledged()) this.#transmit(to, outbox, entry);
    this.#armResend();
  }

  /** Tells the owner of a closed endpoint that another life has taken its place. */
  tellFenced(answer: Fenced): void {
    this.#handler.fenced(answer, this.address);
  }

  arrive(frame: Frame): void {
    if (this.#closed) return;
    switch (frame.kind) {
      case "message":
        this.#receive(frame.envelope);
        return;
      case "signal":
        if (this.#admit(frame.envelope) !== undefined) this.#handler.signalled(this.#copy(frame.envelope));
        return;
      case "acknowledgement":
        if (frame.incarnation === this.#fence.incarnation)
          this.#peers.get(frame.from)?.outbox.acknowledge(frame.through);
        return;
      case "fenced":
        this.#refused(frame.answer, frame.from);
        return;
      case "disconnected":
        this.#handler.disconnected(frame.from);
        return;
    }
  }

  #receive(envelope: Envelope): void {
    const { from, fence } = envelope;
    const inbox = this.#admit(envelope)?.inbox;
    if (inbox === undefined) return;
    const released = inbox.arrive(envelope);
    // Nothing new: the sender does not know yet what was acknowledged, so that acknowledgement may be lost.
    if (envelope.sequence <= inbox.acknowledgedThrough) this.#acknowledge(from, fence.incarnation, inbox);
    for (const one of released) {
      if (this.#closed) return;
      this.#handler.receive({
        envelope: this.#copy(one),
        acknowledge: () => {
          if (inbox.acknowledge(one.sequence)) this.#acknowledge(from, fence.incarnation, inbox);
        },
      });
    }
  }

  /** The sender's side of this endpoint, at the life that speaks; undefined, and the sender is told, if it is fenced. */
  #admit({ from, fence }: SignalEnvelope): Peer | undefined {
    const peer = this.#peer(from);
    const known = { term: this.#fence.term, incarnation: peer.incarnation ?? fence.incarnation };
    const answer = fencedBy(known, fence);
    if (answer !== undefined) {
      this.#options.transmit({ kind: "fenced", from: this.address, to: from, answer });
      return undefined;
    }
    if (peer.incarnation !== fence.incarnation) {
      peer.incarnation = fence.incarnation;
      peer.inbox = new Inbox(this.#options.unacknowledgedMax);
    }
    return peer;
  }

  #acknowledge(to: Address, incarnation: Incarnation, inbox: Inbox): void {
    if (this.#closed) return;
    const through = inbox.acknowledgedThrough;
    this.#options.transmit({ kind: "acknowledgement", from: this.address, to, incarnation, through });
  }

  #refused(answer: Fenced, peer: Address): void {
    // It may be meant for an earlier life of this address, or for a term that was raised meanwhile.
    if (fencedBy(answer, this.#fence) === undefined) return;
    if (this.#fencedBy !== undefined && fencedBy(answer, this.#fencedBy) === undefined) return;
    this.#fencedBy = answer;
    this.#handler.fenced(answer, peer);
  }

  #transmit(to: Address, outbox: Outbox, { sequence, message }: OutboxEntry): void {
    const { oldestUnacknowledged } = outbox;
    const envelope = { from: this.address, to, fence: this.#fence, sequence, oldestUnacknowledged, message };
    this.#options.transmit({ kind: "message", from: this.address, to, envelope });
  }

  #armResend(): void {
    const { resend } = this.#options;
    if (resend === undefined || this.#resendTimer !== undefined) return;
    this.#resendTimer = resend.clock.setTimeout(() => {
      this.#resendTimer = undefined;
      for (const [to, { outbox }] of this.#peers) if (outbox.count > 0) this.resend(to);
    }, resend.intervalMs);
  }

  #peer(address: Address): Peer {
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    const { unacknowledgedMax } = this.#options;
    const made = { outbox: new Outbox(unacknowledgedMax), inbox: new Inbox(unacknowledgedMax), incarnation: undefined };
    this.#peers.set(address, made);
    return made;
  }

  #copy<T>(sent: T): T {
    return this.#options.cloneMessages ? structuredClone(sent) : sent;
  }
}
