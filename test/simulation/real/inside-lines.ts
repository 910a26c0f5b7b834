/**
 * The lines to the processes of a real cluster: each that plays a role calls when it begins, and then obeys orders.
 *
 * Owns: the socket, who has called, and the answers that are awaited.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Answer, Hello, Order, Standing } from "./inside/orders.ts";

export interface LinesListener {
  /** A process of the member is about to play its role: what it is told now, it knows before. */
  calls(node: string): void;
  /** It got to the point of this mark, and stands still. */
  stands(node: string, mark: string): void;
}

interface Line {
  readonly socket: Socket;
  readonly pid: number;
  readonly awaited: Map<number, (done: string | undefined) => void>;
}

export class InsideLines {
  readonly #server: Server;
  readonly #lines = new Map<string, Line>();
  readonly #listener: LinesListener;
  #lastId = 0;

  private constructor(listener: LinesListener) {
    this.#listener = listener;
    this.#server = createServer((socket) => this.#meet(socket));
  }

  static async open(file: string, listener: LinesListener): Promise<InsideLines> {
    const lines = new InsideLines(listener);
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
        const said = JSON.parse(text) as Answer | Standing;
        if ("stands" in said) {
          this.#listener.stands(node, said.stands);
          return;
        }
        const { id, done } = said;
        line.awaited.get(id)?.(done);
        line.awaited.delete(id);
        return;
      }
      const hello = JSON.parse(text) as Hello;
      node = hello.node;
      line = { socket, pid: hello.pid, awaited: new Map() };
      this.#lines.set(node, line);
      this.#listener.calls(node);
      void this.give(node, { kind: "begin" });
    });
  }
}
