/**
 * A cluster of processes for one test, gone after it.
 *
 * Owns: its directory and its token. Never: asserts anything but that nothing is left.
 */
import { randomBytes } from "node:crypto";
import type { ExecutionContext } from "ava";
import { Cluster, type ClusterOptions } from "../../cli/chaos/cluster.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { temporaryDirectory } from "../actors/temporary-directory.ts";

export async function localCluster(
  t: ExecutionContext,
  options: Pick<ClusterOptions, "command" | "workers"> & Partial<ClusterOptions>,
): Promise<Cluster> {
  const directory = temporaryDirectory(t);
  const token = randomBytes(16).toString("hex");
  const cluster = await Cluster.start({ directory, token, clock: systemClock, slots: 1, ...options });
  t.teardown(async () => {
    const orphans = await cluster.stop();
    if (orphans.length > 0) throw new Error(`orphans of ${orphans.join(", ")}`);
  });
  return cluster;
}
