/**
 * The kernel set of 64-bit integers: WebAssembly kernels over columns.
 *
 * Owns: the stages that are ready to run.
 * Never: loads or compiles the kernels' module; the caller has done that.
 */
import assert from "node:assert/strict";
import type { Plan } from "../../plan/plan.ts";
import { NO_FUNCTIONS } from "../../registered/guarded-functions.ts";
import type { KernelSet, OutputKernels, StageKernels } from "../kernel-set.ts";
import { CompiledStage } from "./compiled-stage.ts";
import { instantiateKernels } from "./instance.ts";
import { KernelResources } from "./kernel-resources.ts";
import { planRanges, rangeExtent } from "./output-ranges.ts";
import { SortedRangeTask } from "./range-task.ts";
import { ReduceTask } from "./reduce-task.ts";
import { SplitTask } from "./split-task.ts";

/** Stages kept ready; one that is opened again after that many others is cut into segments again. */
const OPEN_STAGES_MAX = 64;

/** `module` is the compiled `kernels.wasm`; the plan's `integers` is `int64`; `memoryBytes` is what tables and rows may have, `functions` those of the operator's own. */
export function createInt64KernelSet(
  module: WebAssembly.Module,
  plan: Plan,
  memoryBytes = Number.POSITIVE_INFINITY,
  functions = NO_FUNCTIONS,
): KernelSet {
  assert(plan.integers === "int64", "these kernels compute with 64-bit integers");
  const resources = new KernelResources(instantiateKernels(module), plan, memoryBytes, functions);
  const stages = new OpenStages(resources);
  return { openStage: (stage) => stages.open(stage), output: outputKernels(resources) };
}

/** Stages ready to run, by index, least recently used first. */
class OpenStages {
  readonly #resources: KernelResources;
  readonly #open = new Map<number, StageKernels>();

  constructor(resources: KernelResources) {
    this.#resources = resources;
  }

  open(index: number): StageKernels {
    const kernels = this.#open.get(index) ?? stageKernels(this.#resources, index);
    this.#open.delete(index);
    this.#open.set(index, kernels);
    if (this.#open.size > OPEN_STAGES_MAX) {
      const [longestUnused] = this.#open.keys();
      this.#open.delete(longestUnused);
    }
    return kernels;
  }
}

function stageKernels(resources: KernelResources, index: number): StageKernels {
  const stage = resources.plan.stages[index];
  assert(stage !== undefined, `the plan has no stage ${index}`);
  const compiled = new CompiledStage(stage, resources.kernels);
  return {
    beginSplit: (format, sink) => {
      assert(stage.source === "input", `stage ${index} reads blocks, not text`);
      return new SplitTask(compiled, resources, format, sink);
    },
    beginReduce: (sink) => {
      assert(stage.source === "shuffle", `stage ${index} reads text, not blocks`);
      return new ReduceTask(compiled, resources, sink);
    },
  };
}

function outputKernels(resources: KernelResources): OutputKernels {
  return {
    planRanges,
    extent: rangeExtent,
    beginRange: (format, range, pairsMax) => new SortedRangeTask(resources, format, range, pairsMax),
  };
}
