/**
 * Formats batches of pairs as CSV or NDJSON.
 *
 * Owns: the buffer that the text is made in.
 * Never: keeps the text longer than until the next call.
 */
import type { TextFormatName } from "../../program.ts";
import type { KernelInstance, Pointer } from "./instance.ts";

interface FormatExports {
  formatCsv(keys: Pointer, values: Pointer, count: number, out: Pointer): number;
  formatNdjson(keys: Pointer, values: Pointer, count: number, out: Pointer): number;
}

/** Bytes of the longest pair, as in `assembly/format.ts`. */
const PAIR_BYTES_MAX = { csv: 42, ndjson: 52 } as const;

export class TextFormatter {
  readonly #instance: KernelInstance;
  readonly #formatPairs: FormatExports["formatCsv"];
  readonly #pairBytesMax: number;
  #buffer: Pointer = 0;
  #bufferBytes = 0;

  constructor(instance: KernelInstance, format: TextFormatName) {
    const exports = instance.exports as unknown as FormatExports;
    this.#instance = instance;
    this.#formatPairs = format === "csv" ? exports.formatCsv : exports.formatNdjson;
    this.#pairBytesMax = PAIR_BYTES_MAX[format];
  }

  /** Any count of pairs; the view is valid until the next call that can allocate. Memory: 42 (NDJSON 52) bytes a pair. */
  format(keys: Pointer, values: Pointer, count: number): Uint8Array {
    const neededBytes = count * this.#pairBytesMax;
    if (neededBytes > this.#bufferBytes) {
      this.dispose();
      this.#buffer = this.#instance.allocate(neededBytes);
      this.#bufferBytes = neededBytes;
    }
    const byteLength = count === 0 ? 0 : this.#formatPairs(keys, values, count, this.#buffer);
    return this.#instance.bytes(this.#buffer, byteLength);
  }

  dispose(): void {
    if (this.#buffer !== 0) this.#instance.release(this.#buffer);
    this.#buffer = 0;
    this.#bufferBytes = 0;
  }
}
