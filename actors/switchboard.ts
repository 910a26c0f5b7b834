/**
 * Finds actors by their place in the tree, and passes events to whoever is there now.
 *
 * Owns: which children run, in which incarnation; their lines on the transport; the heartbeat monitors.
 * Never: knows a machine; the sides of the tree do.
 *
 * S1. Nobody keeps a reference to another actor: a name is looked up at each event, so a new incarnation is found.
 * S2. An event for an actor that is being restarted is dropped: it asks for everything anew when it runs.
 */
import assert from "node:assert/strict";
import type { AnyActorRef } from "xstate";
import type { Clock } from "../runtime/clock.ts";
import { RuntimeError } from "../runtime/errors.ts";
import type { HeartbeatOptions, Transition } from "../runtime/failure/heartbeat-decision.ts";
import { type HeartbeatMonitor, startHeartbeatMonitor } from "../runtime/failure/heartbeat-monitor.ts";
import type { Fence, Fenced } from "../runtime/identity.ts";
import { childRef, type SupervisorRef } from "../runtime/supervision/machine.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import type { ChildSpecification } from "../runtime/supervision/specification.ts";
import type { Address, Endpoint, Transport } from "../runtime/transport/transport.ts";
import { MESSAGES_IN_FLIGHT_MAX } from "./options.ts";

/** Any actor's event; whoever receives it has typed it. */
export interface Message {
  readonly type: string;
  readonly [detail: string]: unknown;
}

/** What an actor is on the transport: its address, and which life of it this is. */
export interface Line {
  readonly address: Address;
  readonly fence: Fence;
}

/** What an actor with a line hears besides messages, which it gets as events with the sender's address in `from`. */
export interface LineHandler {
  /** A signal: worth nothing when late. */
  signalled?(message: Message, from: Address): void;
  disconnected?(peer: Address): void;
  fenced?(answer: Fenced, endpoint: Endpoint): void;
}

export interface MessageCodec {
  /** One message may go as several, in their order. */
  encode(message: Message): readonly Message[];
  /** For one life of a receiver. */
  decoder(): MessageDecoder;
}

export interface MessageDecoder {
  /** Undefined where more of the message is to come. */
  decode(message: Message, from: Address): Message | undefined;
  /** Nothing more comes of a sender. */
  forget(from: Address): void;
}

const AS_THEY_ARE: MessageCodec = {
  encode: (message) => [message],
  decoder: () => ({ decode: (message) => message, forget: () => {} }),
};

export interface SwitchboardOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  /** What messages are on a wire that carries plain JSON only; default: as they are. */
  readonly codec?: MessageCodec;
  /** Told of a message that makes no sense; without it, that is a mistake of ours. */
  readonly onMalformed?: (from: Address, error: RuntimeError) => void;
  /** Called at each look-up, never by the constructor. */
  readonly root: () => SupervisorRef;
}

export class Switchboard {
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #codec: MessageCodec;
  readonly #onMalformed: SwitchboardOptions["onMalformed"];
  readonly #root: () => SupervisorRef;
  readonly #monitors = new Map<string, HeartbeatMonitor>();
  /** Children that run now, as `supervisor/child`, with their incarnations. */
  readonly #running = new Map<string, number>();
  /** The latest incarnation of every child that ever ran, as `supervisor/child`. */
  readonly #incarnations = new Map<string, number>();
  /** By supervisor: what no incarnation of those that were retired is above. */
  readonly #retired = new Map<string, number>();
  /** By the name of the root's child. */
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #decoders = new Map<string, MessageDecoder>();

  constructor({ clock, transport, codec = AS_THEY_ARE, onMalformed, root }: SwitchboardOptions) {
    this.#onMalformed = onMalformed;
    this.#codec = codec;
    this.#clock = clock;
    this.#transport = transport;
    this.#root = root;
  }

  /** Has a monitor watch a supervisor's children, each from its start: one that is dead or hung is reported to the supervisor as lost. */
  watchChildren(supervisor: string, options: Partial<HeartbeatOptions>): HeartbeatMonitor {
    return this.monitor(supervisor, options, ({ id, incarnation, to, reason }) => {
      if (to === "dead" || to === "hung") this.send(supervisor, { type: "child.lost", id, incarnation, reason });
    });
  }

  /** A monitor that ends with the switchboard; another one of the same name takes its place. */
  monitor(
    name: string,
    options: Partial<HeartbeatOptions>,
    onTransition: (transition: Transition) => void,
  ): HeartbeatMonitor {
    this.#monitors.get(name)?.stop();
    const monitor = startHeartbeatMonitor({ clock: this.#clock, options, onTransition });
    this.#monitors.set(name, monitor);
    return monitor;
  }

  /** An event for a child of the root. */
  send(name: string, event: Message): void {
    this.#find(name)?.send(event);
  }

  /**
   * Has a child started under one of the root's supervisors, unless it has it already. Its incarnations go on where those
   * under an earlier life of the supervisor ended, so that no segment, beat or answer of one is taken for another's.
   */
  start(supervisor: string, specification: ChildSpecification): void {
    const known = this.#incarnations.get(`${supervisor}/${specification.id}`);
    const firstIncarnation = (known ?? this.#retired.get(supervisor) ?? 0) + 1;
    this.send(supervisor, { type: "child.start", specification: { ...specification, firstIncarnation } });
  }

  /**
   * Forgets the incarnations of children that are not likely to come again: a process that lives for months has had many.
   * Should one come, its incarnations go on above those of all that were forgotten.
   */
  retire(supervisor: string, prefix: string): void {
    let above = this.#retired.get(supervisor) ?? 0;
    for (const [child, incarnation] of this.#incarnations) {
      if (!child.startsWith(`${supervisor}/${prefix}`) || this.#running.has(child)) continue;
      above = Math.max(above, incarnation);
      this.#incarnations.delete(child);
    }
    this.#retired.set(supervisor, above);
  }

  /** An event for a child of one of the root's supervisors. */
  sendBelow(supervisor: string, id: string, event: Message): void {
    const reference = this.#find(supervisor) as SupervisorRef | undefined;
    if (reference !== undefined) childRef(reference.getSnapshot(), id)?.send(event);
  }

  /** Gives a new life of an actor its line; what was sent to the life before and not acknowledged comes to it. */
  listen(name: string, { address, fence }: Line, handler: LineHandler = {}): void {
    const decoder = this.#codec.decoder();
    this.#decoders.set(name, decoder);
    const endpoint = this.#transport.createEndpoint(address, fence, {
      receive: (delivery) => {
        const { message, from } = delivery.envelope;
        const whole = this.#decoded(decoder, message as Message, from);
        if (whole !== undefined) this.send(name, { ...whole, from });
        delivery.acknowledge();
      },
      signalled: ({ message, from }) => handler.signalled?.(message as Message, from),
      disconnected: (peer) => handler.disconnected?.(peer),
      fenced: (answer) => handler.fenced?.(answer, endpoint),
    });
    this.#endpoints.set(name, endpoint);
  }

  /** One that makes no sense is told, and dropped: no peer ends a process by what it says. */
  #decoded(decoder: MessageDecoder, message: Message, from: Address): Message | undefined {
    try {
      return decoder.decode(message, from);
    } catch (error) {
      const isMalformed = error instanceof RuntimeError && error.code === "MESSAGE_MALFORMED";
      if (!isMalformed || this.#onMalformed === undefined) throw error;
      this.#onMalformed(from, error);
      return undefined;
    }
  }

  /** A message over the transport, in order and once for each life of the receiver. */
  tell(name: string, to: Address, message: Message): void {
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined) return;
    for (const part of this.#codec.encode(message)) {
      assert(endpoint.send(to, part) !== "full", `more than ${MESSAGES_IN_FLIGHT_MAX} messages wait for ${to}`);
    }
  }

  /** A message that may be lost. */
  signal(name: string, to: Address, message: Message): void {
    this.#endpoints.get(name)?.signal(to, message);
  }

  /** Drops what waits for a peer that does not come back. */
  forget(name: string, peer: Address): void {
    this.#endpoints.get(name)?.forget(peer);
    this.#decoders.get(name)?.forget(peer);
  }

  /** Follows what a supervisor tells about its children. */
  note(supervisor: string, notice: SupervisorNotice): void {
    const child = "id" in notice ? `${supervisor}/${notice.id}` : "";
    if (notice.type === "child.started") {
      this.#running.set(child, notice.incarnation);
      this.#incarnations.set(child, notice.incarnation);
      this.#monitors.get(supervisor)?.watch(notice.id);
    }
    if (notice.type !== "child.exited") return;
    this.#running.delete(child);
    this.#monitors.get(supervisor)?.forget(notice.id);
    if (supervisor === "root") for (const below of this.#below(notice.id)) this.#running.delete(below);
  }

  /** Everything that runs, as `supervisor/child`. */
  children(): string[] {
    return [...this.#running.keys()];
  }

  /** The ids of a supervisor's running children. */
  childrenOf(supervisor: string): string[] {
    return this.#below(supervisor).map((child) => child.slice(supervisor.length + 1));
  }

  kill(child: string, reason: string): void {
    const incarnation = this.#running.get(child);
    if (incarnation === undefined) return;
    const slash = child.indexOf("/");
    const supervisor = child.slice(0, slash);
    const event = { type: "child.lost", id: child.slice(slash + 1), incarnation, reason } as const;
    if (supervisor === "root") this.#root().send(event);
    else this.send(supervisor, event);
  }

  close(): void {
    for (const monitor of this.#monitors.values()) monitor.stop();
    for (const endpoint of this.#endpoints.values()) endpoint.close();
  }

  #below(supervisor: string): string[] {
    return [...this.#running.keys()].filter((child) => child.startsWith(`${supervisor}/`));
  }

  #find(name: string): AnyActorRef | undefined {
    return childRef(this.#root().getSnapshot(), name);
  }
}
