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
/** What nearly every program can run in. */
const KERNEL_BYTES_LEAST = 64 * MEBIBYTE;

export interface MemoryWish {
  /** Of the whole process; by default a share of the machine's or the container's. */
  readonly memoryBytes: number | undefined;
  readonly executorCount: number;
  /** Undefined: of any program; one that needs more than there is fails when it is run. */
  readonly plan?: Plan;
}

/** What the kernels of one executor may have, in bytes. Errors: MEMORY_TOO_SMALL. */
export function executorMemory({ memoryBytes, executorCount, plan }: MemoryWish): number {
  const most = memoryBytes ?? Math.floor(systemMemory() * MEMORY_SHARE_DEFAULT);
  const bytes = Math.floor((most - PROCESS_BYTES) / executorCount) - EXECUTOR_BYTES;
  const least = plan === undefined ? KERNEL_BYTES_LEAST : kernelMemoryMin(plan);
  if (bytes >= least || memoryBytes === undefined) return Math.max(bytes, least);
  const needed = PROCESS_BYTES + executorCount * (EXECUTOR_BYTES + least);
  throw new RuntimeError(
    "MEMORY_TOO_SMALL",
    `${mebibytes(memoryBytes)} of memory are too little: ${plan === undefined ? "a worker" : "this program"} with ` +
      `${executorCount} executor threads needs at least ${mebibytes(needed)}`,
  );
}

function mebibytes(byteCount: number): string {
  return `${Math.ceil(byteCount / MEBIBYTE)} MiB`;
}
