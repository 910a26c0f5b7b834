/**
 * The kernel set of integers of any size: plain JavaScript, a pair at a time.
 *
 * Owns: the stages that are ready to run.
 * Never: makes code out of text.
 */
import assert from "node:assert/strict";
import type { Plan } from "../../plan/plan.ts";
import { GuardedFunctions, NO_FUNCTIONS } from "../../registered/guarded-functions.ts";
import type { KernelSet, StageKernels } from "../kernel-set.ts";
import { StageCompiler } from "./compiled-stage.ts";
import { planRanges, rangeExtent } from "./output-ranges.ts";
import { SortedRangeTask } from "./range-task.ts";
import { ReduceTask } from "./reduce-task.ts";
import { SplitTask } from "./split-task.ts";

/** Stages kept ready; one that is opened again after that many others is cut into segments again. */
const OPEN_STAGES_MAX = 64;

/** The plan's `integers` is `bigint`; `memoryBytes` is what the tables and rows of a reduce may have, by estimate; `functions` are of the operator's own. */
export function createBigintKernelSet(
  plan: Plan,
  memoryBytes = Number.POSITIVE_INFINITY,
  functions = NO_FUNCTIONS,
): KernelSet {
  assert(plan.integers === "bigint", "these kernels compute with integers of any size");
  const compiler = new StageCompiler(new GuardedFunctions(functions, plan.integers));
  /** By index, least recently used first. */
  const stages = new Map<number, StageKernels>();
  const openStage = (index: number): StageKernels => {
    const kernels = stages.get(index) ?? stageKernels(plan, compiler, { index, memoryBytes });
    stages.delete(index);
    stages.set(index, kernels);
    if (stages.size > OPEN_STAGES_MAX) {
      const [longestUnused] = stages.keys();
      stages.delete(longestUnused);
    }
    return kernels;
  };
  const beginRange: KernelSet["output"]["beginRange"] = (format, range, pairsMax) =>
    new SortedRangeTask(format, range, pairsMax);
  return { openStage, output: { planRanges, extent: rangeExtent, beginRange } };
}

function stageKernels(
  plan: Plan,
  compiler: StageCompiler,
  { index, memoryBytes }: { readonly index: number; readonly memoryBytes: number },
): StageKernels {
  const stage = plan.stages[index];
  assert(stage !== undefined, `the plan has no stage ${index}`);
  const compiled = compiler.compile(stage);
  return {
    beginSplit: (format, sink) => {
      assert(stage.source === "input", `stage ${index} reads blocks, not text`);
      return new SplitTask(compiled, plan, format, sink);
    },
    beginReduce: (sink) => {
      assert(stage.source === "shuffle", `stage ${index} reads text, not blocks`);
      return new ReduceTask(compiled, plan, sink, memoryBytes);
    },
  };
}
