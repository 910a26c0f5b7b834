/**
 * `npm run sim`: simulates seed after seed, and tells of each that shows a fault how to see it again.
 *
 *   npm run sim -- --runs 1000            the first thousand seeds
 *   npm run sim -- --seed 17 --trace      one seed, with everything that happens in it
 *   npm run sim -- --seed 17 --plan FILE  with the faults of a file, as a failing run prints them
 *   npm run sim -- --runs 1000 --settle   each until everybody has cleared up, not every sixteenth and those that drain alone
 *   npm run sim -- --coverage             and which transitions of the machines were taken
 *
 * Owns: the command line, and what is printed.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { countTransitions } from "./coverage.ts";
import type { FaultPlan } from "./plan/fault-plan.ts";
import { shrinkPlan } from "./plan/shrink-plan.ts";
import { simulate, type Verdict } from "./simulate.ts";
import { addEdits, NO_EDITS } from "./world/journal-edits.ts";

/** Of so many runs one is repeated: it must give the same history. */
const REPEATED_EACH = 100;
const TOLD_EACH_MS = 60_000;
const FAILURES_MAX = 20;

const { values } = parseArgs({
  options: {
    runs: { type: "string" },
    seed: { type: "string" },
    plan: { type: "string" },
    trace: { type: "boolean", default: false },
    coverage: { type: "boolean", default: false },
    first: { type: "boolean", default: false },
    settle: { type: "boolean", default: false },
    "no-shrink": { type: "boolean", default: false },
  },
});
const firstSeed = Number(values.seed ?? 1);
const runCount = Number(values.runs ?? (values.seed === undefined ? 1000 : 1));
if (!Number.isSafeInteger(firstSeed) || !Number.isSafeInteger(runCount) || runCount < 1) {
  console.error("--seed and --runs are whole numbers, --runs from 1 on");
  process.exit(2);
}
const plan = values.plan === undefined ? undefined : (JSON.parse(readFileSync(values.plan, "utf8")) as FaultPlan);
const until = values.settle ? "settled" : undefined;
const failuresMax = values.first ? 1 : FAILURES_MAX;
let currentSeed = firstSeed;
// What nobody handled ends the process: of a seed that does that, it is known which one it was.
process.on("uncaughtExceptionMonitor", (error) => {
  console.error(`seed ${currentSeed} failed\n  uncaught: ${error.message}`);
});
const coverage = values.coverage ? countTransitions() : undefined;
process.exitCode = await simulateAll();
if (coverage !== undefined) {
  const { reached, total, never, unreachable } = coverage();
  const share = ((100 * reached) / total).toFixed(1);
  console.log(`reached ${reached} of ${total} reachable transitions (${share} %); never:\n${never.join("\n")}`);
  for (const [name, reason] of unreachable) console.log(`not reachable: ${name}: ${reason}`);
}

async function simulateAll(): Promise<number> {
  const began = performance.now();
  let told = began;
  let failures = 0;
  let events = 0;
  let [edits, editedBlocks] = [NO_EDITS, 0];
  for (let run = 1; run <= runCount && failures < failuresMax; run += 1) {
    const seed = firstSeed + run - 1;
    currentSeed = seed;
    const verdict = await simulate({ seed, plan, until, keepsLines: values.trace });
    events += verdict.eventCount;
    edits = addEdits(edits, verdict.edits);
    editedBlocks += verdict.editedBlocks;
    if (values.trace) process.stdout.write(`${verdict.lines.join("\n")}\n`);
    if (verdict.problems.length > 0) {
      failures += 1;
      await tellFailure(verdict);
    } else if (run % REPEATED_EACH === 0 && (await simulate({ seed, plan, until })).hash !== verdict.hash) {
      failures += 1;
      console.error(`seed ${seed}: the same seed gives another history`);
    }
    if (performance.now() - told > TOLD_EACH_MS || run === runCount || failures === failuresMax) {
      told = performance.now();
      const minutes = (told - began) / 60_000;
      const rate = `${Math.round(run / minutes)} runs and ${Math.round(events / minutes)} events a minute`;
      console.log(`${run} runs from seed ${firstSeed}: ${failures} failed; ${rate}`);
    }
  }
  const { applied, read, discovered, harmless } = edits;
  console.log(
    `${applied} edits of journals: of ${read} that were read, ${discovered} were reported, ${harmless} changed nothing ` +
      `but the end of a log; ${editedBlocks} edits of segments`,
  );
  return failures === 0 ? 0 : 1;
}

async function tellFailure(verdict: Verdict): Promise<void> {
  const { seed, hash, problems } = verdict;
  console.error(`seed ${seed} failed; its history is ${hash}`);
  for (const { check, message } of problems) console.error(`  ${check}: ${message}`);
  const faults = values["no-shrink"]
    ? verdict.plan
    : await shrinkPlan(verdict, (of) => simulate({ seed, plan: of, until }));
  console.error(`  to see it: npm run sim -- --seed ${seed} --trace`);
  console.error(`  what it takes, for --plan FILE: ${JSON.stringify(faults)}`);
}
