/**
 * What is lost late in a job of many stages: what it was made of has been freed long ago.
 */
import { copyFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { sceneOf, until } from "./scene.ts";

const ROUNDS = 8;
const STRUCK_AT_STAGE = 5;
const ROWS = 300_000;
const KEYS = 100_003;

/** Each round is a stage of as many tasks as there are partitions, all of which read all of the stage before. */
const PROGRAM = {
  partitions: 8,
  input: "deep.csv",
  operations: Array.from({ length: ROUNDS }, (_, round) => [
    { operator: "changeKey", expression: `(v * 31 + ${round}) % ${KEYS}` },
    { operator: "reduce", function: "MAX" },
    { operator: "map", expression: "(k * 7 + v) % 1000000007" },
  ]).flat(),
};

function pairs(): string {
  return Array.from({ length: ROWS }, (_, row) => `${row},${(row * 7919) % 1_000_003}\n`).join("");
}

test("late loss: a worker is lost with its disk in the sixth stage, and the job is done all the same", async (t) => {
  const { client, cluster, stage, start } = await sceneOf(t, 3);
  stage.write({ "deep.json": PROGRAM, "deep.csv": pairs() });
  copyFileSync(path.join(stage.directory, "deep.csv"), path.join(cluster.dataRoot, "deep.csv"));
  const submitted = start(["submit", "deep.json", "--output", "output.csv"]);
  await until(
    () => client.jobs(),
    ([job]) => job !== undefined && job.stage >= STRUCK_AT_STAGE,
  );
  t.true(await cluster.lose("worker-1"));
  const { status, stderr } = await submitted.end;
  const [job] = await client.jobs();
  t.is(status, 0, `${stderr} ${JSON.stringify(job?.failure)}`);
  t.true((job?.tasksRepeated ?? 0) > 0);
  t.is(stage.run(["run", "deep.json", "--output", "expected.csv", "--quiet"]).status, 0);
  t.is(stage.read("output.csv"), stage.read("expected.csv"));
});
