/**
 * The one port that a process listens on: control, blocks and HTTP.
 *
 * Owns: the HTTP server, the socket.io server behind it, and how many were refused and why.
 * Never: knows what is said over a connection; answers an HTTP request: whoever adds a handler to `httpServer` does,
 * after asking `refuseRequest`.
 *
 * L1. A request to upgrade is judged before socket.io sees it, each one, also for a session that exists.
 * L2. What does not greet within `helloTimeoutMs` is cut off: a TCP connection, a TLS handshake, a half request, a
 *     websocket.
 * L3. No packet that a peer can send makes the process crash: what is malformed ends its connection and is counted.
 */
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { Socket as TcpSocket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { ExtendedError, Socket, Server as SocketServer } from "socket.io";
import { RuntimeError } from "../errors.ts";
import { type Channel, greetingOf, judgeGreeting, type Refusal } from "./greeting.ts";
import { CONNECTIONS_MAX, HELLO_TIMEOUT_MS, PACKET_BYTES_MAX, PING_INTERVAL_MS, PING_TIMEOUT_MS } from "./limits.ts";
import type { PeerIdentity, ProcessIdentity } from "./peer.ts";
import { type ListenSecurity, refuseRequest, requireSecure } from "./security.ts";
import { type Wire, wireOver } from "./wire.ts";

export interface ListenOptions {
  /** Who we are; peers are told. */
  readonly identity: ProcessIdentity;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly security: ListenSecurity;
  readonly helloTimeoutMs?: number;
  readonly pingIntervalMs?: number;
  readonly pingTimeoutMs?: number;
  /** A peer was refused or cut off. */
  readonly onRefused?: (refusal: PeerRefusal) => void;
}

export interface PeerRefusal {
  /** Of docs/errors.md. */
  readonly code: string;
  readonly detail: string;
  readonly remoteAddress: string;
}

/** Who takes the connections of a channel. */
export interface ChannelHandler {
  admits(peer: PeerIdentity): boolean;
  connected(wire: Wire): void;
}

export interface Listener {
  readonly identity: ProcessIdentity;
  readonly host: string;
  readonly port: number;
  readonly httpServer: HttpServer | HttpsServer;
  /** How often each code was refused. */
  readonly refusalCounts: ReadonlyMap<string, number>;
  /** A channel has one handler at most; before it has one, nobody gets in. Returns what ends that. */
  serve(channel: Channel, handler: ChannelHandler): () => void;
  /** Counts a peer that was cut off for what it said. */
  refused(refusal: PeerRefusal): void;
  /** Resolves when every connection is closed and the port is free. */
  close(): Promise<void>;
}

/** Errors: `LISTENER_INSECURE`, see `requireSecure`; `LISTEN_FAILED` if the port is taken or the host is not ours. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host = "127.0.0.1", port, security } = options;
  requireSecure(host, security);
  const httpServer = createServer(options);
  const listener = new SocketListener(options, host, httpServer, await createSocketServer(options));
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(new RuntimeError("LISTEN_FAILED", `cannot listen on ${host}:${port}: ${error.message}`, error));
    };
    httpServer.once("error", failed);
    httpServer.listen({ host, port }, () => {
      httpServer.off("error", failed);
      resolve();
    });
  });
  return listener;
}

function createServer({ security, helloTimeoutMs = HELLO_TIMEOUT_MS }: ListenOptions): HttpServer | HttpsServer {
  const limits = {
    headersTimeout: helloTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(helloTimeoutMs / 2)),
  };
  const { tls } = security;
  if (tls === undefined) return createHttpServer(limits);
  try {
    return createHttpsServer({
      ...limits,
      handshakeTimeout: helloTimeoutMs,
      minVersion: "TLSv1.2",
      cert: tls.cert,
      key: tls.key,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      requestCert: tls.clientCertificates ?? false,
      rejectUnauthorized: tls.clientCertificates ?? false,
    });
  } catch (error) {
    throw new RuntimeError("LISTEN_FAILED", `the certificate or its key is of no use: ${textOf(error)}`, error);
  }
}

class SocketListener implements Listener {
  readonly identity: ProcessIdentity;
  readonly host: string;
  readonly httpServer: HttpServer | HttpsServer;
  readonly refusalCounts = new Map<string, number>();
  readonly #options: ListenOptions;
  readonly #socketServer: SocketServer;
  /** Of TCP, upgraded or not. */
  readonly #connections = new Set<TcpSocket>();
  readonly #handlers = new Map<Channel, ChannelHandler>();

  constructor(options: ListenOptions, host: string, httpServer: HttpServer | HttpsServer, socketServer: SocketServer) {
    this.identity = options.identity;
    this.host = host;
    this.httpServer = httpServer;
    this.#options = options;
    this.#socketServer = socketServer;
    for (const channel of ["control", "blocks"] as const) this.#prepare(channel);
    this.#watchEngine();
    httpServer.maxConnections = CONNECTIONS_MAX;
    httpServer.on("connection", (connection: TcpSocket) => {
      this.#connections.add(connection);
      connection.once("close", () => this.#connections.delete(connection));
    });
    httpServer.on("tlsClientError", (error, socket) => {
      this.refused({ code: "CERTIFICATE_REFUSED", detail: error.message, remoteAddress: addressOf(socket) });
    });
    httpServer.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    httpServer.on("request", (_request, response) => {
      // Nobody answers yet, or ever: whoever asks may ask again.
      if (httpServer.listenerCount("request") === 1) response.writeHead(503, { connection: "close" }).end();
    });
  }

  get port(): number {
    const address = this.httpServer.address();
    return typeof address === "object" && address !== null ? address.port : this.#options.port;
  }

  serve(channel: Channel, handler: ChannelHandler): () => void {
    this.#handlers.set(channel, handler);
    return () => {
      if (this.#handlers.get(channel) === handler) this.#handlers.delete(channel);
    };
  }

  refused(refusal: PeerRefusal): void {
    this.refusalCounts.set(refusal.code, (this.refusalCounts.get(refusal.code) ?? 0) + 1);
    this.#options.onRefused?.(refusal);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.httpServer.close(() => resolve());
    });
    this.#socketServer.disconnectSockets(true);
    this.#socketServer.engine.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const refusal = refuseRequest(request, this.#options.security) ?? refuseUpgrade(request);
    if (refusal === undefined) {
      this.#socketServer.engine.handleUpgrade(request as never, socket, head);
      return;
    }
    const detail = `request to ${JSON.stringify(request.url?.slice(0, 100))}`;
    this.refused({ code: refusal.code, detail, remoteAddress: addressOf(request.socket) });
    const answer = `HTTP/1.1 ${refusal.status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
    socket.end(answer, () => socket.destroy());
  }

  #prepare(channel: Channel): void {
    const namespace = this.#socketServer.of(`/${channel}`);
    namespace.use((socket, next) => {
      const peer = this.#judge(channel, socket);
      if (!("code" in peer)) {
        socket.data = peer;
        next();
        return;
      }
      this.refused({ ...peer, remoteAddress: addressOf(socket.request.socket) });
      next(Object.assign(new Error(peer.code) as ExtendedError, { data: peer }));
      // Whoever asked wrongly is not left to ask again and again over the same connection.
      setImmediate(() => socket.conn.close());
    });
    namespace.on("connection", (socket) => this.#greeted(channel, socket));
  }

  #judge(channel: Channel, socket: Socket): PeerIdentity | Refusal {
    const judged = judgeGreeting(socket.handshake.auth);
    if ("code" in judged) return judged;
    const remoteAddress = addressOf(socket.request.socket);
    const peer = { ...judged, remoteAddress, certificateName: certificateName(socket.request.socket) };
    const handler = this.#handlers.get(channel);
    if (handler === undefined) return { code: "PEER_REFUSED", detail: `nobody serves ${channel} here` };
    if (handler.admits(peer)) return peer;
    return { code: "PEER_REFUSED", detail: `${peer.process} is not admitted to ${channel}` };
  }

  #greeted(channel: Channel, socket: Socket): void {
    const peer = socket.data as PeerIdentity;
    socket.on("error", (error) => {
      this.refused({ code: "PACKET_INVALID", detail: textOf(error), remoteAddress: peer.remoteAddress });
    });
    const handler = this.#handlers.get(channel);
    if (handler === undefined) {
      socket.disconnect(true);
      return;
    }
    socket.emit("welcome", greetingOf(this.identity));
    handler.connected(wireOver(socket, peer, () => socket.request.socket.destroy()));
  }

  /** Counts connections that end before or for what they said, wherever below the channels that is noticed. */
  #watchEngine(): void {
    const { engine } = this.#socketServer;
    engine.on("connection_error", ({ req, message }: { readonly req: IncomingMessage; readonly message: string }) => {
      this.refused({ code: "PACKET_INVALID", detail: message, remoteAddress: addressOf(req.socket) });
    });
    engine.on("connection", (connection: { readonly request: IncomingMessage; once: TcpSocket["once"] }) => {
      const remoteAddress = addressOf(connection.request.socket);
      connection.once("close", (reason: string, description: unknown) => {
        const code = codeOfClose(reason, textOf(description));
        if (code !== undefined) this.refused({ code, detail: `${reason}: ${textOf(description)}`, remoteAddress });
        // A websocket's close frame alone would wait for its answer for half a minute.
        connection.request.socket.destroySoon();
      });
    });
  }
}

async function createSocketServer(options: ListenOptions): Promise<SocketServer> {
  // Only now: loading it takes a quarter of a second, and most processes never listen.
  const { Server } = await import("socket.io");
  const server = new Server({
    transports: ["websocket"],
    allowUpgrades: false,
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: PACKET_BYTES_MAX,
    connectTimeout: options.helloTimeoutMs ?? HELLO_TIMEOUT_MS,
    pingInterval: options.pingIntervalMs ?? PING_INTERVAL_MS,
    pingTimeout: options.pingTimeoutMs ?? PING_TIMEOUT_MS,
  });
  // It makes its engine when it is attached to a server, and then would also answer that server's requests: to one that
  // never listens, therefore. Upgrades come to the engine from `#upgrade`.
  server.attach(createHttpServer());
  return server;
}

/** Only what a client of ours asks for. A session's name in the request would join a connection to that session. */
function refuseUpgrade({ url = "" }: IncomingMessage): { readonly status: 400; readonly code: string } | undefined {
  const query = /^\/socket\.io\/\?([A-Za-z0-9_=&.-]{1,200})$/.exec(url)?.[1];
  const parameters = new URLSearchParams(query ?? "");
  const right = parameters.get("EIO") === "4" && parameters.get("transport") === "websocket" && !parameters.has("sid");
  return right ? undefined : { status: 400, code: "PACKET_INVALID" };
}

function codeOfClose(reason: string, description: string): string | undefined {
  if (reason === "parse error") return "PACKET_INVALID";
  if (reason === "transport error" && !/ (?:read|write) E[A-Z]+/.test(description)) return "PACKET_INVALID";
  return undefined;
}

function certificateName(socket: TcpSocket): string | undefined {
  const certificate = (socket as Partial<TLSSocket>).getPeerCertificate?.();
  const name = certificate?.subject?.CN;
  return typeof name === "string" ? name : undefined;
}

function addressOf(socket: Pick<TcpSocket, "remoteAddress">): string {
  return socket.remoteAddress ?? "unknown";
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
