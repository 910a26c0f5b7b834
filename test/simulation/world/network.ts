/**
 * The network between simulated processes: frames take their time, are lost, come twice or out of order, and links are cut.
 *
 * Owns: what happens to a frame on its way, and which process has which address.
 * Never: looks into a frame.
 *
 * N1. A frame arrives, if it does, at whichever process has the address then: also at one that was started meanwhile.
 * N2. A worker's process takes nothing from a coordinator that it does not recognize, and says nothing to it: in
 *     production they have no connection.
 * N3. A cut is of one direction; what is sent meanwhile is lost, or, where the link is clogged, comes when it is released.
 */
import type { Frame } from "../../../runtime/transport/framed-endpoint.ts";
import type { Address } from "../../../runtime/transport/transport.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** What a frame meets between two processes. */
export interface NetworkWeather {
  readonly dropShare: number;
  readonly duplicateShare: number;
  /** Frames that take up to `delayMaxMs` instead of DELAY_MS. */
  readonly delayShare: number;
  readonly delayMaxMs: number;
}

export const FAIR_WEATHER: NetworkWeather = { dropShare: 0, duplicateShare: 0, delayShare: 0, delayMaxMs: 0 };

const DELAY_MS = [0.2, 2] as const;
/** After which a broken connection is noticed. */
const NOTICE_MS = [1, 400] as const;

/** Frames of a node that may come once more. */
const ECHOES_MAX = 16;

export interface Speaker {
  readonly process: SimulatedProcess;
  /** Its name in greetings. */
  readonly life: string;
}

interface Sent {
  readonly frame: Frame;
  readonly from: Port;
}

/** One process's end of the network. */
export interface Port extends Speaker {
  readonly addresses: () => Iterable<Address>;
  /** N2. Whether it goes on speaking with that process. */
  readonly recognizes: (peer: Speaker) => boolean;
  readonly arrive: (frame: Frame) => void;
  /** The address is there, or there again. */
  readonly opened: (address: Address) => void;
  /** Of addresses that were spoken with. */
  readonly disconnected: (address: Address) => void;
}

interface Barrier {
  readonly kind: "cut" | "clogged";
  readonly held: (() => void)[];
}

export class Network {
  readonly #world: World;
  readonly #ports = new Set<Port>();
  /** By `FROM>TO`, of nodes. */
  readonly #barriers = new Map<string, Barrier>();
  /** By node: what it sent, the oldest first. */
  readonly #recent = new Map<string, readonly Sent[]>();
  weather = FAIR_WEATHER;

  constructor(world: World) {
    this.#world = world;
  }

  join(port: Port): void {
    this.#ports.add(port);
  }

  /** The process is dead, and its peers will notice. */
  leave(process: SimulatedProcess): void {
    const port = [...this.#ports].find((each) => each.process === process);
    if (port === undefined) return;
    const addresses = [...port.addresses()];
    this.#ports.delete(port);
    for (const address of addresses) this.tellDisconnected(process, address);
  }

  tellDisconnected(process: SimulatedProcess, address: Address): void {
    for (const peer of this.#ports) {
      if (peer.process === process) continue;
      this.#world.schedule(peer.process, this.#world.between(...NOTICE_MS), () => peer.disconnected(address));
    }
  }

  tellOpened(process: SimulatedProcess, address: Address): void {
    for (const peer of this.#ports) {
      if (peer.process === process) continue;
      this.#pass(process.node, peer.process.node, (delayMs) => {
        this.#world.schedule(peer.process, delayMs, () => {
          const opener = this.#portOn(process);
          if (opener !== undefined && areConnected(opener, peer)) peer.opened(address);
        });
      });
    }
  }

  /** What a node sent lately arrives once more. */
  echo(node: string, withinMs: number): void {
    for (const sent of this.#recent.get(node) ?? []) {
      this.#world.schedule(undefined, this.#world.between(0, withinMs), () => this.#deliver(sent));
    }
  }

  send(process: SimulatedProcess, frame: Frame): void {
    const { node } = process;
    const from = this.#portOn(process);
    const to = this.#portOf(frame.to)?.process.node;
    // A process that was killed in the middle of something says nothing more.
    if (to === undefined || from === undefined || !process.isAlive) return;
    const sent = { frame, from };
    this.#recent.set(node, [...(this.#recent.get(node) ?? []), sent].slice(-ECHOES_MAX));
    this.#pass(node, to, (delayMs) => {
      this.#world.schedule(undefined, delayMs, () => this.#deliver(sent));
    });
  }

  /** How a request from one process to another fares: after how long it is there, or undefined if it is lost. */
  tripMs(from: string, to: string): number | undefined {
    const { dropShare } = this.weather;
    if (this.isCut(from, to) || this.#world.chance(dropShare)) return undefined;
    return this.#delayMs();
  }

  isCut(from: string, to: string): boolean {
    return this.#barriers.has(`${from}>${to}`);
  }

  cut(from: string, to: string, kind: Barrier["kind"]): void {
    this.mend(from, to);
    this.#barriers.set(`${from}>${to}`, { kind, held: [] });
  }

  mend(from: string, to: string): void {
    const barrier = this.#barriers.get(`${from}>${to}`);
    this.#barriers.delete(`${from}>${to}`);
    for (const go of barrier?.held ?? []) go();
  }

  /** Ends this weather, unless another one has come meanwhile. */
  clear(weather: NetworkWeather): void {
    if (this.weather === weather) this.weather = FAIR_WEATHER;
  }

  heal(): void {
    this.weather = FAIR_WEATHER;
    for (const link of [...this.#barriers.keys()]) {
      const [from, to] = link.split(">");
      this.mend(from, to);
    }
  }

  #deliver({ frame, from }: Sent): void {
    const port = this.#portOf(frame.to);
    if (port === undefined) return;
    this.#world.schedule(port.process, 0, () => {
      if (areConnected(from, port)) port.arrive(frame);
    });
  }

  #portOn(process: SimulatedProcess): Port | undefined {
    for (const port of this.#ports) if (port.process === process) return port;
    return undefined;
  }

  #pass(from: string, to: string, carry: (delayMs: number) => void): void {
    const { dropShare, duplicateShare } = this.weather;
    const barrier = this.#barriers.get(`${from}>${to}`);
    if (barrier?.kind === "clogged") barrier.held.push(() => carry(this.#delayMs()));
    if (barrier !== undefined || this.#world.chance(dropShare)) return;
    carry(this.#delayMs());
    if (this.#world.chance(duplicateShare)) carry(this.#delayMs());
  }

  #delayMs(): number {
    const { delayShare, delayMaxMs } = this.weather;
    return this.#world.chance(delayShare) ? this.#world.between(0, delayMaxMs) : this.#world.between(...DELAY_MS);
  }

  #portOf(address: Address): Port | undefined {
    let found: Port | undefined;
    // The latest to join, if two processes have it.
    for (const port of this.#ports) for (const each of port.addresses()) if (each === address) found = port;
    return found;
  }
}

/** N2. */
function areConnected(left: Port, right: Port): boolean {
  return left.recognizes(right) && right.recognizes(left);
}
