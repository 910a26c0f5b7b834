/**
 * Chooses the sink of a stage by its plan.
 *
 * Owns: the choice.
 */
import type { TaskSink } from "../kernel-set.ts";
import { CombinerSink } from "./combiner-sink.ts";
import type { CompiledStage } from "./compiled-stage.ts";
import type { KernelResources } from "./kernel-resources.ts";
import type { PairSink } from "./pair-sink.ts";
import { RunSink } from "./run-sink.ts";
import { ShuffleSink } from "./shuffle-sink.ts";

export function openSink({ stage, combiner }: CompiledStage, resources: KernelResources, sink: TaskSink): PairSink {
  if (stage.sink.kind === "output") return new RunSink(stage.sink.order, resources, sink);
  if (combiner === undefined) return new ShuffleSink(resources, sink);
  return new CombinerSink(combiner, resources, sink);
}
