/**
 * A websocket client that says anything to a listener, right or wrong, byte by byte.
 *
 * Owns: the upgrade by hand, and frames as a client has to mask them.
 */
import { createConnection, type Socket } from "node:net";
import { until } from "./until.ts";

export interface RawRequest {
  readonly port: number;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const SOCKET_PATH = "/socket.io/?EIO=4&transport=websocket";

export class RawWebsocket {
  readonly socket: Socket;
  /** All that the listener has said, from the status line on. */
  received = Buffer.alloc(0);
  readonly closed: Promise<void>;

  constructor({ port, path = SOCKET_PATH, headers = {} }: RawRequest) {
    this.socket = createConnection({ port, host: "127.0.0.1" });
    this.socket.on("data", (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    const lines = Object.entries({
      host: `127.0.0.1:${port}`,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.from("sixteen bytes...").toString("base64"),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  }

  get text(): string {
    return this.received.toString("latin1");
  }

  /** The number in the status line, once it is there. */
  get status(): number | undefined {
    const digits = /^HTTP\/1\.1 (\d+)/.exec(this.text)?.[1];
    return digits === undefined ? undefined : Number(digits);
  }

  /** Resolves when the listener's side is ready; what is said before is lost. */
  async open(): Promise<this> {
    await until(() => this.text.includes(`"sid":`), "the websocket is open");
    return this;
  }

  say(text: string): void {
    this.frame(1, Buffer.from(text));
  }

  sayBytes(bytes: Uint8Array): void {
    this.frame(2, bytes);
  }

  /** The mask is zero, so the bytes stand as they are. */
  frame(opcode: number, bytes: Uint8Array): void {
    const length = Buffer.alloc(9);
    length[0] = 0x80 | 127;
    length.writeBigUInt64BE(BigInt(bytes.length), 1);
    if (this.socket.writable) {
      this.socket.write(Buffer.concat([Buffer.from([0x80 | opcode]), length, Buffer.alloc(4), bytes]));
    }
  }

  end(): void {
    this.socket.destroy();
  }
}
