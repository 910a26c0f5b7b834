/**
 * Memory that tasks borrow and give back, so that a thread that runs thousands of tasks allocates once.
 *
 * Owns: idle regions by size; regions and pair buffers that grow.
 * Never: frees what a task still uses.
 *
 * M1. Sizes are few (powers of two), so idle memory is bounded by the most that was in use at once of each size.
 */
import assert from "node:assert/strict";
import type { KernelInstance, PairColumns, Pointer } from "./instance.ts";

/** Bytes of one int64. */
export const INT64_BYTES = 8;

/** The smallest buffer that a flatMap expands into: a program may have hundreds of thousands of them. */
const REGION_BYTES_MIN = 512;

/** Regions of the instance's memory, by power of two. */
export class MemoryPool {
  readonly #instance: KernelInstance;
  readonly #idle = new Map<number, Pointer[]>();

  constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  /** A region of at least `byteCount` bytes with arbitrary contents. Invalidates views. */
  acquire(byteCount: number): Pointer {
    const size = regionBytes(byteCount);
    return this.#idle.get(size)?.pop() ?? this.#instance.allocate(size);
  }

  /** Gives a region back; `byteCount` is what it was acquired with. */
  release(pointer: Pointer, byteCount: number): void {
    const size = regionBytes(byteCount);
    const idle = this.#idle.get(size);
    if (idle === undefined) this.#idle.set(size, [pointer]);
    else idle.push(pointer);
  }
}

/** Scratch memory that grows on demand and forgets its contents when it does. */
export class ScratchRegion {
  readonly #instance: KernelInstance;
  #pointer: Pointer = 0;
  #byteCount = 0;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  /** At least `byteCount` bytes. Invalidates views, and the region that was there before where it must grow. */
  ensure(byteCount: number): Pointer {
    if (byteCount > this.#byteCount || this.#pointer === 0) {
      if (this.#pointer !== 0) this.#instance.release(this.#pointer);
      this.#byteCount = regionBytes(byteCount);
      this.#pointer = this.#instance.allocate(this.#byteCount);
    }
    return this.#pointer;
  }
}

/** Two columns of int64 that grow by doubling and keep their contents; emptied and used again by task after task. */
export class PairBuffer {
  count = 0;
  readonly #instance: KernelInstance;
  #keys: Pointer = 0;
  #values: Pointer = 0;
  #capacity = 0;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  /** The columns, from the first pair; valid until the next `reserve` or `append`. */
  get columns(): PairColumns {
    return { keys: this.#keys, values: this.#values };
  }

  /** Makes room for `additional` pairs and returns where they go. Invalidates views. */
  reserve(additional: number): PairColumns {
    const needed = this.count + additional;
    if (needed > this.#capacity) {
      const capacity = regionBytes(needed * INT64_BYTES) / INT64_BYTES;
      this.#keys = this.#moved(this.#keys, capacity);
      this.#values = this.#moved(this.#values, capacity);
      this.#capacity = capacity;
    }
    const offset = this.count * INT64_BYTES;
    return { keys: this.#keys + offset, values: this.#values + offset };
  }

  /** Appends rows [from, from + count) of `columns`. */
  append(columns: PairColumns, from: number, count: number): void {
    const target = this.reserve(count);
    const byteCount = count * INT64_BYTES;
    const offset = from * INT64_BYTES;
    this.#instance.bytes(target.keys, byteCount).set(this.#instance.bytes(columns.keys + offset, byteCount));
    this.#instance.bytes(target.values, byteCount).set(this.#instance.bytes(columns.values + offset, byteCount));
    this.count += count;
  }

  #moved(pointer: Pointer, capacity: number): Pointer {
    const moved = this.#instance.allocate(capacity * INT64_BYTES);
    if (pointer === 0) return moved;
    const byteCount = this.count * INT64_BYTES;
    this.#instance.bytes(moved, byteCount).set(this.#instance.bytes(pointer, byteCount));
    this.#instance.release(pointer);
    return moved;
  }
}

function regionBytes(byteCount: number): number {
  assert(byteCount >= 0 && byteCount <= 2 ** 31, "a region has at most 2 GiB");
  return Math.max(REGION_BYTES_MIN, 2 ** Math.ceil(Math.log2(Math.max(1, byteCount))));
}
