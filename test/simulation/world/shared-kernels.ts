/**
 * The kernels of a job, shared by all simulated threads: their tasks never overlap, and to open kernels costs more than a
 * small task does.
 *
 * Owns: one kernel set a job, which is dropped when a task failed: what that left in its memory is unknown.
 */
import { kernelModule } from "../../../actors/executor/kernel-module.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { createBigintKernelSet } from "../../../programs/kernels/bigint/bigint-kernel-set.ts";
import { createInt64KernelSet } from "../../../programs/kernels/int64/int64-kernel-set.ts";
import type { KernelSet } from "../../../programs/kernels/kernel-set.ts";
import { tableMemory } from "../../../programs/kernels/working-memory.ts";
import type { Plan } from "../../../programs/plan/plan.ts";

export class SharedKernels {
  readonly #sets = new Map<string, KernelSet>();

  /** As a thread opens them: what it gets goes on working after another thread's task has failed. */
  open({ id, plan }: JobDescription): KernelSet {
    const current = (): KernelSet => {
      const known = this.#sets.get(id) ?? openSet(plan);
      this.#sets.set(id, known);
      return known;
    };
    return {
      openStage: (stage) => current().openStage(stage),
      get output() {
        return current().output;
      },
    };
  }

  drop(job: string): void {
    this.#sets.delete(job);
  }
}

function openSet(plan: Plan): KernelSet {
  const bytes = tableMemory(plan, Number.POSITIVE_INFINITY);
  return plan.integers === "bigint"
    ? createBigintKernelSet(plan, bytes)
    : createInt64KernelSet(kernelModule(), plan, bytes);
}
