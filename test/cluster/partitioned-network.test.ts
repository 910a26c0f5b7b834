/**
 * Members of a cluster that others do not hear for a while, where network namespaces are allowed: nobody does harm meanwhile.
 */
import test, { type ExecutionContext } from "ava";
import { memberNames } from "../../cli/chaos/cluster.ts";
import type { CutKind, Network } from "../../cli/chaos/network.ts";
import { begun, compare, networkOf, type Scene, SUBMIT, sceneOf, workersUntil } from "./scene.ts";

/** Ended by the test, or with the cluster. */
const LONG_MS = 3_600_000;
/** Longer than the silence after which a member is called dead. */
const CUT_MS = 6_000;

async function cutOff(t: ExecutionContext, kind: CutKind): Promise<{ scene: Scene; network: Network } | undefined> {
  const network = networkOf(t, memberNames(2));
  if (network === undefined) return undefined;
  const scene = await sceneOf(t, 2, { network });
  const submitted = scene.start(SUBMIT);
  await begun(scene, 1);
  t.true(scene.cluster.cut("worker-1", kind, LONG_MS));
  await workersUntil(scene, (workers) => workers.some(({ state }) => state === "dead"));
  await compare(t, scene, submitted);
  return { scene, network };
}

for (const kind of ["both", "out"] as const) {
  const how = kind === "both" ? "off the network" : "off so that it hears, and is not heard";
  test.serial(
    `partition: a worker is cut ${how}; the job ends without it, and it is back when that heals`,
    async (t) => {
      const made = await cutOff(t, kind);
      if (made === undefined) return;
      made.network.heal("worker-1");
      const back = await workersUntil(made.scene, (workers) => workers.every(({ state }) => state === "alive"));
      t.is(back.length, 2);
    },
  );
}

test.serial(
  "partition: the coordinator is cut off for longer than a silence, and the job goes on when it heals",
  async (t) => {
    const network = networkOf(t, memberNames(2));
    if (network === undefined) return;
    const scene = await sceneOf(t, 2, { network });
    const submitted = scene.start(SUBMIT);
    await begun(scene, 1);
    t.true(scene.cluster.cut("coordinator", "both", CUT_MS));
    await compare(t, scene, submitted);
  },
);
