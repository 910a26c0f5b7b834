/**
 * What the simulation has found wrong in the product, each with its seed and the faults that it took.
 */
import test from "ava";
import type { Fault, FaultPlan } from "./plan/fault-plan.ts";
import { simulate } from "./simulate.ts";

interface Found {
  readonly title: string;
  readonly seed: number;
  readonly plan: Omit<FaultPlan, "faults"> & { readonly faults: readonly Fault[] };
}

const FOUND: readonly Found[] = [
  {
    title: "a thread that hangs before it is ready is replaced",
    seed: 79,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], slots: 1, durable: false, submitAtMs: [0], healAtMs: 6461 },
      faults: [{ atMs: 466, kind: "hangThread", node: "a", index: 529 }],
    },
  },
];

for (const { title, seed, plan } of FOUND) {
  test.serial(`simulation: ${title} (seed ${seed})`, async (t) => {
    const { problems } = await simulate({ seed, plan });
    t.deepEqual(problems, []);
  });
}
