/**
 * The transport of one simulated process: production's endpoints, with their sequences, acknowledgements and fences, over
 * frames that the simulated network carries.
 *
 * Owns: which endpoint an address of this process is.
 * Never: decides what is delivered; see `runtime/transport/framed-endpoint.ts`.
 */
import { RuntimeError } from "../../../runtime/errors.ts";
import { type Fence, type Fenced, isOlder } from "../../../runtime/identity.ts";
import { type Frame, FramedEndpoint } from "../../../runtime/transport/framed-endpoint.ts";
import type { Address, EndpointHandler, Transport } from "../../../runtime/transport/transport.ts";
import type { Network, Speaker } from "./network.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** What is unacknowledged is sent again so often: a simulated wire loses what TCP would not. */
const RESEND_MS = 300;

export interface SimulatedTransportOptions {
  readonly world: World;
  readonly network: Network;
  readonly process: SimulatedProcess;
  readonly unacknowledgedMax: number;
  /** Its name in greetings. */
  readonly life: string;
  /** Default: whoever it is. */
  readonly recognizes?: (peer: Speaker) => boolean;
}

export class SimulatedTransport implements Transport {
  readonly #options: SimulatedTransportOptions;
  readonly #endpoints = new Map<Address, FramedEndpoint>();

  constructor(options: SimulatedTransportOptions) {
    this.#options = options;
    options.network.join({
      ...{ process: options.process, life: options.life, recognizes: options.recognizes ?? (() => true) },
      addresses: () => this.#endpoints.keys(),
      arrive: (frame) => this.#endpoints.get(frame.to)?.arrive(frame),
      opened: (address) => {
        for (const endpoint of this.#endpoints.values()) endpoint.resend(address);
      },
      disconnected: (from) => {
        for (const endpoint of [...this.#endpoints.values()]) {
          const isKnown = [...endpoint.peers].includes(from);
          if (isKnown) endpoint.arrive({ kind: "disconnected", from, to: endpoint.address });
        }
      },
    });
  }

  createEndpoint(address: Address, fence: Fence, handler: EndpointHandler): FramedEndpoint {
    const { network, process, unacknowledgedMax, world } = this.#options;
    this.#makeRoom(address, fence);
    const endpoint = new FramedEndpoint(address, fence, handler, {
      unacknowledgedMax,
      cloneMessages: false,
      resend: { clock: process.clock, intervalMs: RESEND_MS },
      transmit: (frame) => this.#transmit(frame),
      onClose: (closed) => {
        if (this.#endpoints.get(address) === closed) this.#endpoints.delete(address);
        network.tellDisconnected(process, address);
      },
    });
    this.#endpoints.set(address, endpoint);
    world.note("listens", `${address} ${fence.term}.${fence.incarnation}`);
    network.tellOpened(process, address);
    return endpoint;
  }

  close(): void {
    for (const endpoint of [...this.#endpoints.values()]) endpoint.close();
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
    this.#options.world.schedule(this.#options.process, 0, () => older.tellFenced(answer));
  }

  #transmit(frame: Frame): void {
    const { network, process, world } = this.#options;
    if (!this.#endpoints.has(frame.to)) {
      network.send(process, frame);
      return;
    }
    world.schedule(process, 0, () => this.#endpoints.get(frame.to)?.arrive(frame));
  }
}
