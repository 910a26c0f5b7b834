/**
 * A cluster of processes, submitted to as users do: the output is that of one process, whoever is killed meanwhile.
 */
import path from "node:path";
import test from "ava";
import { begun, compare, SUBMIT, sceneOf, workersUntil } from "./scene.ts";

test.serial("real cluster: two workers give what one process gives", async (t) => {
  const scene = await sceneOf(t, 2);
  await compare(t, scene, scene.start(SUBMIT));
  const workers = await scene.client.workers();
  t.deepEqual(
    workers.map(({ state, slots }) => [state, slots]),
    [
      ["alive", 1],
      ["alive", 1],
    ],
  );
  const directory = path.join(path.dirname(scene.cluster.dataRoot), "coordinator");
  t.regex(scene.stage.run(["inspect", directory]).stdout, /job [0-9a-f]+ "program": done\n$/);
});

test.serial("real cluster: a worker is killed in the middle of a job, comes back by itself, and goes on", async (t) => {
  const scene = await sceneOf(t, 2);
  const submitted = scene.start(SUBMIT);
  await begun(scene, 1);
  t.true(scene.cluster.kill("worker-0"));
  await compare(t, scene, submitted);
  const returned = (await scene.client.workers()).find(({ epoch }) => epoch === 2);
  t.truthy(returned);
});

test.serial("real cluster: a worker is lost with its disk in the middle of a job", async (t) => {
  const scene = await sceneOf(t, 2);
  const submitted = scene.start(SUBMIT);
  await begun(scene, 2);
  t.true(await scene.cluster.lose("worker-1"));
  await compare(t, scene, submitted);
});

test.serial(
  "real cluster: the coordinator is killed in the middle of a job, and the submitter goes on waiting",
  async (t) => {
    const scene = await sceneOf(t, 2);
    const submitted = scene.start(SUBMIT);
    await begun(scene, 1);
    t.true(scene.cluster.kill("coordinator"));
    await compare(t, scene, submitted);
  },
);

test.serial(
  "real cluster: the coordinator is lost with its disk; its workers join the next one, which knows of no job",
  async (t) => {
    const scene = await sceneOf(t, 2);
    const interrupted = scene.start(SUBMIT);
    await begun(scene, 1);
    t.true(await scene.cluster.lose("coordinator"));
    const { status, stderr } = await interrupted.end;
    t.is(status, 2, stderr);
    t.regex(stderr, /no job/);
    const workers = await workersUntil(scene, ({ length }) => length === 2);
    t.deepEqual(
      workers.map(({ epoch }) => epoch),
      [2, 2],
    );
    await compare(t, scene, scene.start(SUBMIT));
  },
);
