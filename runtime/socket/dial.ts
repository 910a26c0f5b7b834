/**
 * Dials a listener once: connects, proves itself, greets, and hands the connection over.
 *
 * Owns: that attempt, and what its failure is called.
 * Never: tries again; see `redial.ts`.
 *
 * D1. An attempt ends within `timeoutMs`, with a wire or with an error, and then its socket is gone.
 */
import type { Agent } from "node:http";
import { checkServerIdentity } from "node:tls";
import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import type { Clock } from "../clock.ts";
import { RuntimeError } from "../errors.ts";
import { type Channel, greetingOf, judgeGreeting, type Refusal, readRefusal } from "./greeting.ts";
import { HELLO_TIMEOUT_MS, PACKET_BYTES_MAX } from "./limits.ts";
import type { PeerIdentity, ProcessIdentity } from "./peer.ts";
import type { DialSecurity } from "./security.ts";
import { type Wire, wireOver } from "./wire.ts";

/** Where a process listens, and what it asks for. */
export interface DialTarget {
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
  readonly security: DialSecurity;
}

export interface DialOptions {
  readonly identity: ProcessIdentity;
  readonly target: DialTarget;
  readonly channel: Channel;
  readonly clock: Clock;
  readonly timeoutMs?: number;
  /** Whether the process that answers is the one that is meant. Default: any is. */
  readonly recognizes?: (peer: PeerIdentity) => boolean;
}

export interface DialHandler {
  connected(wire: Wire): void;
  /**
   * The error's code: `TOKEN_REFUSED`, `HOST_REFUSED`, `CERTIFICATE_REFUSED`, `PROTOCOL_MISMATCH`, `HELLO_INVALID`,
   * `PEER_REFUSED`, `PEER_REPLACED`; `PEER_UNREACHABLE` for everything else.
   */
  failed(error: RuntimeError): void;
}

/** What is said comes later, not within the call. Returns what gives up; nothing is told then. */
export function dial(options: DialOptions, handler: DialHandler): () => void {
  const attempt = new Attempt(options, handler);
  return () => attempt.end();
}

class Attempt {
  readonly #options: DialOptions;
  readonly #handler: DialHandler;
  readonly #timer: unknown;
  #socket: Socket | undefined;
  #ended = false;

  constructor(options: DialOptions, handler: DialHandler) {
    const { clock, timeoutMs = HELLO_TIMEOUT_MS } = options;
    this.#options = options;
    this.#handler = handler;
    this.#timer = clock.setTimeout(() => {
      this.#fail({ code: "PEER_UNREACHABLE", detail: `no welcome within ${timeoutMs} ms` });
    }, timeoutMs);
    // Only now: loading it takes a quarter of a second, and most processes never dial.
    void import("socket.io-client").then(({ io }) => {
      if (!this.#ended) this.#connect(io(urlOf(options), socketOptions(options)));
    });
  }

  /** Gives up, unless the attempt has ended. */
  end(): void {
    if (this.#finish()) this.#destroy();
  }

  #connect(socket: Socket): void {
    this.#socket = socket;
    socket.on("connect_error", (error) => this.#fail(refusedOf(error) ?? unreachable(error)));
    socket.on("disconnect", (reason) => this.#fail({ code: "PEER_UNREACHABLE", detail: reason }));
    socket.once("welcome", (said: unknown) => this.#welcome(socket, said));
    socket.connect();
  }

  #welcome(socket: Socket, said: unknown): void {
    const judged = judgeGreeting(said);
    if ("code" in judged) {
      this.#fail(judged);
      return;
    }
    const { recognizes, target } = this.#options;
    const peer = { ...judged, remoteAddress: target.host, certificateName: undefined };
    if (recognizes?.(peer) === false) {
      this.#fail({ code: "PEER_REPLACED", detail: `another ${peer.process} answers than before` });
      return;
    }
    if (!this.#finish()) return;
    this.#handler.connected(wireOver(socket, peer, terminatorOf(socket)));
  }

  #fail({ code, detail, cause }: Failure): void {
    if (!this.#finish()) return;
    this.#destroy();
    const { host, port } = this.#options.target;
    this.#handler.failed(new RuntimeError(code, `${host}:${port}: ${detail}`, cause));
  }

  /** False if the attempt has ended before. */
  #finish(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#options.clock.clearTimeout(this.#timer);
    for (const event of ["connect_error", "disconnect", "welcome"] as const) this.#socket?.off(event as never);
    return true;
  }

  #destroy(): void {
    if (this.#socket === undefined) return;
    const terminate = terminatorOf(this.#socket);
    this.#socket.disconnect();
    terminate();
  }
}

interface Failure {
  readonly code: string;
  readonly detail: string;
  readonly cause?: unknown;
}

function urlOf({ target, channel }: DialOptions): string {
  const { host, port, security } = target;
  const scheme = security.tls === undefined ? "http" : "https";
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}/${channel}`;
}

function socketOptions(options: DialOptions): Partial<ManagerOptions & SocketOptions> {
  const { token, tls } = options.target.security;
  const { serverName, ...certificates } = tls ?? {};
  // `maxPayload` goes to the websocket; the option's type does not know it.
  const limits = { maxPayload: PACKET_BYTES_MAX };
  return {
    ...limits,
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    transports: ["websocket"],
    upgrade: false,
    timeout: options.timeoutMs ?? HELLO_TIMEOUT_MS,
    perMessageDeflate: false as never,
    agent: false as unknown as Agent & false,
    auth: greetingOf(options.identity) as unknown as Record<string, unknown>,
    ...(token === undefined ? {} : { extraHeaders: { authorization: `Bearer ${token}` } }),
    ...(certificates as { readonly ca?: string; readonly cert?: string; readonly key?: string }),
    ...(serverName === undefined
      ? {}
      : { checkServerIdentity: (_host: string, shown: never) => checkServerIdentity(serverName, shown) }),
  };
}

/** What the listener said against the greeting. */
function refusedOf(error: Error): Refusal | undefined {
  return readRefusal((error as { readonly data?: unknown }).data);
}

/** What the websocket or TLS said; engine.io hides it in the description of its own error. */
function unreachable(error: Error): Failure {
  const description = (error as { readonly description?: { readonly error?: unknown } }).description;
  const cause = description?.error instanceof Error ? description.error : error;
  const status = /Unexpected server response: (\d+)/.exec(cause.message)?.[1];
  if (status === "401") return { code: "TOKEN_REFUSED", detail: "the token is not the listener's", cause };
  if (status === "403")
    return { code: "HOST_REFUSED", detail: "the listener does not know itself by this name", cause };
  const { code } = cause as { readonly code?: unknown };
  if (typeof code === "string" && /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_|ISSUER/.test(code)) {
    return { code: "CERTIFICATE_REFUSED", detail: cause.message, cause };
  }
  return { code: "PEER_UNREACHABLE", detail: cause.message, cause };
}

/** What ends the connection below: a close frame alone would wait half a minute for a peer that is stopped. */
function terminatorOf(socket: Socket): () => void {
  const { transport } = (socket.io.engine ?? {}) as { readonly transport?: unknown };
  const websocket = (transport as { readonly ws?: { terminate?(): void } | null } | undefined)?.ws;
  return () => websocket?.terminate?.();
}
