/**
 * Members of a cluster that stop and go on: they do no harm when they are back.
 */
import test from "ava";
import { begun, compare, SUBMIT, sceneOf, workersUntil } from "./scene.ts";

/** Ended by the test, or with the cluster. */
const LONG_MS = 3_600_000;
/** Longer than the silence after which a member is called dead. */
const STOPPED_MS = 6_000;

test.serial("stopped worker: others do its work once it is called dead, and as a zombie it joins anew", async (t) => {
  const scene = await sceneOf(t, 2);
  const submitted = scene.start(SUBMIT);
  await begun(scene, 1);
  const { pid } = scene.cluster.members[1]!;
  t.true(scene.cluster.pause("worker-0", LONG_MS));
  await compare(t, scene, submitted);
  const dead = await workersUntil(scene, (workers) => workers.some(({ state }) => state === "dead"));
  t.deepEqual(dead.map(({ state }) => state).sort(), ["alive", "dead"]);
  process.kill(pid!, "SIGCONT");
  const back = await workersUntil(scene, (workers) => workers.every(({ state }) => state === "alive"));
  t.is(back.length, 2);
});

test.serial("stopped worker: where nobody else is, the job waits for the zombie, and goes on with it", async (t) => {
  const scene = await sceneOf(t, 1);
  const submitted = scene.start(SUBMIT);
  await begun(scene, 1);
  const { pid } = scene.cluster.members[1]!;
  t.true(scene.cluster.pause("worker-0", LONG_MS));
  await workersUntil(scene, ([worker]) => worker?.state === "dead");
  process.kill(pid!, "SIGCONT");
  await compare(t, scene, submitted);
});

test.serial("stopped coordinator: workers and submitter wait, and nobody is called dead for its sleep", async (t) => {
  const scene = await sceneOf(t, 2);
  const submitted = scene.start(SUBMIT);
  await begun(scene, 1);
  t.true(scene.cluster.pause("coordinator", STOPPED_MS));
  await compare(t, scene, submitted);
  const workers = await scene.client.workers();
  t.deepEqual(
    workers.map(({ state, epoch }) => [state, epoch]),
    [
      ["alive", 1],
      ["alive", 1],
    ],
  );
});
