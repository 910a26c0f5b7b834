/**
 * A column of int64 that grows by chunks, so that growing never copies and never doubles its memory.
 *
 * Owns: the chunks.
 * Never: interprets the values.
 */
import type { KernelInstance, Pointer } from "./instance.ts";

const INT64_BYTES = 8;
/** Chunks double from the smallest to the largest: small inputs stay small, large ones pay for few chunks. */
const CHUNK_VALUES_MIN = 4096;
const CHUNK_VALUES_MAX = 1 << 18;

export interface ColumnPiece {
  readonly pointer: Pointer;
  readonly count: number;
}

interface Chunk extends ColumnPiece {
  readonly capacity: number;
  count: number;
}

export class GrowingColumn {
  readonly #instance: KernelInstance;
  #chunks: Chunk[] = [];
  #count = 0;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  get count(): number {
    return this.#count;
  }

  append(values: Pointer, count: number): void {
    let from = 0;
    while (from < count) {
      const chunk = this.#chunkWithRoom();
      const taken = Math.min(count - from, chunk.capacity - chunk.count);
      this.#copy(values + from * INT64_BYTES, chunk.pointer + chunk.count * INT64_BYTES, taken);
      chunk.count += taken;
      from += taken;
    }
    this.#count += count;
  }

  /** One of the values. */
  at(index: number): bigint {
    let rest = index;
    for (const { pointer, count } of this.#chunks) {
      if (rest < count) return this.#instance.int64s(pointer + rest * INT64_BYTES, 1)[0]!;
      rest -= count;
    }
    throw new RangeError(`a column of ${this.#count} values has none at ${index}`);
  }

  /** The values as they lie. */
  get pieces(): readonly ColumnPiece[] {
    return this.#chunks;
  }

  /** The values as they lie. The caller releases each piece; this column is empty afterwards. */
  takePieces(): readonly ColumnPiece[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#count = 0;
    return chunks;
  }

  /** A contiguous copy; the column stays as it is. The caller releases the copy. */
  copy(): Pointer {
    const whole = this.#instance.allocate(this.#count * INT64_BYTES);
    let at = whole;
    for (const chunk of this.#chunks) {
      this.#copy(chunk.pointer, at, chunk.count);
      at += chunk.count * INT64_BYTES;
    }
    return whole;
  }

  /** The column in one piece, which the caller releases; this column is empty afterwards. */
  take(): Pointer {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) {
      this.#chunks = [];
      this.#count = 0;
      return first.pointer;
    }
    const whole = this.copy();
    this.clear();
    return whole;
  }

  clear(): void {
    for (const chunk of this.#chunks) this.#instance.release(chunk.pointer);
    this.#chunks = [];
    this.#count = 0;
  }

  #chunkWithRoom(): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.count < last.capacity) return last;
    const capacity = Math.min(CHUNK_VALUES_MAX, Math.max(CHUNK_VALUES_MIN, this.#count));
    const chunk = { pointer: this.#instance.allocate(capacity * INT64_BYTES), capacity, count: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }

  #copy(from: Pointer, to: Pointer, count: number): void {
    const start = Math.min(from, to);
    const bytes = this.#instance.bytes(start, Math.max(from, to) + count * INT64_BYTES - start);
    bytes.copyWithin(to - start, from - start, from - start + count * INT64_BYTES);
  }
}
