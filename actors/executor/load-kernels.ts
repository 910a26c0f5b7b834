/**
 * Loads the kernel set that a plan asks for, on the thread that runs it.
 *
 * Never: loads the kernels of big integers for a plan that has none.
 */
import { createInt64KernelSet } from "../../programs/kernels/int64/int64-kernel-set.ts";
import type { KernelSet } from "../../programs/kernels/kernel-set.ts";
import { tableMemory } from "../../programs/kernels/working-memory.ts";
import type { Plan } from "../../programs/plan/plan.ts";

/** `module` is needed for int64 only. `memoryBytes`: what the kernel set may have. Returns what opens the set, any number of times. */
export async function loadKernels(module: unknown, plan: Plan, memoryBytes: number): Promise<() => KernelSet> {
  const bytes = tableMemory(plan, memoryBytes);
  if (plan.integers === "int64") return () => createInt64KernelSet(module as WebAssembly.Module, plan, bytes);
  const { createBigintKernelSet } = await import("../../programs/kernels/bigint/bigint-kernel-set.ts");
  return () => createBigintKernelSet(plan, bytes);
}
