/**
 * Loads the kernel set that a plan asks for, on the thread that runs it.
 *
 * Never: loads the kernels of big integers for a plan that has none.
 */
import { createInt64KernelSet } from "../../programs/kernels/int64/int64-kernel-set.ts";
import type { KernelSet } from "../../programs/kernels/kernel-set.ts";
import { tableMemory } from "../../programs/kernels/working-memory.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import type { KernelFunctions } from "../../programs/registered/guarded-functions.ts";

export interface KernelOptions {
  /** The compiled kernels, needed for int64 only. */
  readonly module: unknown;
  /** Functions of the operator's own, where the plan names any. */
  readonly functions: KernelFunctions | undefined;
}

/** Opens a kernel set that may have so many bytes. */
export type OpenKernels = (memoryBytes: number) => KernelSet;

/** Returns what opens the set, any number of times. */
export async function loadKernels(plan: Plan, { module, functions }: KernelOptions): Promise<OpenKernels> {
  if (plan.integers === "int64")
    return (bytes) => createInt64KernelSet(module as WebAssembly.Module, plan, tableMemory(plan, bytes), functions);
  const { createBigintKernelSet } = await import("../../programs/kernels/bigint/bigint-kernel-set.ts");
  return (bytes) => createBigintKernelSet(plan, tableMemory(plan, bytes), functions);
}
