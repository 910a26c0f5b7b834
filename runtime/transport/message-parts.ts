/**
 * Cuts the text of a message into parts that a control channel carries, and puts them together again.
 *
 * Owns: the size of a part, and what is half there.
 * Never: reads the text; sends anything.
 *
 * P1. A part fits a message of MESSAGE_BYTES_MAX whatever characters it has.
 * P2. Parts of one sender come in order, since its messages do. What begins with another part than the first one was
 *     begun by an earlier life of the receiver, and is lost with it, as all is that was acknowledged to that life.
 */
import assert from "node:assert/strict";
import { RuntimeError } from "../errors.ts";

/** Characters: in JSON within JSON one takes three bytes at most, and six where a pair is cut. */
export const PART_CHARACTERS_MAX = 256 * 1024;
/** Parts of one message: more than the largest job has to say, and below the longest string. */
export const PARTS_MAX = 512;

export interface MessagePart {
  readonly body: string;
  /** Which part of how many; absent where there is but one. */
  readonly part?: readonly [index: number, count: number];
}

/** Errors: `MESSAGE_TOO_LARGE`. */
export function cutIntoParts(text: string): MessagePart[] {
  if (text.length <= PART_CHARACTERS_MAX) return [{ body: text }];
  const count = Math.ceil(text.length / PART_CHARACTERS_MAX);
  if (count > PARTS_MAX) throw new RuntimeError("MESSAGE_TOO_LARGE", `a message has ${text.length} characters`);
  return Array.from({ length: count }, (_, index) => {
    const start = index * PART_CHARACTERS_MAX;
    return { body: text.slice(start, start + PART_CHARACTERS_MAX), part: [index, count] as const };
  });
}

/** Whether what came from outside is a part. */
export function isMessagePart(said: object): boolean {
  const { body, part } = said as { readonly body?: unknown; readonly part?: unknown };
  if (typeof body !== "string" || body.length > PART_CHARACTERS_MAX) return false;
  if (part === undefined) return true;
  if (!Array.isArray(part) || part.length !== 2) return false;
  const [index, count] = part as unknown[];
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count)) return false;
  return (index as number) >= 0 && (index as number) < (count as number) && (count as number) <= PARTS_MAX;
}

/** Of one life of a receiver. */
export class PartCollector {
  /** By sender. */
  readonly #begun = new Map<string, { readonly count: number; readonly bodies: string[] }>();

  /** The text, when this was its last part. */
  take(from: string, { body, part }: MessagePart): string | undefined {
    if (part === undefined) return body;
    const [index, count] = part;
    assert(index < count && count <= PARTS_MAX, "a part of a message that was not checked");
    if (index === 0) this.#begun.set(from, { count, bodies: [] });
    const begun = this.#begun.get(from);
    // P2.
    if (begun === undefined || begun.count !== count || begun.bodies.length !== index) {
      this.#begun.delete(from);
      return undefined;
    }
    begun.bodies.push(body);
    if (begun.bodies.length < count) return undefined;
    this.#begun.delete(from);
    return begun.bodies.join("");
  }

  forget(from: string): void {
    this.#begun.delete(from);
  }
}
