/**
 * A network of hosts on this one: a namespace for each member of a cluster, all on one bridge, to be cut and healed.
 *
 * Owns: namespaces, addresses and links; they are named after one random id, and removed at the end.
 *
 * N1. It needs `ip`, and the right to make namespaces, which root has outside of most containers.
 * N2. `both` cuts a host off altogether; `out` loses what it sends while it still receives, which no socket notices.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { CommandError } from "../command-error.ts";

export type CutKind = "both" | "out";

/** Addresses of a /24 without those of net, bridge and broadcast. */
const MEMBERS_MAX = 250;

interface Host {
  readonly namespace: string;
  /** The end of its link that is outside. */
  readonly link: string;
  readonly address: string;
}

export class Network {
  readonly #bridge: string;
  readonly #subnet: string;
  readonly #hosts = new Map<string, Host>();

  /** Errors: CommandError NETWORK_NOT_ALLOWED, USAGE; nothing is left of what had been made. */
  constructor(members: readonly string[]) {
    if (members.length > MEMBERS_MAX) throw new CommandError("USAGE", `a network has at most ${MEMBERS_MAX} members`);
    const [high = 0, low = 0] = randomBytes(2);
    const id = `adf${Buffer.from([high, low]).toString("hex")}`;
    // Of private addresses, the end that is least in use.
    this.#subnet = `10.${200 + (high % 55)}.${low}`;
    this.#bridge = id;
    try {
      ip("link", "add", this.#bridge, "type", "bridge");
      ip("address", "add", `${this.#subnet}.1/24`, "dev", this.#bridge);
      ip("link", "set", this.#bridge, "up");
      for (const [index, member] of members.entries()) {
        this.#add(member, `${id}-${index}`, `${this.#subnet}.${index + 2}`);
      }
    } catch (error) {
      this.remove();
      throw new CommandError("NETWORK_NOT_ALLOWED", `cannot make a network of namespaces: ${(error as Error).message}`);
    }
  }

  addressOf(member: string): string {
    return this.#host(member).address;
  }

  /** The words before a command that runs on this host; the process stays the same. */
  prefixOf(member: string): readonly string[] {
    return ["ip", "netns", "exec", this.#host(member).namespace];
  }

  cut(member: string, kind: CutKind): void {
    const { namespace, link } = this.#host(member);
    if (kind === "both") ip("link", "set", link, "down");
    // More exact than the route of its own net, which stays for when this one goes.
    else
      for (const half of ["0/25", "128/25"])
        ip("-n", namespace, "route", "add", "blackhole", `${this.#subnet}.${half}`);
  }

  /** Of any cut; does nothing to a host that is not cut off. */
  heal(member: string): void {
    const { namespace, link } = this.#host(member);
    ip("link", "set", link, "up");
    for (const half of ["0/25", "128/25"])
      attempt("-n", namespace, "route", "del", "blackhole", `${this.#subnet}.${half}`);
  }

  remove(): void {
    for (const { namespace } of this.#hosts.values()) attempt("netns", "del", namespace);
    attempt("link", "del", this.#bridge);
  }

  #add(member: string, name: string, address: string): void {
    this.#hosts.set(member, { namespace: name, link: name, address });
    ip("netns", "add", name);
    ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("link", "set", name, "master", this.#bridge, "up");
    ip("-n", name, "address", "add", `${address}/24`, "dev", "eth0");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "link", "set", "eth0", "up");
  }

  #host(member: string): Host {
    const host = this.#hosts.get(member);
    if (host === undefined) throw new Error(`no host ${member} in this network`);
    return host;
  }
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}

function attempt(...words: string[]): void {
  try {
    ip(...words);
  } catch {
    // It was not there.
  }
}
