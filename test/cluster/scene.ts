/**
 * A cluster of processes with a job for it, and what that job's output must be.
 *
 * Owns: programs, inputs, and the waiting for something to be so.
 * Never: asserts anything but the output.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import type { WorkerStatus } from "../../actors/cluster/control.ts";
import type { Cluster, ClusterOptions } from "../../cli/chaos/cluster.ts";
import { Network } from "../../cli/chaos/network.ts";
import { ClusterClient } from "../../cli/cluster/client.ts";
import { endpointText } from "../../cli/endpoint.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { type CommandOptions, CommandStage, repeatedPairs, type StartedCommand } from "../cli/command.ts";
import { localCluster } from "./local-cluster.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
export const COMMAND = [process.execPath, MAIN];
export const TOKEN = "0123456789abcdef0123456789abcdef";
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
/** Between two looks at a cluster. */
const LOOK_INTERVAL_MS = 20;
/** Shorter than the time that AVA gives a test, so that it is told what was waited for. */
const UNTIL_MAX_MS = 100_000;

export interface Scene {
  readonly stage: CommandStage;
  readonly cluster: Cluster;
  readonly client: ClusterClient;
  readonly expected: string;
  /** A command about this cluster. */
  readonly start: (words: readonly string[]) => StartedCommand;
  /** A worker beside those of the cluster. */
  readonly startWorker: (name: string, options?: CommandOptions) => StartedCommand;
}

/** For `Scene.start`. */
export function submitTo(output: string): readonly string[] {
  return ["submit", "program.json", "--output", output];
}
export const SUBMIT = submitTo("output.csv");

let known: string | undefined;

/** The output of one process, which is made once for all tests of a file. */
function expectedOutput(): string {
  if (known !== undefined) return known;
  const teardowns: (() => void)[] = [];
  const stage = new CommandStage({ teardown: (work) => void teardowns.push(work as () => void) });
  stage.write({ "program.json": PROGRAM, "pairs.csv": repeatedPairs(PIECES).text });
  const alone = stage.run(["run", "program.json", "--output", "expected.csv", "--quiet"]);
  if (alone.status !== 0) throw new Error(alone.stderr);
  known = stage.read("expected.csv");
  for (const work of teardowns.reverse()) work();
  return known;
}

export async function sceneOf(
  t: ExecutionContext,
  workers: number,
  options: Partial<ClusterOptions> = {},
): Promise<Scene> {
  const expected = expectedOutput();
  const stage = new CommandStage(t);
  stage.write({ "program.json": PROGRAM });
  const cluster = await localCluster(t, { command: COMMAND, workers, token: TOKEN, ...options });
  writeFileSync(path.join(cluster.dataRoot, "pairs.csv"), repeatedPairs(PIECES).text);
  const place = endpointText(cluster.address);
  const env = { ACTOR_DATAFLOW_TOKEN: TOKEN };
  return {
    ...{ stage, cluster, expected },
    client: new ClusterClient({ ...cluster.address, token: TOKEN, tls: undefined }),
    start: (words) => stage.start([...words, "--coordinator", place, "--insecure"], { env }),
    startWorker: (name, more = {}) => {
      const words = ["start", "--role", "worker", "--join", place, "--slots", "1", "--data-dir", name];
      return stage.start(words, { ...more, env: { ...env, ...more.env } });
    },
  };
}

/** Resolves with the first look at the cluster that is as wished. Errors: an Error that tells the last one, after a while. */
export async function until<Seen>(look: () => Promise<Seen>, isSo: (seen: Seen) => boolean): Promise<Seen> {
  const began = systemClock.nowMs();
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (systemClock.nowMs() - began > UNTIL_MAX_MS) throw new Error(`it does not become so: ${JSON.stringify(seen)}`);
    await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}

/** Resolves when the only job has so many tasks done, or has left its first stage. */
export async function begun({ client }: Pick<Scene, "client">, taskCount: number): Promise<void> {
  await until(
    () => client.jobs(),
    ([job]) => job !== undefined && (job.stage > 0 || job.tasksDone >= taskCount),
  );
}

export async function workersUntil(
  { client }: Pick<Scene, "client">,
  isSo: (workers: readonly WorkerStatus[]) => boolean,
): Promise<readonly WorkerStatus[]> {
  return await until(() => client.workers(), isSo);
}

export async function compare(
  t: ExecutionContext,
  { stage, expected, client }: Scene,
  submitted: StartedCommand,
  output = "output.csv",
): Promise<void> {
  const { status, stderr } = await submitted.end;
  const [job] = await client.jobs();
  t.is(status, 0, `${stderr} ${JSON.stringify(job?.failure)}`);
  t.is(stage.read(output), expected);
}

/** Undefined where it is not allowed, which is then said. */
export function networkOf(t: ExecutionContext, members: readonly string[]): Network | undefined {
  try {
    const made = new Network(members);
    t.teardown(() => made.remove());
    return made;
  } catch (error) {
    t.is((error as { code?: string }).code, "NETWORK_NOT_ALLOWED");
    t.log(`skipped: ${(error as Error).message}`);
    return undefined;
  }
}
