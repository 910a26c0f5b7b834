/**
 * Kernels for tests, and columns in their memory.
 *
 * Owns: instantiation of the built module, copies in and out.
 */
import { readFileSync } from "node:fs";
import type { KernelInstance, Pointer } from "../../../../programs/kernels/int64/instance.ts";
import { instantiateKernels } from "../../../../programs/kernels/int64/instance.ts";

const MODULE_URL = new URL("../../../../programs/kernels/int64/kernels.wasm", import.meta.url);

export function testKernels(): KernelInstance {
  return instantiateKernels(new WebAssembly.Module(readFileSync(MODULE_URL)));
}

export function putColumn(instance: KernelInstance, integers: readonly bigint[]): Pointer {
  const pointer = instance.allocate(8 * integers.length);
  instance.int64s(pointer, integers.length).set(integers);
  return pointer;
}

export function columnOf(instance: KernelInstance, pointer: Pointer, count: number): bigint[] {
  return Array.from(instance.int64s(pointer, count));
}

export function releaseAll(instance: KernelInstance, pointers: readonly Pointer[]): void {
  for (const pointer of pointers) instance.release(pointer);
}
