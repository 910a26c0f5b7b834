/**
 * Divides the memory that a process may have: what it needs itself, and the rest for its executors.
 *
 * Owns: the division, and the refusal of a budget that cannot be kept.
 * Never: decides a byte of any result: the budget is no part of a job's identity.
 */
import { kernelMemoryMin } from "../programs/kernels/working-memory.ts";
import type { Plan } from "../programs/plan/plan.ts";
import { RuntimeError } from "../runtime/errors.ts";
import { systemMemory } from "../runtime/system-memory.ts";
import { EXECUTOR_BYTES, MEMORY_SHARE_DEFAULT, PROCESS_BYTES } from "./options.ts";

const MEBIBYTE = 2 ** 20;

export interface MemoryWish {
  /** Of the whole process; by default a share of the machine's or the container's. */
  readonly memoryBytes: number | undefined;
  readonly executorCount: number;
  readonly plan: Plan;
}

/** What the kernels of one executor may have, in bytes. Errors: MEMORY_TOO_SMALL. */
export function executorMemory({ memoryBytes, executorCount, plan }: MemoryWish): number {
  const most = memoryBytes ?? Math.floor(systemMemory() * MEMORY_SHARE_DEFAULT);
  const bytes = Math.floor((most - PROCESS_BYTES) / executorCount) - EXECUTOR_BYTES;
  const least = kernelMemoryMin(plan);
  if (bytes >= least || memoryBytes === undefined) return Math.max(bytes, least);
  const needed = PROCESS_BYTES + executorCount * (EXECUTOR_BYTES + least);
  throw new RuntimeError(
    "MEMORY_TOO_SMALL",
    `${mebibytes(memoryBytes)} of memory are too little: this program with ${executorCount} executor threads needs at ` +
      `least ${mebibytes(needed)}`,
  );
}

function mebibytes(byteCount: number): string {
  return `${Math.ceil(byteCount / MEBIBYTE)} MiB`;
}
