/**
 * Makes random inputs: CSV lines `key,value`.
 *
 * Owns: what the text of a seed is.
 * Never: holds more than one chunk.
 */
import assert from "node:assert/strict";
import { SeededRandom } from "./seeded-random.ts";

export interface InputOptions {
  /** Lines. */
  readonly rows: number;
  /** A safe integer. */
  readonly seed: number;
  /** Values are 1..max, uniform. */
  readonly max: number;
  /** Keys are 1..keys, uniform; `max` unless given. */
  readonly keys?: number;
}

/** Lines of one chunk of text: about 64 KiB. */
const CHUNK_ROWS = 4096;

/** The same text for the same options, in pieces of whole lines. */
export function* generateInput({ rows, seed, max, keys = max }: InputOptions): Generator<string, void, undefined> {
  assert(Number.isSafeInteger(rows) && rows >= 0, `an input cannot have ${rows} rows`);
  assert(Number.isSafeInteger(seed), `${seed} is no seed`);
  assert(Number.isSafeInteger(max) && max >= 1 && Number.isSafeInteger(keys) && keys >= 1);
  const random = new SeededRandom(seed);
  for (let row = 0; row < rows; ) {
    let chunk = "";
    for (const end = Math.min(rows, row + CHUNK_ROWS); row < end; row += 1) {
      chunk += `${random.integer(1, keys)},${random.integer(1, max)}\n`;
    }
    yield chunk;
  }
}
