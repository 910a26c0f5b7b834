/**
 * A few seeds of the simulation on real processes: what ends otherwise there, the simulation has wrong, or the product.
 */
import test from "ava";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";
import { runBothWays } from "./both-ways.ts";
import { copyProduct } from "./product-copy.ts";

/** Short ones, with lost disks, a drained worker, actors killed, and workers that do not see the input. */
const SEEDS = [59, 123, 174];

test(`real: seeds ${SEEDS.join(", ")} end on processes as they do in the simulation`, async (t) => {
  const product = copyProduct(temporaryDirectory(t));
  const runs = await Promise.all(SEEDS.map((seed) => runBothWays(seed, product)));
  for (const { seed, differences, words } of runs) {
    t.deepEqual(differences, [], `npm run sim-real -- --seed ${seed}\n${words.join("\n")}`);
  }
  t.true(runs.some(({ shown }) => shown.length > 0));
});
