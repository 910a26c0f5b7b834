/**
 * Fetches blocks from whoever serves them now, as the membership's directory says.
 *
 * Owns: the directory, as processes and their addresses.
 * Never: asks again, or elsewhere: the exchange does.
 */
import type { Clock } from "../../runtime/clock.ts";
import { createBlockClient } from "../../runtime/exchange/block-client.ts";
import type { DialTarget } from "../../runtime/socket/dial.ts";
import type { ProcessIdentity } from "../../runtime/socket/peer.ts";
import type { DialSecurity } from "../../runtime/socket/security.ts";
import { type BlockSource, COORDINATOR_PEER } from "./messages.ts";

export interface BlockSourceOptions {
  /** Who we are: servers look whether we are a member. */
  readonly identity: ProcessIdentity;
  readonly clock: Clock;
  readonly security: DialSecurity;
  /** The name of a process, by worker id or `COORDINATOR_PEER`. */
  readonly processOf: (peer: string) => string;
  /** Where the coordinator serves inputs; undefined for the coordinator itself. */
  readonly coordinator: { readonly host: string; readonly port: number } | undefined;
}

/** Errors of fetching: ExchangeError. */
export function blockSource(options: BlockSourceOptions): BlockSource & { close(): void } {
  const { identity, clock, security, processOf, coordinator } = options;
  let places: ReadonlyMap<string, DialTarget> = new Map();
  const locate = (process: string): DialTarget | undefined => {
    if (coordinator === undefined || process !== processOf(COORDINATOR_PEER)) return places.get(process);
    return { ...coordinator, security };
  };
  const client = createBlockClient({ identity, clock, locate });
  return {
    noteDirectory: (members) => {
      places = new Map(
        members.flatMap(({ id, exchange }) => {
          const place = readPlace(exchange);
          return place === undefined ? [] : [[processOf(id), { ...place, security }] as const];
        }),
      );
    },
    fetch: (peer, request) => client.fetch(processOf(peer), request),
    close: () => client.close(),
  };
}

/** `host:port`, with an IPv6 address in brackets; undefined for anything else. */
function readPlace(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? undefined : { host, port: Number(digits) };
}
