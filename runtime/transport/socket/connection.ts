/**
 * One connection's control packets: frames in, frames out.
 *
 * Owns: what waits for the wire, what is under way on it, and the check of what arrives.
 * Never: knows an address's process; keeps anything for the next connection: the outboxes do.
 *
 * C1. What is said in one turn of the event loop goes out together.
 * C2. At most `windowBytes` are under way that the peer has not taken; one packet may be larger.
 * C3. What is malformed ends the connection.
 */
import type { RefusalCode } from "../../socket/greeting.ts";
import { ADDRESSES_OF_PEER_MAX, BATCH_BYTES } from "../../socket/limits.ts";
import type { PeerIdentity } from "../../socket/peer.ts";
import type { Wire } from "../../socket/wire.ts";
import type { ControlMessage } from "../transport.ts";
import { decodePacket, encodeFrame, encodePacket, type WireFrame } from "./frame-codec.ts";
import { FrameQueue } from "./frame-queue.ts";
import type { TransportCounters } from "./statistics.ts";

export interface ConnectionOptions {
  readonly windowBytes: number;
  readonly counters: TransportCounters;
  readonly textOf: (message: ControlMessage) => string;
  readonly accepts: (message: ControlMessage) => boolean;
  readonly arrived: (frame: WireFrame) => void;
  /** The peer said something malformed; the connection is being closed. */
  readonly refused: (code: RefusalCode, detail: string) => void;
  readonly closed: (reason: string) => void;
}

/** The only event of this channel: one packet, answered when it was taken. */
const FRAMES = "frames";

export class Connection {
  readonly #wire: Wire;
  readonly #options: ConnectionOptions;
  readonly #queue = new FrameQueue();
  /** Addresses that the peer has spoken for. */
  readonly #heard = new Set<string>();
  #packetsUnderWay = 0;
  #bytesUnderWay = 0;
  #flushPlanned = false;
  #closed = false;

  constructor(wire: Wire, options: ConnectionOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  get peer(): PeerIdentity {
    return this.#wire.peer;
  }

  get framesQueued(): number {
    return this.#queue.length;
  }

  get packetsUnderWay(): number {
    return this.#packetsUnderWay;
  }

  start(): void {
    this.#wire.start({
      heard: (event, parts, answer) => this.#heardEvent(event, parts, answer),
      closed: (reason) => {
        this.#closed = true;
        this.#options.closed(reason);
      },
    });
  }

  send(frame: WireFrame): void {
    if (this.#closed) return;
    this.#queue.add(frame);
    this.#planFlush();
  }

  close(): void {
    this.#closed = true;
    this.#wire.close();
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      while (!this.#closed && this.#queue.length > 0 && this.#hasRoom()) this.#sendPacket();
    });
  }

  #hasRoom(): boolean {
    return this.#packetsUnderWay === 0 || this.#bytesUnderWay + BATCH_BYTES <= this.#options.windowBytes;
  }

  #sendPacket(): void {
    const frames: string[] = [];
    for (let characters = 0; characters < BATCH_BYTES; ) {
      const frame = this.#queue.shift();
      if (frame === undefined) break;
      const text = encodeFrame(frame, this.#options.textOf);
      frames.push(text);
      characters += text.length;
    }
    const packet = encodePacket(frames);
    const { counters } = this.#options;
    counters.packetsSent += 1;
    counters.bytesSent += packet.length;
    this.#packetsUnderWay += 1;
    this.#bytesUnderWay += packet.length;
    this.#wire.say(FRAMES, [packet], () => {
      this.#packetsUnderWay -= 1;
      this.#bytesUnderWay -= packet.length;
      if (this.#queue.length > 0) this.#planFlush();
    });
  }

  #heardEvent(event: string, parts: readonly unknown[], answer: (() => void) | undefined): void {
    const [packet] = parts;
    if (event !== FRAMES || parts.length !== 1 || !(packet instanceof Uint8Array) || answer === undefined) {
      this.#refuse("an event that the protocol does not have");
      return;
    }
    const frames = decodePacket(packet);
    const fault = typeof frames === "string" ? frames : this.#faultOf(frames);
    if (fault !== undefined) {
      this.#refuse(fault);
      return;
    }
    const { counters, arrived } = this.#options;
    counters.packetsReceived += 1;
    counters.bytesReceived += packet.length;
    for (const frame of frames as readonly WireFrame[]) arrived(frame);
    answer();
  }

  #faultOf(frames: readonly WireFrame[]): string | undefined {
    for (const frame of frames) {
      this.#heard.add(frame.from);
      if (frame.kind !== "message" && frame.kind !== "signal") continue;
      const { message } = frame.envelope;
      if (!this.#options.accepts(message))
        return `a message of type ${JSON.stringify(message.type)} that is not accepted`;
    }
    return this.#heard.size > ADDRESSES_OF_PEER_MAX ? "more addresses than a process has" : undefined;
  }

  #refuse(detail: string): void {
    this.#wire.close({ code: "PACKET_INVALID", detail });
    this.#options.refused("PACKET_INVALID", detail);
  }
}
