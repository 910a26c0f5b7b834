/**
 * Which worker is to keep a copy of which committed result.
 *
 * Owns: copies that were asked for and are not there yet.
 * Never: sends a message; knows what is committed: whoever asks says so.
 *
 * Y1. A result that somebody needs is held by so many workers that stay, or by all of them where there are fewer. Those
 *     that are drained do not count: so they hand over what they hold.
 * Y3. What has been freed in part is not copied any more: those that hold it keep it until the job ends.
 * Y2. A copy is a task's commit like any other: the same bytes, told by another worker.
 */
import type { PartitionRun } from "../partition/messages.ts";
import type { HeldCommit } from "./progress.ts";

interface UnderWay {
  readonly partition: number;
  /** Who is copying. */
  readonly workers: Set<string>;
}

export class CopyPlan {
  readonly #replicas: number;
  /** By task. */
  readonly #underWay = new Map<string, UnderWay>();
  #turn = 0;

  constructor(replicas: number) {
    this.#replicas = replicas;
  }

  /** Whether copies are wanted at all, with so many workers that are drained. */
  isNeeded(drainingCount: number): boolean {
    return this.#replicas > 1 || drainingCount > 0;
  }

  /** What is to be copied by whom; `staying` are workers that can be given work and are not drained. */
  ask(needed: Iterable<HeldCommit>, staying: readonly string[]): ReadonlyMap<string, readonly PartitionRun[]> {
    const asked = new Map<string, PartitionRun[]>();
    const wanted = Math.min(this.#replicas, staying.length);
    for (const { name, commit, holders, isFreed } of needed) {
      if (isFreed) continue;
      const has = new Set([...holders, ...(this.#underWay.get(name)?.workers ?? [])]);
      let count = staying.filter((worker) => has.has(worker)).length;
      for (let tried = 0; tried < staying.length && count < wanted; tried += 1) {
        const worker = staying[this.#turn % staying.length];
        this.#turn += 1;
        if (has.has(worker)) continue;
        count += 1;
        has.add(worker);
        const { stage, partition, sequence, result } = commit;
        this.#begin(name, partition, worker);
        const run = { partition, tasks: [{ stage, sequence, task: { kind: "copy", stage, result } as const }] };
        asked.set(worker, [...(asked.get(worker) ?? []), run]);
      }
    }
    return asked;
  }

  /** A copy is there, or could not be made. False if it was none. */
  end(name: string, worker: string): boolean {
    const workers = this.#underWay.get(name)?.workers;
    const wasCopying = workers?.delete(worker) === true;
    if (workers?.size === 0) this.#underWay.delete(name);
    return wasCopying;
  }

  /**
   * The worker is lost, or it or one of its partitions begins anew: what was being copied there is asked for again. True if
   * there was something.
   */
  lose(worker: string, partition?: number): boolean {
    let wasCopying = false;
    for (const [name, underWay] of [...this.#underWay]) {
      const isMeant = partition === undefined || underWay.partition === partition;
      if (isMeant && this.end(name, worker)) wasCopying = true;
    }
    return wasCopying;
  }

  #begin(name: string, partition: number, worker: string): void {
    const underWay = this.#underWay.get(name) ?? { partition, workers: new Set<string>() };
    underWay.workers.add(worker);
    this.#underWay.set(name, underWay);
  }
}
