/**
 * A resident of nowhere, for tests of the checks.
 */
import type { Resident } from "../cluster/watch.ts";
import { SimulatedDisk } from "../world/disk.ts";
import { SimulatedProcess } from "../world/process.ts";
import { World } from "../world/world.ts";
import { Problems } from "./problems.ts";

export interface CheckStage {
  readonly world: World;
  readonly problems: Problems;
  readonly resident: Resident;
  /** Names of the checks that reported. */
  found(): string[];
}

export function openCheckStage(more: Partial<Resident> = {}): CheckStage {
  const world = new World(1);
  const problems = new Problems();
  const resident: Resident = {
    ...{ process: new SimulatedProcess(world, "a", 1), role: "worker", id: "a", epoch: 1, slots: 1 },
    ...{ disk: new SimulatedDisk("a"), segmentDirectory: "/simulated/a/segments", durable: true },
    ...more,
  };
  resident.disk.makeDirectory(resident.segmentDirectory);
  return { world, problems, resident, found: () => problems.found.map(({ check }) => check) };
}
