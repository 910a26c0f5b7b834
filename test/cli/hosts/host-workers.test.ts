/**
 * Workers on other hosts, by a program in the place of ssh that runs the command on this one.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { type HostWorkers, type HostWorkersOptions, startHostWorkers } from "../../../cli/hosts/host-workers.ts";
import { parseHosts } from "../../../cli/hosts/ssh-command.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";
import { fakeSsh } from "./fake-ssh.ts";

const COMMAND = fileURLToPath(new URL("../start/fake-command.js", import.meta.url));
const TOKEN = "correct-horse-battery-staple";

async function started(t: ExecutionContext, hosts: string, more: Partial<HostWorkersOptions> = {}) {
  const directory = temporaryDirectory(t);
  const ssh = fakeSsh(directory);
  const lines: string[] = [];
  const root = path.join(directory, "it's a root");
  const workers = startHostWorkers({
    ...{ hosts: parseHosts(hosts), ssh, token: TOKEN, name: "run-1", clock: systemClock },
    remoteCommand: ["env", `ACTOR_DATAFLOW_DATA_DIR=${root}`, process.execPath, COMMAND],
    ownName: undefined,
    ...{ join: { host: "127.0.0.1", port: 7411 }, startOptions: ["--slots", "2"] },
    onLine: (_host, line) => lines.push(line),
    ...more,
  });
  return { workers, root, lines, words: () => readFileSync(path.join(directory, "words"), "utf8") };
}

test("hosts: a worker on each, with the token in no command line; done, they end and leave nothing", async (t) => {
  const { workers, root, words } = await started(t, "localhost,me@127.0.0.1");
  const running: HostWorkers = await workers;
  t.deepEqual(
    running.serving.map(({ role, id }) => [role, id]),
    [
      ["worker", "worker-1"],
      ["worker", "worker-1"],
    ],
  );
  t.true(words().includes("BatchMode=yes"));
  t.true(words().includes("it'\\''s a root"));
  t.false(words().includes(TOKEN));
  t.true(existsSync(path.join(root, "hosted/run-1-0")));
  await running.stop("done");
  t.false(existsSync(path.join(root, "hosted/run-1-0")));
});

test("hosts: where one is not this host, all listen to the others, by names that these know", async (t) => {
  const beginning = started(t, "localhost,nowhere", { ownName: "here.example", startOptions: ["--insecure"] });
  const { workers, words } = await beginning;
  await t.throwsAsync(workers, { code: "HOST_UNREACHABLE" });
  t.true(words().includes("--host 0.0.0.0 --advertise here.example --insecure"));
  t.true(words().includes("--host 0.0.0.0 --advertise nowhere --insecure"));
});

test("hosts: interrupted, they end at once, and keep what they have", async (t) => {
  const { workers, root } = await started(t, "localhost");
  await (await workers).stop("interrupted");
  t.true(existsSync(path.join(root, "hosted/run-1-0")));
});

test("hosts: one that cannot be reached is named, and the others are ended", async (t) => {
  const { workers } = await started(t, "localhost,nowhere");
  const error = await t.throwsAsync(workers, { code: "HOST_UNREACHABLE" });
  t.is(error.message, "cannot start a worker on nowhere: ssh: Could not resolve hostname nowhere");
});

test("hosts: a program that is not there is an error, too", async (t) => {
  const { workers } = await started(t, "localhost", { ssh: "/nowhere/ssh" });
  await t.throwsAsync(workers, { code: "NO_WORKERS", message: /ssh could not be started/ });
});

test("hosts: what the worker itself refuses is told", async (t) => {
  const { workers } = await started(t, "localhost", { startOptions: ["--slots", "0"] });
  await t.throwsAsync(workers, { code: "NO_WORKERS", message: /--slots: must be an integer from 1/ });
});
