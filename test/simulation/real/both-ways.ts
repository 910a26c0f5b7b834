/**
 * Runs a seed both ways: in the simulation and on processes, with the same programs, inputs and faults.
 *
 * Owns: the order, and what counts as a difference.
 * Never: prints.
 *
 * B1. One simulation at a time: it has the files of the process to itself.
 */

import { drawPlan } from "../plan/draw-plan.ts";
import type { FaultKind } from "../plan/fault-plan.ts";
import { simulate } from "../simulate.ts";
import { judgeEnds } from "./compare-ends.ts";
import { fileWorkload, makeFiledWorks } from "./file-work.ts";
import type { ProductCopies } from "./product-copy.ts";
import { runOnProcesses } from "./real-run.ts";
import { shownPlan } from "./shown-faults.ts";

export interface BothWays {
  readonly seed: number;
  /** Faults of the seed. */
  readonly planned: readonly FaultKind[];
  /** Those that processes cannot show. */
  readonly leftOut: readonly FaultKind[];
  /** Those that found somebody to strike. */
  readonly shown: readonly FaultKind[];
  /** How jobs ended on processes, by state. */
  readonly states: readonly string[];
  /** Jobs whose ends differ as they may. */
  readonly raceCount: number;
  readonly differences: readonly string[];
  /** For whoever looks for the cause of a difference. */
  readonly words: readonly string[];
}

/** B1. */
let lastSimulation: Promise<unknown> = Promise.resolve();

export async function runBothWays(seed: number, product: ProductCopies): Promise<BothWays> {
  const { works, whole, plan, leftOut, verdict } = await alone(async () => {
    const filed = await fileWorkload(seed);
    const drawn = drawPlan(seed, filed.length);
    const shown = shownPlan(drawn);
    const judged = await simulate({ seed, plan: shown.plan, makeWorks: makeFiledWorks });
    return { works: filed, whole: drawn, ...shown, verdict: judged };
  });
  const real = await runOnProcesses({ seed, plan, works, product });
  const judgements = works.map(({ work }, job) => {
    const ends = { simulated: verdict.ends[job]!, real: real.ends[job]! };
    return judgeEnds({ work, job, plan, ...ends, isCancelled: real.cancelled.has(job) });
  });
  return {
    ...{ seed, leftOut, shown: real.shown, words: real.words },
    planned: whole.faults.map(({ kind }) => kind),
    states: real.ends.map(({ state, failure }) => `${state}${failure === undefined ? "" : ` ${failure.code}`}`),
    raceCount: judgements.filter(({ isRace }) => isRace).length,
    differences: [
      ...verdict.problems.map(({ check, message }) => `in the simulation: ${check}: ${message}`),
      ...judgements.flatMap(({ differences }, job) => differences.map((what) => `job ${job}: ${what}`)),
      ...real.leftOver.map((name) => `a result of no job that is done: ${name}`),
    ],
  };
}

async function alone<Result>(action: () => Promise<Result>): Promise<Result> {
  const result = lastSimulation.then(action);
  lastSimulation = result.catch(() => undefined);
  return await result;
}
