/**
 * Stores a task's result again: the bytes that its references name, in this thread's own segments.
 *
 * Owns: which bytes these are, and that they are what was once written.
 *
 * Y1. Only whole bytes are copied: what is damaged is named instead, to be made again.
 */
import { SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import type { StoredReference, StoredResult } from "./messages.ts";
import type { TaskOutput } from "./task-output.ts";
import { StoredVerifier } from "./verify-stored.ts";

/** Errors: `SEGMENT_DAMAGED`; those of segments. */
export function copyResult(result: StoredResult, segments: SegmentReader, output: TaskOutput): StoredResult {
  const damage = new StoredVerifier(segments).damageOf(result);
  if (damage.length > 0) throw new SegmentDamageError(damage);
  const bytesOf = (at: StoredReference): Uint8Array => {
    const bytes = new Uint8Array(at.byteLength);
    segments.read(at, bytes);
    return bytes;
  };
  const copied: StoredResult = {
    ...result,
    bundles: result.bundles.map((bundle) => ({ ...bundle, at: output.blocks(bytesOf(bundle.at), bundle.at.crc) })),
    runs: result.runs.map((run) => ({ ...run, at: output.blocks(bytesOf(run.at), run.at.crc) })),
    rejects: result.rejects.map((at) => output.rejects(bytesOf(at), at.crc)),
  };
  // What was written survives what the durability promises.
  output.end();
  return copied;
}
