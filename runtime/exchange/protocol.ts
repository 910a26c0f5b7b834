/**
 * What fetcher and server say to each other: docs/wire.md, "blocks".
 *
 * Owns: the events, and the check of everything that comes in.
 * Never: touches a socket or a file.
 */
import { isSegmentName, type SegmentReference } from "../journal/segment-files.ts";
import { JOB_LENGTH_MAX, PEER_BYTES_ALLOWED_MAX, REFERENCES_MAX, WINDOW_BYTES_MIN } from "./limits.ts";

/** What a server may answer instead of bytes. */
const FAILURE_CODES = ["BLOCK_GONE", "BLOCK_UNREADABLE", "FETCH_REFUSED"] as const;
export type FetchFailureCode = (typeof FAILURE_CODES)[number];

export type Asked =
  | {
      readonly type: "fetch";
      /** Grows within a connection. */
      readonly id: number;
      readonly job: string;
      /** Bytes that may be under way for it. */
      readonly windowBytes: number;
      readonly references: readonly SegmentReference[];
    }
  /** So many bytes were read by the consumer: as many more may come. */
  | { readonly type: "credit"; readonly id: number; readonly byteLength: number }
  | { readonly type: "cancel"; readonly id: number };

export type Answered =
  /** The next bytes of the references, one after the other. */
  | { readonly type: "piece"; readonly id: number; readonly bytes: Buffer }
  /** `index` names the reference at which it failed; all before it were sent. */
  | { readonly type: "failed"; readonly id: number; readonly code: FetchFailureCode; readonly index: number };

/** The parts of an event; the event's name is its type. */
export function partsOf(said: Asked | Answered): unknown[] {
  switch (said.type) {
    case "fetch": {
      const references = said.references.map(({ segment, offset, byteLength }) => [segment, offset, byteLength]);
      return [said.id, said.job, said.windowBytes, references];
    }
    case "credit":
      return [said.id, said.byteLength];
    case "cancel":
      return [said.id];
    case "piece":
      return [said.id, said.bytes];
    case "failed":
      return [said.id, said.code, said.index];
  }
}

/** Undefined if it is malformed. */
export function readAsked(type: string, parts: readonly unknown[]): Asked | undefined {
  const [id, ...rest] = parts;
  if (!isCount(id, 1)) return undefined;
  if (type === "fetch") return readFetch(id, rest);
  if (type === "credit") {
    const [byteLength] = rest;
    return rest.length === 1 && isCount(byteLength, 1) ? { type, id, byteLength } : undefined;
  }
  return type === "cancel" && rest.length === 0 ? { type, id } : undefined;
}

/** Undefined if it is malformed. */
export function readAnswered(type: string, parts: readonly unknown[]): Answered | undefined {
  const [id, second, third] = parts;
  if (!isCount(id, 1)) return undefined;
  if (type === "piece") {
    return parts.length === 2 && Buffer.isBuffer(second) && second.length > 0 ? { type, id, bytes: second } : undefined;
  }
  const code = FAILURE_CODES.find((one) => one === second);
  if (type !== "failed" || parts.length !== 3 || code === undefined || !isCount(third)) return undefined;
  return { type, id, code, index: third };
}

export function bytesOf(references: readonly SegmentReference[]): number {
  return references.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function readFetch(id: number, [job, windowBytes, said, ...more]: readonly unknown[]): Asked | undefined {
  if (more.length > 0 || typeof job !== "string" || job.length > JOB_LENGTH_MAX) return undefined;
  if (!isCount(windowBytes, WINDOW_BYTES_MIN) || windowBytes > PEER_BYTES_ALLOWED_MAX) return undefined;
  if (!Array.isArray(said) || said.length === 0 || said.length > REFERENCES_MAX) return undefined;
  const references: SegmentReference[] = [];
  for (const one of said as unknown[]) {
    const reference = readReference(one);
    if (reference === undefined) return undefined;
    references.push(reference);
  }
  return isCount(bytesOf(references), 1) ? { type: "fetch", id, job, windowBytes, references } : undefined;
}

function readReference(said: unknown): SegmentReference | undefined {
  if (!Array.isArray(said) || said.length !== 3) return undefined;
  const [segment, offset, byteLength] = said as unknown[];
  if (typeof segment !== "string" || !isSegmentName(segment) || !isCount(offset) || !isCount(byteLength))
    return undefined;
  return Number.isSafeInteger(offset + byteLength) ? { segment, offset, byteLength } : undefined;
}

function isCount(value: unknown, from = 0): value is number {
  return Number.isSafeInteger(value) && (value as number) >= from;
}
