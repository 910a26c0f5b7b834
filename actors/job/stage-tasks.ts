/**
 * The tasks of a stage, by partition.
 *
 * Owns: which partition a split belongs to, and which stored blocks a partition of a later stage reads.
 * Never: knows what of it is done.
 */
import { bundleHeaderBytes } from "../../programs/blocks/bundle.ts";
import { type ShuffledAmount, taskSpan } from "../../programs/plan/task-span.ts";
import type { BundleReference, StoredReference } from "../executor/messages.ts";
import type { PartitionRun, PartitionTask, TaskCommit } from "../partition/messages.ts";
import type { JobDescription } from "./messages.ts";

/** The first stage: a task a split. */
export function splitRuns(job: JobDescription): PartitionRun[] {
  const { partitions } = job.plan;
  const runs: PartitionTask[][] = [];
  for (let split = 0; split < job.splits.length; split += 1) {
    const partition = split % partitions;
    runs[partition] ??= [];
    runs[partition].push({ stage: 0, sequence: Math.floor(split / partitions), task: { kind: "split", split } });
  }
  return runs.map((tasks, partition) => ({ partition, tasks }));
}

/** Any later stage, of the results that it reads, in order; a partition without input has no task. */
export function reduceRuns({ plan }: JobDescription, stage: number, results: readonly TaskCommit[]): PartitionRun[] {
  const bundles = results.flatMap(({ result }) => result.bundles);
  const span = taskSpan(plan, stage, amountOf(bundles, plan.partitions));
  const inputs = inputsOf(bundles, plan.partitions, span);
  const partitions = [...inputs.keys()].sort((left, right) => left - right);
  return partitions.map((partition) => {
    const reach = { partition, span: Math.min(span, plan.partitions - partition) };
    const task = { kind: "reduce", stage, ...reach, inputs: inputs.get(partition) ?? [] } as const;
    return { partition, tasks: [{ stage, sequence: 0, task }] };
  });
}

function amountOf(bundles: readonly BundleReference[], partitions: number): ShuffledAmount {
  let [pairs, bytes] = [0, 0];
  for (const { at, pairCount } of bundles) {
    pairs += pairCount;
    bytes += at.byteLength - bundleHeaderBytes(partitions);
  }
  return { pairs, bytes };
}

/**
 * What each task reads, by its first partition. Where most bundles go to everyone, all tasks look at all of them and share
 * one list: with thousands of each, lists of their own would be gigabytes.
 */
function inputsOf(
  bundles: readonly BundleReference[],
  partitions: number,
  span: number,
): Map<number, readonly StoredReference[]> {
  if (bundles.length > 0 && bundles.filter(({ targets }) => targets === undefined).length * 2 >= bundles.length) {
    const all = bundles.map(({ at }) => at);
    return new Map([...firstPartitions(undefined, partitions, span)].map((first) => [first, all]));
  }
  const inputs = new Map<number, StoredReference[]>();
  for (const { at, targets } of bundles) {
    for (const first of firstPartitions(targets, partitions, span)) {
      const known = inputs.get(first);
      if (known === undefined) inputs.set(first, [at]);
      else known.push(at);
    }
  }
  return inputs;
}

/** The first partition of every task that has a block in a bundle. */
function firstPartitions(targets: readonly number[] | undefined, partitions: number, span: number): Set<number> {
  const firsts = new Set<number>();
  if (targets !== undefined) for (const target of targets) firsts.add(target - (target % span));
  else for (let first = 0; first < partitions; first += span) firsts.add(first);
  return firsts;
}
