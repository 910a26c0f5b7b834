/**
 * A cluster of real processes, with roles of the tests: started, harmed, ended, with nothing left.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { Cluster } from "../../../cli/chaos/cluster.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";
import { localCluster } from "../../cluster/local-cluster.ts";

const command = [process.execPath, fileURLToPath(new URL("../start/fake-command.js", import.meta.url))];

test("cluster: all members serve, and a killed worker comes back in its place", async (t) => {
  const cluster = await localCluster(t, { command, workers: 2 });
  t.deepEqual(
    cluster.members.map(({ name, role, incarnation }) => [name, role, incarnation]),
    [
      ["coordinator", "coordinator", 1],
      ["worker-0", "worker", 1],
      ["worker-1", "worker", 1],
    ],
  );
  t.true(cluster.kill("worker-1"));
  t.is((await cluster.servingAfter("worker-1", 1))?.incarnation, 2);
  t.is(cluster.members[2]?.incarnation, 2);
  t.is(cluster.members[1]?.incarnation, 1);
  t.false(cluster.kill("worker-9"));
});

test("cluster: a killed coordinator comes back at its port", async (t) => {
  const cluster = await localCluster(t, { command, workers: 0 });
  t.true(cluster.kill("coordinator"));
  t.is((await cluster.servingAfter("coordinator", 1))?.port, cluster.address.port);
});

test("cluster: a worker that loses its host starts anew with an empty disk", async (t) => {
  const lost: string[] = [];
  const directory = temporaryDirectory(t);
  const cluster = await localCluster(t, { command, workers: 1, directory, onLost: (member) => lost.push(member) });
  t.true(existsSync(path.join(directory, "worker-0")));
  const before = cluster.members[1]?.pid;
  t.true(await cluster.lose("worker-0"));
  await cluster.servingAfter("worker-0", 0);
  const after = cluster.members[1];
  t.not(after?.pid, before);
  t.is(after?.incarnation, 1);
  t.deepEqual(lost, []);
});

test("cluster: members that are stopped end with it, and nothing is left", async (t) => {
  const directory = temporaryDirectory(t);
  const options = { command, workers: 1, slots: 1, token: "a-token-of-the-tests", clock: systemClock };
  const cluster = await Cluster.start({ ...options, directory });
  t.true(cluster.pause("worker-0", 3_600_000));
  t.deepEqual(await cluster.stop(), []);
  t.false(await cluster.lose("worker-0"));
});

test("cluster: one that cannot be started is named with its reason, and leaves nothing", async (t) => {
  const startOptions = ["--log-level", "loud"];
  const error = await t.throwsAsync(localCluster(t, { command, workers: 1, startOptions }), {
    code: "CLUSTER_NOT_STARTED",
  });
  t.is(error.message, 'coordinator does not serve: --log-level: must be debug, info, warn or error, but is "loud"');
});

test("cluster: a member that ends by itself is reported with what it said", async (t) => {
  let tell: (lost: string) => void;
  const lost = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const cluster = await localCluster(t, {
    ...{ command, workers: 1 },
    onLost: (member, lines) => tell(`${member}: ${lines.length > 0}`),
  });
  // Asked by somebody else.
  process.kill(cluster.members[1]!.pid!, "SIGTERM");
  t.is(await lost, "worker-0: true");
});
