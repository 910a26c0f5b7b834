/**
 * One instance of the int64 kernels with its memory. Every executor thread has its own.
 *
 * Owns: instantiation and views of memory.
 * Never: keeps a view across a call that can allocate: growth detaches it.
 */
import { KernelMemoryError } from "../../errors.ts";

/** A pointer into the instance's memory, in bytes. */
export type Pointer = number;

export interface MemoryExports {
  readonly memory: WebAssembly.Memory;
  allocate(byteCount: number): Pointer;
  release(pointer: Pointer): void;
}

/** Two columns of int64, the pairs of a batch. */
export interface PairColumns {
  readonly keys: Pointer;
  readonly values: Pointer;
}

export interface KernelInstance {
  /** All exports of the module; each wrapper states the ones it uses as an interface and casts. */
  readonly exports: WebAssembly.Exports;
  /** Errors: KernelMemoryError. */
  allocate(byteCount: number): Pointer;
  release(pointer: Pointer): void;
  /** Fresh views; valid until the next call that can allocate. */
  bytes(pointer: Pointer, byteCount: number): Uint8Array;
  int64s(pointer: Pointer, count: number): BigInt64Array;
  uint32s(pointer: Pointer, count: number): Uint32Array;
}

export function instantiateKernels(module: WebAssembly.Module): KernelInstance {
  const instance = new WebAssembly.Instance(module, {});
  const exports = instance.exports as unknown as MemoryExports;
  const { memory } = exports;
  return {
    exports: instance.exports,
    allocate: (byteCount) => {
      try {
        return exports.allocate(byteCount) >>> 0;
      } catch (error) {
        // The allocator traps where memory cannot grow, and above 1 GiB in one piece.
        throw new KernelMemoryError(byteCount, { cause: error });
      }
    },
    release: (pointer) => exports.release(pointer),
    bytes: (pointer, byteCount) => new Uint8Array(memory.buffer, pointer, byteCount),
    int64s: (pointer, count) => new BigInt64Array(memory.buffer, pointer, count),
    uint32s: (pointer, count) => new Uint32Array(memory.buffer, pointer, count),
  };
}
