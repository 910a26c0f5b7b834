/**
 * The lines to the processes of a real cluster: each that plays a role calls when it begins, and then obeys orders.
 *
 * Owns: the socket, who has called, and the answers that are awaited.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Answer, Hello, Order } from "./inside/orders.ts";

interface Line {
  readonly socket: Socket;
  readonly pid: number;
  readonly awaited: Map<number, (done: string | undefined) => void>;
}

export class InsideLines {
  readonly #server: Server;
  readonly #lines = new Map<string, Line>();
  readonly #called: (node: string) => void;
  #lastId = 0;

  private constructor(called: (node: string) => void) {
    this.#called = called;
    this.#server = createServer((socket) => this.#meet(socket));
  }

  /** `called`: a process of this member has begun. */
  static async open(file: string, called: (node: string) => void): Promise<InsideLines> {
    const lines = new InsideLines(called);
    await new Promise<void>((resolve) => lines.#server.listen(file, resolve));
    return lines;
  }

  /** Of the process that plays the member's role; undefined if there is none. */
  pidOf(node: string): number | undefined {
    return this.#lines.get(node)?.pid;
  }

  /** Resolves with what was done, undefined for nothing: nobody is there, or has what it takes. */
  async give(node: string, order: Order): Promise<string | undefined> {
    const line = this.#lines.get(node);
    if (line === undefined) return undefined;
    this.#lastId += 1;
    const id = this.#lastId;
    return await new Promise((resolve) => {
      line.awaited.set(id, resolve);
      line.socket.write(`${JSON.stringify({ id, ...order })}\n`);
    });
  }

  async close(): Promise<void> {
    for (const { socket } of this.#lines.values()) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #meet(socket: Socket): void {
    let line: Line | undefined;
    let node = "";
    const reader = createInterface({ input: socket });
    // "close" follows.
    for (const one of [socket, reader]) one.on("error", () => undefined);
    socket.on("close", () => {
      for (const resolve of line?.awaited.values() ?? []) resolve(undefined);
      if (this.#lines.get(node) === line) this.#lines.delete(node);
    });
    reader.on("line", (text) => {
      if (line !== undefined) {
        const { id, done } = JSON.parse(text) as Answer;
        line.awaited.get(id)?.(done);
        line.awaited.delete(id);
        return;
      }
      const hello = JSON.parse(text) as Hello;
      node = hello.node;
      line = { socket, pid: hello.pid, awaited: new Map() };
      this.#lines.set(node, line);
      this.#called(node);
    });
  }
}
