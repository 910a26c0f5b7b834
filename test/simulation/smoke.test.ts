/**
 * The simulated cluster is never wrong: fixed seeds, those that once failed, and others at each run.
 */
import test, { type ExecutionContext } from "ava";
import { systemRandom } from "../../runtime/system-random.ts";
import { simulate } from "./simulate.ts";

/** Seeds that have shown a fault of the product; docs/simulation.md says which. */
const ONCE_FAILED = [79, 2481, 2795];
const FIXED_COUNT = 100;
const FRESH_COUNT = 200;

async function requireRight(t: ExecutionContext, seed: number): Promise<void> {
  const { problems } = await simulate({ seed });
  t.deepEqual(problems, [], `npm run sim -- --seed ${seed} --trace`);
}

test.serial("simulation: seeds that once failed give what the reference interpreter says", async (t) => {
  for (const seed of ONCE_FAILED) await requireRight(t, seed);
});

test.serial(`simulation: the first ${FIXED_COUNT} seeds give what the reference interpreter says`, async (t) => {
  for (let seed = 1; seed <= FIXED_COUNT; seed += 1) await requireRight(t, seed);
});

test.serial(`simulation: ${FRESH_COUNT} other seeds give what the reference interpreter says`, async (t) => {
  const first = 1_000_000 + Math.floor(systemRandom.next() * 1_000_000_000);
  for (let seed = first; seed < first + FRESH_COUNT; seed += 1) await requireRight(t, seed);
});
