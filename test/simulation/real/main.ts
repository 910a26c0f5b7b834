/**
 * `npm run sim-real`: runs seeds of the simulation on real processes too, and tells where both do not end alike.
 *
 *   npm run sim-real -- --runs 200              the first two hundred seeds
 *   npm run sim-real -- --seed 17               one seed; where it differs, with the last lines of each process
 *   npm run sim-real -- --runs 200 --lanes 4    four clusters at a time (default: two)
 *   npm run sim-real -- --plant NAME            with a planted mistake of `gate/mutants.ts` in the processes alone
 *
 * Owns: the command line, and what is printed. Exits with 1 if there is a difference.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { MUTANTS } from "../gate/mutants.ts";
import { type BothWays, runBothWays } from "./both-ways.ts";
import { copyProduct, type ProductCopies } from "./product-copy.ts";
import { RealTally } from "./real-tally.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string" },
    seed: { type: "string", default: "1" },
    lanes: { type: "string", default: "2" },
    plant: { type: "string" },
  },
});
const [firstSeed, runCount, laneCount] = [values.seed, values.runs ?? "1", values.lanes].map(Number) as [
  ...[number, number, number],
];
if (![firstSeed, runCount, laneCount].every(Number.isSafeInteger) || runCount < 1 || laneCount < 1) {
  console.error("--seed, --runs and --lanes are whole numbers, the last two from 1 on");
  process.exit(2);
}
const planted = MUTANTS.filter(({ name }) => name === values.plant);
if (values.plant !== undefined && planted.length === 0) {
  console.error(`--plant: there is no mistake called ${values.plant}`);
  process.exit(2);
}
const directory = mkdtempSync(path.join(tmpdir(), "sim-real-product-"));
const tally = new RealTally();
let nextSeed = firstSeed;
try {
  const product = copyProduct(directory, planted);
  await Promise.all(Array.from({ length: laneCount }, () => runLane(product)));
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
console.log(tally.report());
process.exitCode = tally.wrongCount === 0 ? 0 : 1;

async function runLane(product: ProductCopies): Promise<void> {
  while (nextSeed < firstSeed + runCount) {
    const seed = nextSeed;
    nextSeed += 1;
    const began = performance.now();
    try {
      const run = await runBothWays(seed, product);
      tally.add(run);
      tell(run, performance.now() - began);
    } catch (error) {
      tally.addBroken();
      console.log(`seed ${seed} could not be run: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
}

function tell({ seed, states, shown, differences, words }: BothWays, elapsedMs: number): void {
  const seconds = (elapsedMs / 1000).toFixed(1);
  console.log(`seed ${seed}: ${states.join(", ")}; ${shown.join(" ") || "no fault"}; ${seconds} s`);
  if (differences.length === 0) return;
  for (const what of differences) console.log(`  DIFFERS: ${what}`);
  for (const line of words) console.log(`  ${line}`);
}
