/**
 * Workers that come and go while jobs run, and those that are not let in.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { HELD, repeatedPairs, SUMS } from "../cli/command.ts";
import { begun, compare, SUBMIT, sceneOf, submitTo, workersUntil } from "./scene.ts";

test.serial("joining late: a job without workers waits, and those that come are given its tasks", async (t) => {
  const scene = await sceneOf(t, 0);
  const submitted = scene.start(SUBMIT);
  await submitted.said("submitted job ");
  scene.startWorker("late-1");
  await begun(scene, 1);
  scene.startWorker("late-2");
  await workersUntil(scene, (workers) => workers.length === 2);
  await compare(t, scene, submitted);
});

test.serial(
  "leaving: a worker that is sent SIGTERM in the middle of a job hands over, and ends with exit code 0",
  async (t) => {
    const scene = await sceneOf(t, 1);
    const leaving = scene.startWorker("leaving");
    await workersUntil(scene, (workers) => workers.length === 2);
    const submitted = scene.start(SUBMIT);
    await begun(scene, 2);
    leaving.process.kill("SIGTERM");
    await compare(t, scene, submitted);
    const { status, stderr } = await leaving.end;
    t.is(status, 0, stderr);
    const left = await workersUntil(scene, (workers) => workers.some(({ state }) => state === "left"));
    t.deepEqual(left.map(({ state }) => state).sort(), ["alive", "left"]);
  },
);

test.serial(
  "slow worker: one that holds its task is raced by whoever comes, and the job does not wait for it",
  async (t) => {
    const scene = await sceneOf(t, 0);
    // A single task: nobody has done one before, so that nothing says how long it should take.
    const { text, sums } = repeatedPairs(100);
    scene.stage.write({ "sums.json": SUMS });
    writeFileSync(path.join(scene.cluster.dataRoot, "pairs.csv"), text);
    const slow = scene.startWorker("slow", { tamper: "hold:split" });
    await workersUntil(scene, (workers) => workers.length === 1);
    const submitted = scene.start(["submit", "sums.json", "--output", "sums.csv"]);
    await slow.said(HELD);
    scene.startWorker("fast");
    const { status, stderr } = await submitted.end;
    t.is(status, 0, stderr);
    t.is(scene.stage.read("sums.csv"), sums);
    // It is still there, and has been told that nobody waits for what another has done.
    const workers = await scene.client.workers();
    t.deepEqual(
      workers.map(({ tasksRunning }) => tasksRunning),
      [0, 0],
    );
    const [job] = await scene.client.jobs();
    const raced = (await scene.client.story(job?.id ?? "")).filter(({ kind }) => kind === "task.raced");
    t.deepEqual(
      raced.map(({ message }) => message.replaceAll(/[0-9a-f]{8}/g, "ID")),
      ["task 0/0/0 of worker ID was also given to worker ID, which was first"],
    );
    t.is(slow.process.exitCode, null);
  },
);

test.serial("token refused: a worker ends with exit code 3, and so does a submitter", async (t) => {
  const scene = await sceneOf(t, 0);
  const env = { ACTOR_DATAFLOW_TOKEN: "another-token-of-32-characters!!" };
  const worker = await scene.startWorker("stranger", { env }).end;
  t.is(worker.status, 3);
  t.regex(worker.stderr, /TOKEN_REFUSED/);
  const place = `127.0.0.1:${scene.cluster.address.port}`;
  const submitted = scene.stage.run([...SUBMIT, "--coordinator", place], { env });
  t.is(submitted.status, 3);
  t.regex(submitted.stderr, /token/);
  t.deepEqual(
    scene.stage.files().filter((name) => name === "output.csv"),
    [],
  );
});

test.serial("two jobs at once: both are right", async (t) => {
  const scene = await sceneOf(t, 2);
  const both = [scene.start(submitTo("one.csv")), scene.start(submitTo("two.csv"))];
  for (const [index, name] of ["one.csv", "two.csv"].entries()) await compare(t, scene, both[index]!, name);
  t.is((await scene.client.jobs()).length, 2);
});

test.serial(
  "cancelled: the submitter is told with exit code 1, and the workers free all that is the job's",
  async (t) => {
    const scene = await sceneOf(t, 0);
    const workers = ["w-1", "w-2"];
    for (const name of workers) scene.startWorker(name);
    await workersUntil(scene, ({ length }) => length === 2);
    const submitted = scene.start(SUBMIT);
    await begun(scene, 2);
    const [job] = await scene.client.jobs();
    await scene.client.cancel(job!.id);
    const { status, stderr } = await submitted.end;
    t.is(status, 1);
    t.regex(stderr, /was cancelled/);
    const directories = workers.map((name) => path.join(scene.stage.directory, name));
    // Freed behind the cancellation: what a task under way still writes goes with it.
    const isFree = (): boolean =>
      directories.every((directory) => {
        const [report] = JSON.parse(scene.stage.run(["inspect", directory, "--json"]).stdout).directories;
        return report.jobs.length === 0 && report.segments.bytes === 0;
      });
    await workersUntil(scene, isFree);
    t.true(isFree());
    await compare(t, scene, scene.start(SUBMIT));
  },
);
