/**
 * Frames that wait for a connection to take them.
 *
 * Owns: their order, and that no frame waits twice.
 * Never: encodes; knows of sockets.
 *
 * Q1. A frame that says what a waiting one says takes its place: so the queue is never longer than what its outboxes
 *     hold, with one frame more of each other kind for each pair of addresses, however often things are offered again.
 * Q2. Signals are bounded by number; the oldest go first.
 */
import { SIGNALS_QUEUED_MAX } from "../../socket/limits.ts";
import type { WireFrame } from "./frame-codec.ts";

export class FrameQueue {
  /** In the order in which they are sent. */
  readonly #frames = new Map<string, WireFrame>();
  /** Signals that wait: the first one's number, and the next one's. */
  #oldestSignal = 0;
  #nextSignal = 0;

  get length(): number {
    return this.#frames.size;
  }

  add(frame: WireFrame): void {
    if (frame.kind !== "signal") {
      this.#frames.set(keyOf(frame), frame);
      return;
    }
    this.#frames.set(`signal ${this.#nextSignal}`, frame);
    this.#nextSignal += 1;
    if (this.#nextSignal - this.#oldestSignal <= SIGNALS_QUEUED_MAX) return;
    this.#frames.delete(`signal ${this.#oldestSignal}`);
    this.#oldestSignal += 1;
  }

  /** Takes the first one. */
  shift(): WireFrame | undefined {
    const first = this.#frames.entries().next();
    if (first.done === true) return undefined;
    const [key, frame] = first.value;
    this.#frames.delete(key);
    if (frame.kind === "signal") this.#oldestSignal += 1;
    return frame;
  }
}

function keyOf(frame: Exclude<WireFrame, { readonly kind: "signal" }>): string {
  if (frame.kind === "opened") return `opened\n${frame.from}`;
  const pair = `${frame.kind}\n${frame.from}\n${frame.to}`;
  if (frame.kind === "message") return `${pair}\n${frame.envelope.fence.incarnation}\n${frame.envelope.sequence}`;
  return frame.kind === "acknowledgement" ? `${pair}\n${frame.incarnation}` : pair;
}
