/**
 * A cluster of processes, submitted to as users do: the output is that of one process, whoever is killed meanwhile.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import type { Cluster } from "../../cli/chaos/cluster.ts";
import { ClusterClient } from "../../cli/cluster/client.ts";
import { endpointText } from "../../cli/endpoint.ts";
import { CommandStage, repeatedPairs, type StartedCommand } from "../cli/command.ts";
import { localCluster } from "./local-cluster.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const COMMAND = [process.execPath, MAIN];
/** About a second of work, most of it in the first stage. */
const PROGRAM = {
  partitions: 6,
  input: "pairs.csv",
  operations: [
    { operator: "repeat", times: 60, operations: [{ operator: "map", expression: "(v * 31 + 7) % 1000003" }] },
    { operator: "changeKey", expression: "v % 500" },
    { operator: "reduce", function: "MEDIAN" },
    { operator: "changeKey", expression: "v % 20" },
    { operator: "reduce", function: "SUM" },
  ],
};
/** 7.5 MB: several splits. */
const PIECES = 1_500;

interface Scene {
  readonly stage: CommandStage;
  readonly cluster: Cluster;
  readonly client: ClusterClient;
  readonly expected: string;
  readonly start: (words: readonly string[]) => StartedCommand;
}

const TOKEN = "0123456789abcdef0123456789abcdef";

async function sceneOf(t: ExecutionContext, workers: number): Promise<Scene> {
  const stage = new CommandStage(t);
  const { text } = repeatedPairs(PIECES);
  stage.write({ "program.json": PROGRAM, "pairs.csv": text });
  const alone = stage.run(["run", "program.json", "--output", "expected.csv", "--quiet"]);
  t.is(alone.status, 0, alone.stderr);
  const cluster = await localCluster(t, { command: COMMAND, workers, token: TOKEN });
  writeFileSync(path.join(cluster.dataRoot, "pairs.csv"), text);
  const coordinator = ["--coordinator", endpointText(cluster.address)];
  return {
    ...{ stage, cluster, expected: stage.read("expected.csv") },
    client: new ClusterClient({ ...cluster.address, token: TOKEN, tls: undefined }),
    start: (words) => stage.start([...words, ...coordinator], { env: { ACTOR_DATAFLOW_TOKEN: TOKEN } }),
  };
}

const SUBMIT = ["submit", "program.json", "--output", "output.csv"];

/** Resolves when the only job has so many tasks done, or has left its first stage. */
async function begun({ client }: Scene, taskCount: number): Promise<void> {
  for (;;) {
    const [job] = await client.jobs();
    if (job !== undefined && (job.stage > 0 || job.tasksDone >= taskCount)) return;
  }
}

async function compare(
  t: ExecutionContext,
  { stage, expected, client }: Scene,
  submitted: StartedCommand,
): Promise<void> {
  const { status, stderr } = await submitted.end;
  const [job] = await client.jobs();
  t.is(status, 0, `${stderr} ${JSON.stringify(job?.failure)}`);
  t.is(stage.read("output.csv"), expected);
}

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
