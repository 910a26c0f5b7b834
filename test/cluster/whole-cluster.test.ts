/**
 * What befalls a whole cluster: it ends and begins again on its disks, or its coordinator's disk is full.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { Cluster } from "../../cli/chaos/cluster.ts";
import { ClusterClient } from "../../cli/cluster/client.ts";
import { endpointText } from "../../cli/endpoint.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { temporaryDirectory } from "../actors/temporary-directory.ts";
import { begun, COMMAND, SUBMIT, sceneOf, TOKEN } from "./scene.ts";

test.serial("begun again: a cluster that was ended goes on with its job on the same disks", async (t) => {
  const directory = temporaryDirectory(t);
  const { cluster, client, stage, start, expected } = await sceneOf(t, 2, { directory });
  const submitted = start(["submit", "program.json", "--detach"]);
  await begun({ client }, 2);
  const job = (await submitted.end).stdout.trim();
  t.deepEqual(await cluster.stop(), []);
  const options = { command: COMMAND, workers: 2, slots: 1, token: TOKEN, clock: systemClock };
  const again = await Cluster.start({ ...options, directory });
  t.teardown(async () => void (await again.stop()));
  const place = endpointText(again.address);
  const known = new ClusterClient({ ...again.address, token: TOKEN, tls: undefined });
  const { state, failure } = await known.wait(job, 60);
  t.is(state, "done", JSON.stringify(failure));
  const fetching = ["result", job, "--coordinator", place, "--output", "output.csv"];
  const fetched = stage.run(fetching, { env: { ACTOR_DATAFLOW_TOKEN: TOKEN } });
  t.is(fetched.status, 0, fetched.stderr);
  t.is(stage.read("output.csv"), expected);
});

const KEYS = 400_000;
/** Enough to begin; the result alone takes more. */
const SMALL_BYTES = 3 << 20;

test.serial(
  "full disk: the coordinator's is told by name, with no partial result, and the cluster goes on",
  async (t) => {
    const directory = temporaryDirectory(t);
    const disk = path.join(directory, "coordinator");
    mkdirSync(disk);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SMALL_BYTES}`, "tmpfs", disk], {
      encoding: "utf8",
    });
    if (mounted.status !== 0) {
      t.log(`skipped: no tmpfs can be mounted: ${mounted.stderr || mounted.error?.message}`);
      t.pass();
      return;
    }
    t.teardown(() => void spawnSync("umount", ["-l", disk]));
    const scene = await sceneOf(t, 1, { directory });
    const operations = [{ operator: "map", expression: "v * 1000003" }];
    scene.stage.write({ "large.json": { partitions: 2, input: "large.csv", operations } });
    const keys = Array.from({ length: KEYS }, (_, key) => key);
    writeFileSync(path.join(scene.cluster.dataRoot, "large.csv"), keys.map((key) => `${key},${key % 1009}\n`).join(""));
    const { status, stderr } = await scene.start(["submit", "large.json", "--output", "large-output.csv"]).end;
    t.is(status, 1, stderr);
    t.regex(stderr, /no space|full/i);
    t.false(existsSync(path.join(scene.stage.directory, "large-output.csv")));
    const next = await scene.start(SUBMIT).end;
    t.is(next.status, 0, next.stderr);
    t.is(scene.stage.read("output.csv"), scene.expected);
  },
);
