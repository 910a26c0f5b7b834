// Temporary: until the radix sort is here.
import type { KernelInstance, Pointer } from "./instance.ts";

export function sortPairs(instance: KernelInstance, keys: Pointer, values: Pointer, count: number): void {
  const keyView = instance.int64s(keys, count);
  const valueView = instance.int64s(values, count);
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  order.sort((left, right) => compare(keyView[left]!, keyView[right]!) || compare(valueView[left]!, valueView[right]!));
  keyView.set(BigInt64Array.from(order, (row) => keyView[row]!));
  valueView.set(BigInt64Array.from(order, (row) => valueView[row]!));
}

export function sortKeysWithIndex(instance: KernelInstance, keys: Pointer, indexes: Pointer, count: number): void {
  const keyView = instance.int64s(keys, count);
  const indexView = instance.uint32s(indexes, count);
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  order.sort((left, right) => compare(keyView[left]!, keyView[right]!));
  keyView.set(BigInt64Array.from(order, (row) => keyView[row]!));
  indexView.set(Uint32Array.from(order, (row) => indexView[row]!));
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
