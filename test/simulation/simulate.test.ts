/**
 * The simulation itself: the same seed is the same history, a fault-free cluster does what it should, what fails is shrunk.
 */
import { readFileSync, writeFileSync } from "node:fs";
import test from "ava";
import type { FaultPlan } from "./plan/fault-plan.ts";
import { shrinkPlan } from "./plan/shrink-plan.ts";
import { simulate } from "./simulate.ts";
import { Disks } from "./world/disk.ts";
import { mountFiles } from "./world/node-files.ts";
import { World } from "./world/world.ts";

const QUIET: FaultPlan = {
  ...{ workers: ["a", "b", "c", "d"], slots: 1, durable: true, replicas: 1, faults: [], healAtMs: 0 },
  submitAtMs: [0, 100, 200],
};

test.serial("simulation: the same seed gives the same history", async (t) => {
  for (const seed of [4, 17, 23]) {
    const [one, two] = [await simulate({ seed }), await simulate({ seed, keepsLines: true })];
    t.is(one.hash, two.hash);
    t.true(two.lines.length > 50, `${two.lines.length} lines`);
  }
});

test.serial("simulation: without a fault every job ends as it should, in no time", async (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { problems, simulatedMs } = await simulate({ seed, plan: QUIET });
    t.deepEqual(problems, [], `seed ${seed}`);
    t.true(simulatedMs < 30_000, `seed ${seed}: ${simulatedMs}`);
  }
});

test.serial("simulation: a job that cannot end is reported, with a plan of the one fault that matters", async (t) => {
  const gone = { atMs: 5, kind: "crash", loses: "nothing", backAfterMs: undefined, lockStaysMs: 0 } as const;
  const faults = [
    { atMs: 2, kind: "weather", dropShare: 0.1, duplicateShare: 0, delayShare: 0, delayMaxMs: 0, forMs: 100 } as const,
    { ...gone, node: "a" },
    { atMs: 20, kind: "pause", node: "coordinator", forMs: 30 } as const,
  ];
  const plan: FaultPlan = { ...QUIET, workers: ["a"], faults };
  const verdict = await simulate({ seed: 1, plan });
  t.deepEqual(
    verdict.problems.map(({ check }) => check),
    ["ending"],
  );
  const shrunk = await shrinkPlan(verdict, (of) => simulate({ seed: 1, plan: of }));
  t.deepEqual(shrunk.faults, [{ ...gone, node: "a" }]);
});

test.serial("simulation: files of simulated nodes never reach the machine's disk, and others are as before", (t) => {
  const disks = new Disks();
  disks.of("a").makeDirectory("/simulated/a/x");
  const unmount = mountFiles({ world: new World(1), diskOf: (node) => disks.of(node) });
  writeFileSync("/simulated/a/x/file", "text");
  t.is(readFileSync("/simulated/a/x/file", "utf8"), "text");
  t.true(readFileSync("package.json", "utf8").length > 0);
  unmount();
  t.throws(() => readFileSync("/simulated/a/x/file"), { code: "ENOENT" });
});
