/**
 * Sorts columns in the instance's memory.
 *
 * Owns: the calls; the kernel is `assembly/sort.ts`.
 * Never: keeps memory: scratch is taken and given back inside each call.
 */
import type { KernelInstance, Pointer } from "./instance.ts";

interface SortExports {
  sortPairs(keys: Pointer, values: Pointer, count: number): void;
  sortKeysWithIndex(keys: Pointer, indexes: Pointer, count: number): void;
  gather64(source: Pointer, indexes: Pointer, count: number, out: Pointer): void;
}

/**
 * Sorts pairs ascending by (key, value), signed, in place.
 *
 * Cost: one pass if they are in order already. Else a radix sort over the bits that vary, with 16 bytes of scratch a
 *       pair; 32 if key and value vary in more than 64 bits together.
 */
export function sortPairs(instance: KernelInstance, keys: Pointer, values: Pointer, count: number): void {
  (instance.exports as unknown as SortExports).sortPairs(keys, values, count);
}

/** Sorts keys ascending, signed, in place, each carrying its u32 along; equal keys keep their order. Cost: as `sortPairs`. */
export function sortKeysWithIndex(instance: KernelInstance, keys: Pointer, indexes: Pointer, count: number): void {
  (instance.exports as unknown as SortExports).sortKeysWithIndex(keys, indexes, count);
}

/** out[row] = source[indexes[row]]; `out` is not `source`. */
export function gather64(
  instance: KernelInstance,
  source: Pointer,
  indexes: Pointer,
  count: number,
  out: Pointer,
): void {
  (instance.exports as unknown as SortExports).gather64(source, indexes, count, out);
}
