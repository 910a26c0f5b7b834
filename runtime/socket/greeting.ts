/**
 * What two processes say to each other first, and why one of them may hang up.
 *
 * Owns: the protocol's version, the shape of hello, welcome and refusal, and their checks.
 * Never: touches a socket.
 *
 * G1. Whoever dials says hello; whoever listens answers with a welcome or a refusal. Nothing else is heard before.
 * G2. Only equal versions talk: another version is refused by name, with both numbers.
 */
import { isProcessName, type ProcessIdentity } from "./peer.ts";

/** Counts the incompatible changes of docs/wire.md. */
export const PROTOCOL_VERSION = 1;

/** What a connection carries; on the wire, a socket.io namespace each. */
export type Channel = "control" | "blocks";

export interface Greeting extends ProcessIdentity {
  readonly protocol: number;
}

export interface Refusal {
  /** Of docs/errors.md. */
  readonly code: RefusalCode;
  /** For people. */
  readonly detail: string;
}

/** What a listener may answer; anything else that it says is not repeated. */
const REFUSAL_CODES = ["PROTOCOL_MISMATCH", "HELLO_INVALID", "PEER_REFUSED", "PACKET_INVALID"] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

const DETAIL_LENGTH_MAX = 500;

export function greetingOf({ process, life }: ProcessIdentity): Greeting {
  return { protocol: PROTOCOL_VERSION, process, life };
}

/** The peer's identity, or why it is refused. */
export function judgeGreeting(said: unknown): ProcessIdentity | Refusal {
  if (typeof said !== "object" || said === null) return { code: "HELLO_INVALID", detail: "the greeting is no object" };
  const { protocol, process, life } = said as Record<string, unknown>;
  if (!Number.isSafeInteger(protocol)) return { code: "HELLO_INVALID", detail: "the greeting has no protocol version" };
  if (protocol !== PROTOCOL_VERSION) {
    return { code: "PROTOCOL_MISMATCH", detail: `protocol ${PROTOCOL_VERSION} here, ${protocol} at the peer` };
  }
  if (!isProcessName(process)) return { code: "HELLO_INVALID", detail: "the greeting names no process" };
  if (!isProcessName(life)) return { code: "HELLO_INVALID", detail: "the greeting names no life" };
  return { process, life };
}

/** A refusal as it came from a peer, its text cut and made printable; undefined if it is none. */
export function readRefusal(said: unknown): Refusal | undefined {
  if (typeof said !== "object" || said === null) return undefined;
  const { code, detail } = said as Record<string, unknown>;
  const known = REFUSAL_CODES.find((one) => one === code);
  if (known === undefined || typeof detail !== "string") return undefined;
  return { code: known, detail: printable(detail) };
}

/** ASCII on one line: what a stranger wrote goes into our messages. */
function printable(text: string): string {
  return text.slice(0, DETAIL_LENGTH_MAX).replace(/[^\x20-\x7e]/g, "?");
}
