/**
 * The network between the members of a real cluster on one host: a TCP proxy before each listener, with a link for each
 * direction between two members that can be cut, clogged and slowed. Needs no privileges.
 *
 * Owns: who is at which end of a connection, and when its bytes pass.
 *
 * K1. Who dials is known by the address that it dials from: each member has one of its own in 127.0.0.0/8.
 * K2. A clogged link hands over later what came meanwhile. Of a cut one that is lost, and so is a connection that has lost
 *     something, once it is mended: TCP loses nothing else. Ends of connections travel as bytes do.
 * K3. Bad weather makes pieces late, and never changes their order.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../../../runtime/random.ts";
import type { Fault } from "../plan/fault-plan.ts";

type Cut = "cut" | "clogged";
type Weather = Extract<Fault, { readonly kind: "weather" }>;

/** After which TCP sends again what was lost. Source: RFC 6298 has a second; Linux's TCP_RTO_MIN is 200 ms. */
const RESEND_MS = 200;
const HOST = "127.0.0.1";

/** Of the n-th member. */
export function addressOf(index: number): string {
  return `127.77.0.${index + 1}`;
}

export class Links {
  readonly #random: Random;
  readonly #names = new Map<string, string>();
  readonly #servers = new Map<string, Server>();
  readonly #targets = new Map<string, number>();
  readonly #cuts = new Map<string, Cut>();
  readonly #streams = new Set<Stream>();
  #weather: Weather | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Makes a member known; resolves with the port at which others reach it. */
  async open(name: string, address: string): Promise<number> {
    this.#names.set(address, name);
    const server = createServer((near) => this.#join(near, name));
    this.#servers.set(name, server);
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    return (server.address() as { readonly port: number }).port;
  }

  /** Where the member listens now. */
  lead(name: string, port: number): void {
    this.#targets.set(name, port);
  }

  cut(from: string, to: string, how: Cut): void {
    this.#cuts.set(`${from}>${to}`, how);
  }

  mend(from: string, to: string): void {
    this.#cuts.delete(`${from}>${to}`);
    for (const stream of this.#streams) stream.pass();
  }

  blow(weather: Weather | undefined): void {
    this.#weather = weather;
  }

  heal(): void {
    this.#cuts.clear();
    this.#weather = undefined;
    for (const stream of this.#streams) stream.pass();
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    await Promise.all(
      [...this.#servers.values()].map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  }

  #join(near: Socket, to: string): void {
    const port = this.#targets.get(to);
    // Whoever steers the cluster is no member, and has no links.
    const from = this.#names.get(near.remoteAddress ?? "") ?? "";
    if (port === undefined) {
      near.destroy();
      return;
    }
    const far = createConnection({ port, host: HOST });
    this.#carry(near, far, `${from}>${to}`);
    this.#carry(far, near, `${to}>${from}`);
  }

  #carry(from: Socket, to: Socket, link: string): void {
    const stream = new Stream(from, to, {
      cut: () => this.#cuts.get(link),
      delayMs: () => this.#delayMs(),
      ended: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
  }

  /** K3. */
  #delayMs(): number {
    if (this.#weather === undefined) return 0;
    const { dropShare, delayShare, delayMaxMs } = this.#weather;
    const resent = this.#random.next() < dropShare ? RESEND_MS : 0;
    return resent + (this.#random.next() < delayShare ? this.#random.next() * delayMaxMs : 0);
  }
}

interface Passage {
  readonly cut: () => Cut | undefined;
  readonly delayMs: () => number;
  readonly ended: () => void;
}

/** One direction of a connection. Of what waits, undefined is the end. */
class Stream {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #passage: Passage;
  readonly #waiting: { readonly piece: Buffer | undefined; readonly atMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #hasLost = false;

  constructor(from: Socket, to: Socket, passage: Passage) {
    this.#from = from;
    this.#to = to;
    this.#passage = passage;
    from.setNoDelay();
    from.on("error", () => undefined); // "close" follows.
    from.on("data", (piece) => this.#take(piece));
    from.on("close", () => this.#take(undefined));
  }

  #take(piece: Buffer | undefined): void {
    const lastMs = this.#waiting.at(-1)?.atMs ?? 0;
    this.#waiting.push({ piece, atMs: Math.max(lastMs, performance.now() + this.#passage.delayMs()) });
    this.pass();
  }

  pass(): void {
    clearTimeout(this.#timer);
    const cut = this.#passage.cut();
    if (cut === "cut") this.#hasLost ||= this.#waiting.splice(0).length > 0;
    if (cut !== undefined) return;
    if (this.#hasLost) this.destroy();
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const leftMs = next.atMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.pass(), leftMs);
        return;
      }
      this.#waiting.shift();
      if (next.piece === undefined) this.#end();
      else if (!this.#to.destroyed) this.#to.write(next.piece);
    }
  }

  destroy(): void {
    this.#to.destroy();
    this.#end();
  }

  /** What has passed arrives. */
  #end(): void {
    clearTimeout(this.#timer);
    this.#from.destroy();
    this.#to.destroySoon();
    this.#passage.ended();
  }
}
