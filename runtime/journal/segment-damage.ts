/**
 * Stored bytes that are not what was written: gone, cut short, or changed.
 *
 * Owns: which errors of reading mean damage, and the error that names all that is damaged.
 * Never: reads; decides who makes the bytes again.
 *
 * D1. Damage is of the bytes alone: whoever can make them again does so. Anything else that fails (no permission, no
 *     descriptors) is no damage, for bytes that are made again would fail in the same way.
 */
import { RuntimeError } from "../errors.ts";
import type { SegmentReference } from "./segment-files.ts";

/** References named in the message; the others are counted. */
const REFERENCES_TOLD_MAX = 3;

/** Stored bytes cannot be used; `damage` has every reference that was found, at least one. */
export class SegmentDamageError extends RuntimeError {
  readonly damage: readonly SegmentReference[];

  constructor(damage: readonly SegmentReference[], cause?: unknown) {
    const told = damage.slice(0, REFERENCES_TOLD_MAX).map(({ segment, offset }) => `${segment} at ${offset}`);
    const others = damage.length - told.length;
    const more = others > 0 ? ` and ${others} more` : "";
    super("SEGMENT_DAMAGED", `stored bytes are damaged: ${told.join(", ")}${more}`, cause);
    this.damage = damage;
  }
}

/** What an error of reading `at` says to be damaged; nothing if it is another kind of error. */
export function damageFound(error: unknown, at: SegmentReference): readonly SegmentReference[] {
  if (error instanceof SegmentDamageError) return error.damage;
  if (!(error instanceof RuntimeError)) return [];
  if (error.code === "SEGMENT_MISSING" || error.code === "SEGMENT_TRUNCATED") return [at];
  return error.code === "SEGMENT_READ_FAILED" && isMediumError(error.cause) ? [at] : [];
}

/** Tells which references are among those that are damaged. */
export function isAmong(damage: readonly SegmentReference[]): (reference: SegmentReference) => boolean {
  const places = new Set(damage.map(placeName));
  return (reference) => places.has(placeName(reference));
}

/** Stored bytes are known by where they begin. */
export function placeName({ segment, offset }: SegmentReference): string {
  return `${segment}:${offset}`;
}

function isMediumError(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "EIO";
}
