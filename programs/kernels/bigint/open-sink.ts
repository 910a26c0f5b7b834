/**
 * Chooses the sink of a stage by its plan.
 *
 * Owns: the choice.
 */
import type { Plan } from "../../plan/plan.ts";
import type { TaskSink } from "../kernel-set.ts";
import { CombinerSink } from "./combiner-sink.ts";
import type { CompiledStage } from "./compiled-stage.ts";
import type { PairSink } from "./pair-sink.ts";
import { RunSink } from "./run-sink.ts";
import { ShuffleSink } from "./shuffle-sink.ts";

export function openSink({ stage, combiner }: CompiledStage, plan: Plan, sink: TaskSink): PairSink {
  if (stage.sink.kind === "output") return new RunSink(stage.sink.order, sink);
  if (combiner === undefined) return new ShuffleSink(plan.partitions, sink);
  return new CombinerSink(combiner, plan.partitions, sink);
}
