/**
 * The format that a file has by its name.
 *
 * Owns: the extensions.
 * Never: looks into a file.
 */
import type { TextFormatName } from "./program.ts";

/** NDJSON for `.ndjson` and `.jsonl`, also before a `.gz`; CSV for all else. */
export function formatOfPath(path: string): TextFormatName {
  return /\.(?:ndjson|jsonl)(?:\.gz)?$/.test(path) ? "ndjson" : "csv";
}
