/**
 * Networks of namespaces, where they are allowed: hosts reach each other, cuts cut, and nothing is left.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { memberNames } from "../../../cli/chaos/cluster.ts";
import { Network } from "../../../cli/chaos/network.ts";
import { localCluster } from "../../cluster/local-cluster.ts";

const FAKE_COMMAND = [process.execPath, fileURLToPath(new URL("../start/fake-command.js", import.meta.url))];

/** Undefined where it is not allowed, which then has to be said. */
function network(t: ExecutionContext, members: readonly string[]): Network | undefined {
  try {
    const made = new Network(members);
    t.teardown(() => made.remove());
    return made;
  } catch (error) {
    t.is((error as { code?: string }).code, "NETWORK_NOT_ALLOWED");
    t.log((error as Error).message);
    return undefined;
  }
}

/** What a connection from a host of the network to a port of another ends with; where nothing comes back, soon. */
function connect(from: readonly string[], host: string, port: number, patienceMs = 0): string {
  const script = `require("node:net").connect(${port}, "${host}")
    .on("connect", () => { console.log("connected"); process.exit(); })
    .on("error", ({ code }) => console.log(code))
    .setTimeout(${patienceMs}, () => process.exit());`;
  const [command = "", ...words] = [...from, process.execPath, "--eval", script];
  return spawnSync(command, words, { encoding: "utf8" }).stdout.trim();
}

async function listen(t: ExecutionContext, on: readonly string[], host: string): Promise<number> {
  const script = `const server = require("node:net").createServer((socket) => socket.end());
    server.listen(0, "${host}", () => console.log(server.address().port));`;
  const [command = "", ...words] = [...on, process.execPath, "--eval", script];
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return Number(line.toString());
}

test("network: hosts reach each other, one that is cut off does not, and does again when healed", async (t) => {
  const made = network(t, ["one", "two"]);
  if (made === undefined) return;
  const [one, two] = [made.prefixOf("one"), made.prefixOf("two")];
  const port = await listen(t, two, made.addressOf("two"));
  t.is(connect(one, made.addressOf("two"), port), "connected");
  t.is(connect([], made.addressOf("two"), port), "connected", "this host is on the network too");
  made.cut("one", "out");
  t.not(connect(one, made.addressOf("two"), port, 200), "connected");
  t.is(connect([], made.addressOf("two"), port), "connected", "the other is not concerned");
  made.heal("one");
  t.is(connect(one, made.addressOf("two"), port), "connected");
  made.cut("two", "both");
  t.not(connect(one, made.addressOf("two"), port, 200), "connected");
  made.heal("two");
  made.heal("two");
  t.is(connect(one, made.addressOf("two"), port), "connected");
});

test("network: each member of a cluster has a host of its own, and is cut off for a while", async (t) => {
  const made = network(t, memberNames(1));
  if (made === undefined) return;
  const cluster = await localCluster(t, { command: FAKE_COMMAND, workers: 1, network: made });
  t.is(cluster.address.host, made.addressOf("coordinator"));
  t.true(cluster.cut("worker-0", "out", 3_600_000));
  t.false(cluster.cut("worker-0", "both", 1));
  t.is((await cluster.servingAfter("worker-0", 0))?.host, made.addressOf("worker-0"));
});

test("network: nothing of it is left", (t) => {
  const made = network(t, ["one"]);
  if (made === undefined) return;
  const [, , , namespace = ""] = made.prefixOf("one");
  const look = (): string => ["netns", "link"].map((kind) => execFileSync("ip", [kind], { encoding: "utf8" })).join();
  t.true(look().includes(namespace));
  made.remove();
  t.false(look().includes(namespace.replace(/-.*/, "")));
});
