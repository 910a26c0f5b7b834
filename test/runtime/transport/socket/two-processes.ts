/**
 * Two socket transports in this process, joined by a real connection on 127.0.0.1, or by a proxy.
 *
 * Owns: where an address lives; when everything under way has arrived.
 */
import type { ExecutionContext } from "ava";
import { type Listener, type ListenOptions, listen } from "../../../../runtime/socket/listener.ts";
import { systemClock } from "../../../../runtime/system-clock.ts";
import { systemRandom } from "../../../../runtime/system-random.ts";
import {
  createSocketTransport,
  type PeerEvent,
  type SocketTransport,
  type SocketTransportOptions,
} from "../../../../runtime/transport/socket/socket-transport.ts";
import type { Transport } from "../../../../runtime/transport/transport.ts";
import { FaultyProxy } from "../../socket/faulty-proxy.ts";
import { turn, until } from "../../socket/until.ts";

export const TOKEN = "a token that is long enough".replaceAll(" ", "-");

export interface TwoOptions {
  /** Addresses that live in the process that listens; all others live in the one that dials. */
  readonly listening?: readonly string[];
  readonly proxied?: boolean;
  readonly transport?: Partial<SocketTransportOptions>;
  readonly listener?: Partial<ListenOptions>;
}

export interface TwoProcesses {
  /** Creates each endpoint where its address lives. */
  readonly transport: Transport;
  readonly coordinator: SocketTransport;
  readonly worker: SocketTransport;
  readonly listener: Listener;
  /** What each end was told of the other. */
  readonly events: { readonly coordinator: PeerEvent[]; readonly worker: PeerEvent[] };
  /** Only with `proxied`. */
  readonly proxy: FaultyProxy;
  connected(): Promise<void>;
  settle(): Promise<void>;
}

export async function twoProcesses(t: ExecutionContext, options: TwoOptions = {}): Promise<TwoProcesses> {
  const { listening = ["right"], proxied = false } = options;
  const route = (address: string): string => (listening.includes(address) ? "coordinator" : "worker-1");
  const events: TwoProcesses["events"] = { coordinator: [], worker: [] };
  const common = { clock: systemClock, random: systemRandom, route };
  const identity = { process: "coordinator", life: "1" };
  const listener = await listen({ identity, port: 0, security: { token: TOKEN }, ...options.listener });
  const proxy = proxied ? await FaultyProxy.create(listener.port) : undefined;
  const coordinator = createSocketTransport({
    ...common,
    identity,
    listener,
    onPeer: (event) => events.coordinator.push(event),
    ...options.transport,
  });
  const worker = createSocketTransport({
    ...common,
    identity: { process: "worker-1", life: "1" },
    dial: { host: "127.0.0.1", port: proxy?.port ?? listener.port, security: { token: TOKEN } },
    onPeer: (event) => events.worker.push(event),
    ...options.transport,
  });
  t.teardown(async () => {
    worker.close();
    coordinator.close();
    await proxy?.close();
    await listener.close();
  });
  const both = [coordinator, worker];
  const connected = async (): Promise<void> => {
    await until(() => both.every(({ peers }) => peers.length === 1), "both are connected");
  };
  return {
    transport: composite({ coordinator, worker, route }),
    coordinator,
    worker,
    listener,
    events,
    proxy: proxy as FaultyProxy,
    connected,
    settle: async () => settle(both, connected),
  };
}

/** More turns than frames within one process need. */
const QUIET_TURNS = 20;

async function settle(both: readonly SocketTransport[], connected: () => Promise<void>): Promise<void> {
  const isIdle = (): boolean =>
    both.every(({ statistics }) => statistics.framesQueued === 0 && statistics.packetsUnderWay === 0);
  // Frames wait nowhere but there, and a packet is under way until its receiver has acted on it.
  for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
    if (both.some(({ peers }) => peers.length === 0) && !isClosed(both)) await connected();
    await turn();
    if (!isIdle()) quiet = 0;
  }
}

const closedTransports = new WeakSet<Transport>();

function isClosed(both: readonly SocketTransport[]): boolean {
  return both.some((one) => closedTransports.has(one));
}

function composite({
  coordinator,
  worker,
  route,
}: {
  readonly coordinator: SocketTransport;
  readonly worker: SocketTransport;
  readonly route: (address: string) => string;
}): Transport {
  const at = (address: string): SocketTransport => (route(address) === "coordinator" ? coordinator : worker);
  return {
    createEndpoint: (address, fence, handler) => at(address).createEndpoint(address, fence, handler),
    close: () => {
      for (const one of [coordinator, worker]) {
        closedTransports.add(one);
        one.close();
      }
    },
  };
}
