/**
 * Finds actors by their place in the tree, and passes events to whoever is there now.
 *
 * Owns: which children run, in which incarnation; the addresses of coordinator and worker; the heartbeat monitors.
 * Never: knows a machine; `tree.ts` does.
 *
 * S1. Nobody keeps a reference to another actor: a name is looked up at each event, so a new incarnation is found.
 * S2. An event for an actor that is being restarted is dropped: it asks for everything anew when it runs.
 */
import assert from "node:assert/strict";
import type { AnyActorRef } from "xstate";
import type { Clock } from "../runtime/clock.ts";
import { type HeartbeatMonitor, startHeartbeatMonitor } from "../runtime/failure/heartbeat-monitor.ts";
import { toIncarnation, toTerm } from "../runtime/identity.ts";
import { childRef, type SupervisorRef } from "../runtime/supervision/machine.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import type { ChildSpecification } from "../runtime/supervision/specification.ts";
import { createLoopbackTransport } from "../runtime/transport/loopback-transport.ts";
import type { Endpoint } from "../runtime/transport/transport.ts";
import { MESSAGES_IN_FLIGHT_MAX, PARTITION_DEAD_AFTER_MS } from "./options.ts";

/** Any actor's event; whoever receives it has typed it. */
export interface Message {
  readonly type: string;
  readonly [detail: string]: unknown;
}

/** Who speaks over the transport; the other one is the peer. */
export type PeerName = "coordinator" | "worker";

export class Switchboard {
  /** Each reports a child that is dead or hung to the supervisor of its name. */
  readonly monitors: { readonly executors: HeartbeatMonitor; readonly partitions: HeartbeatMonitor };
  readonly #root: () => SupervisorRef;
  /** Children that run now, as `supervisor/child`, with their incarnations. */
  readonly #running = new Map<string, number>();
  /** The latest incarnation of every child that ever ran, as `supervisor/child`. */
  readonly #incarnations = new Map<string, number>();
  readonly #transport = createLoopbackTransport({ unacknowledgedMax: MESSAGES_IN_FLIGHT_MAX });
  readonly #endpoints = new Map<PeerName, Endpoint>();

  /** `root` is called at each look-up, never by the constructor. */
  constructor(clock: Clock, root: () => SupervisorRef) {
    this.#root = root;
    const watch = (supervisor: string, options: object): HeartbeatMonitor =>
      startHeartbeatMonitor({
        clock,
        options,
        onTransition: ({ id, incarnation, to, reason }) => {
          if (to === "dead" || to === "hung") this.send(supervisor, { type: "child.lost", id, incarnation, reason });
        },
      });
    this.monitors = {
      executors: watch("executors", {}),
      // A partition waits behind others for an executor: that it does not get on says nothing about it.
      partitions: watch("partitions", {
        deadAfterMs: PARTITION_DEAD_AFTER_MS,
        hungAfterMs: Number.POSITIVE_INFINITY,
      }),
    };
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
    const firstIncarnation = (this.#incarnations.get(`${supervisor}/${specification.id}`) ?? 0) + 1;
    this.send(supervisor, { type: "child.start", specification: { ...specification, firstIncarnation } });
  }

  /** An event for a child of one of the root's supervisors. */
  sendBelow(supervisor: string, id: string, event: Message): void {
    const reference = this.#find(supervisor) as SupervisorRef | undefined;
    if (reference !== undefined) childRef(reference.getSnapshot(), id)?.send(event);
  }

  /** Gives a new life of an actor its address; what was sent to the life before and not acknowledged comes to it. */
  listen(address: PeerName, incarnation: number): void {
    const fence = { term: toTerm(1), incarnation: toIncarnation(incarnation) };
    const endpoint = this.#transport.createEndpoint(address, fence, {
      receive: (delivery) => {
        this.send(address, delivery.envelope.message as Message);
        delivery.acknowledge();
      },
      // Within one process: beats are calls, and an actor that is gone is a child that its supervisor restarts.
      signalled: () => {},
      disconnected: () => {},
      fenced: () => {},
    });
    this.#endpoints.set(address, endpoint);
  }

  /** A message over the transport, in order and once for each life of the receiver. */
  tell(from: PeerName, to: PeerName, message: Message): void {
    const outcome = this.#endpoints.get(from)?.send(to, message);
    assert(outcome !== "full", `more than ${MESSAGES_IN_FLIGHT_MAX} messages wait for the ${to}`);
  }

  /** Follows what a supervisor tells about its children. */
  note(supervisor: string, notice: SupervisorNotice): void {
    const child = "id" in notice ? `${supervisor}/${notice.id}` : "";
    if (notice.type === "child.started") {
      this.#running.set(child, notice.incarnation);
      this.#incarnations.set(child, notice.incarnation);
      if (supervisor === "partitions") this.monitors.partitions.watch(notice.id);
    }
    if (notice.type !== "child.exited") return;
    this.#running.delete(child);
    if (supervisor === "partitions") this.monitors.partitions.forget(notice.id);
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
    this.monitors.executors.stop();
    this.monitors.partitions.stop();
    this.#transport.close();
  }

  #below(supervisor: string): string[] {
    return [...this.#running.keys()].filter((child) => child.startsWith(`${supervisor}/`));
  }

  #find(name: string): AnyActorRef | undefined {
    return childRef(this.#root().getSnapshot(), name);
  }
}
