/**
 * A TCP proxy that cuts, stalls and crumbles what passes through it.
 *
 * Owns: both halves of each connection.
 * Never: acts by itself; tests say when.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";

export class FaultyProxy {
  /** Bytes passed on at once; more come in the next turn. Default: as they come. */
  pieceBytes = Number.POSITIVE_INFINITY;
  /** After so many more bytes, both ways together, everything is cut, once. */
  cutAfterBytes = Number.POSITIVE_INFINITY;
  /** How many connections have been made. */
  connectionCount = 0;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #refusing = false;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    server.on("connection", (near) => this.#join(near));
  }

  static async create(targetPort: number): Promise<FaultyProxy> {
    const server = createServer();
    const proxy = new FaultyProxy(server, targetPort);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { readonly port: number }).port;
  }

  /** Ends every connection; new ones are refused until `restore`, if `refuse` says so. */
  cut({ refuse = false }: { readonly refuse?: boolean } = {}): void {
    this.#refusing = refuse;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore(): void {
    this.#refusing = false;
  }

  /** Nothing passes any more, and nobody is told. */
  stall(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    if (this.#refusing) {
      near.destroy();
      return;
    }
    this.connectionCount += 1;
    const far = createConnection({ port: this.#targetPort, host: "127.0.0.1" });
    this.#carry(near, far);
    this.#carry(far, near);
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay();
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on("data", (bytes) => this.#pass(from, to, bytes));
  }

  #pass(from: Socket, to: Socket, bytes: Buffer): void {
    this.cutAfterBytes -= bytes.length;
    if (this.cutAfterBytes < 0) {
      this.cutAfterBytes = Number.POSITIVE_INFINITY;
      this.cut();
      return;
    }
    if (to.destroyed) return;
    to.write(bytes.subarray(0, this.pieceBytes));
    const rest = bytes.subarray(this.pieceBytes);
    if (rest.length === 0) return;
    from.pause();
    setImmediate(() => {
      this.cutAfterBytes += rest.length;
      from.resume();
      this.#pass(from, to, rest);
    });
  }
}
