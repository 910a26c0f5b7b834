/**
 * Loads the kernel set that a plan asks for.
 *
 * Owns: where the compiled module lies.
 * Never: compiles more than once a process: threads share the module.
 */
import { readFileSync } from "node:fs";
import { createBigintKernelSet } from "../../programs/kernels/bigint/bigint-kernel-set.ts";
import { createInt64KernelSet } from "../../programs/kernels/int64/int64-kernel-set.ts";
import type { KernelSet } from "../../programs/kernels/kernel-set.ts";
import { tableMemory } from "../../programs/kernels/working-memory.ts";
import type { Plan } from "../../programs/plan/plan.ts";

let compiled: WebAssembly.Module | undefined;

/** The int64 kernels, compiled once; sent to threads, which share the machine code. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    readFileSync(new URL("../../programs/kernels/int64/kernels.wasm", import.meta.url)),
  );
  return compiled;
}

/** `memoryBytes`: what the kernel set may have. */
export function openKernels(module: WebAssembly.Module, plan: Plan, memoryBytes: number): KernelSet {
  const bytes = tableMemory(plan, memoryBytes);
  return plan.integers === "bigint" ? createBigintKernelSet(plan, bytes) : createInt64KernelSet(module, plan, bytes);
}
