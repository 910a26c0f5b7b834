/**
 * Frames as bytes: docs/wire.md, "control".
 *
 * Owns: the format, and the check of everything that comes in.
 * Never: judges a message's content beyond its type; see `accepts` of the transport.
 *
 * F1. A packet is taken as a whole or not at all.
 */
import { type Incarnation, type Term, toIncarnation, toTerm } from "../../identity.ts";
import { ADDRESS_LENGTH_MAX, PACKET_FRAMES_MAX } from "../../socket/limits.ts";
import type { Frame } from "../framed-endpoint.ts";
import type { Address, ControlMessage } from "../transport.ts";

/** What processes say to each other: what endpoints say, and that an address is there now. */
export type WireFrame = Frame | { readonly kind: "opened"; readonly from: Address };

const TYPE_LENGTH_MAX = 200;

/** Text of one frame. `textOf` gives a message as JSON: it was made when the message was sent. */
export function encodeFrame(frame: WireFrame, textOf: (message: ControlMessage) => string): string {
  const { kind, from } = frame;
  switch (kind) {
    case "message": {
      const { fence, sequence, oldestUnacknowledged, message } = frame.envelope;
      const head = JSON.stringify([
        kind,
        from,
        frame.to,
        fence.term,
        fence.incarnation,
        sequence,
        oldestUnacknowledged,
      ]);
      return withMessage(head, textOf(message));
    }
    case "signal": {
      const { fence, message } = frame.envelope;
      return withMessage(JSON.stringify([kind, from, frame.to, fence.term, fence.incarnation]), textOf(message));
    }
    case "acknowledgement":
      return JSON.stringify([kind, from, frame.to, frame.incarnation, frame.through]);
    case "fenced":
      return JSON.stringify([kind, from, frame.to, frame.answer.term, frame.answer.incarnation]);
    case "disconnected":
      return JSON.stringify([kind, from, frame.to]);
    case "opened":
      return JSON.stringify([kind, from]);
  }
}

export function encodePacket(frames: readonly string[]): Buffer {
  return Buffer.from(`[${frames.join(",")}]`);
}

/** The packet's frames; or, as a string, why it is none. */
export function decodePacket(bytes: Uint8Array): WireFrame[] | string {
  let packet: unknown;
  try {
    packet = JSON.parse(utf8.decode(bytes));
  } catch {
    return "the packet is no JSON";
  }
  if (!Array.isArray(packet)) return "the packet is no array";
  if (packet.length > PACKET_FRAMES_MAX) return `the packet has ${packet.length} frames`;
  const frames: WireFrame[] = [];
  for (const said of packet) {
    const frame = decodeFrame(said);
    if (frame === undefined) return `frame ${frames.length} of the packet is malformed`;
    frames.push(frame);
  }
  return frames;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function withMessage(head: string, message: string): string {
  return `${head.slice(0, -1)},${message}]`;
}

function decodeFrame(said: unknown): WireFrame | undefined {
  if (!Array.isArray(said)) return undefined;
  const [kind, from, to, ...rest] = said as unknown[];
  if (!isAddress(from)) return undefined;
  if (kind === "opened") return said.length === 2 ? { kind, from } : undefined;
  if (!isAddress(to)) return undefined;
  switch (kind) {
    case "message":
      return decodeMessage(from, to, rest);
    case "signal":
      return decodeSignal(from, to, rest);
    case "acknowledgement": {
      const [incarnation, through] = rest;
      if (rest.length !== 2 || !isCounted(incarnation) || !isCounted(through, 0)) return undefined;
      return { kind, from, to, incarnation: toIncarnation(incarnation), through };
    }
    case "fenced": {
      const fence = rest.length === 2 ? decodeFence(rest) : undefined;
      return fence === undefined ? undefined : { kind, from, to, answer: { type: "FENCED", ...fence } };
    }
    case "disconnected":
      return rest.length === 0 ? { kind, from, to } : undefined;
    default:
      return undefined;
  }
}

function decodeMessage(from: Address, to: Address, rest: readonly unknown[]): WireFrame | undefined {
  const fence = decodeFence(rest);
  const [, , sequence, oldest, message] = rest;
  if (rest.length !== 5 || fence === undefined || !isMessage(message)) return undefined;
  if (!isCounted(sequence) || !isCounted(oldest) || oldest > sequence) return undefined;
  const envelope = { from, to, fence, sequence, oldestUnacknowledged: oldest, message };
  return { kind: "message", from, to, envelope };
}

function decodeSignal(from: Address, to: Address, rest: readonly unknown[]): WireFrame | undefined {
  const fence = decodeFence(rest);
  const message = rest[2];
  if (rest.length !== 3 || fence === undefined || !isMessage(message)) return undefined;
  return { kind: "signal", from, to, envelope: { from, to, fence, message } };
}

function decodeFence([term, incarnation]: readonly unknown[]):
  | { readonly term: Term; readonly incarnation: Incarnation }
  | undefined {
  if (!isCounted(term) || !isCounted(incarnation)) return undefined;
  return { term: toTerm(term), incarnation: toIncarnation(incarnation) };
}

export function isAddress(value: unknown): value is Address {
  return typeof value === "string" && value.length > 0 && value.length <= ADDRESS_LENGTH_MAX;
}

function isCounted(value: unknown, from = 1): value is number {
  return Number.isSafeInteger(value) && (value as number) >= from;
}

export function isMessage(value: unknown): value is ControlMessage {
  if (typeof value !== "object" || value === null) return false;
  const { type } = value as { readonly type?: unknown };
  return typeof type === "string" && type.length <= TYPE_LENGTH_MAX;
}
