/**
 * `run --hosts` with a program in the place of ssh, roles of the tests, and a submission of the tests.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { type HostsRun, runOnHosts } from "../../../cli/hosts/run-on-hosts.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";
import { fakeSsh } from "./fake-ssh.ts";

const COMMAND = [process.execPath, fileURLToPath(new URL("../start/fake-command.js", import.meta.url))];

function prepared(t: ExecutionContext, more: Partial<HostsRun>) {
  const directory = temporaryDirectory(t);
  const submitted: [string, number, number][] = [];
  const lines: string[] = [];
  const run: HostsRun = {
    ...{ hosts: "localhost,127.0.0.1", command: COMMAND, remoteCommand: COMMAND, host: undefined, name: "job" },
    ...{ dataDirectory: path.join(directory, "coordinator"), slots: 2, insecure: false, tls: undefined },
    ...{ dataRoot: directory, durability: "process", functions: undefined },
    environment: { ...process.env, ACTOR_DATAFLOW_SSH: fakeSsh(directory), ACTOR_DATAFLOW_DATA_DIR: directory },
    ...{ clock: systemClock, onLine: (member: string, line: string) => lines.push(`${member}: ${line}`) },
    submit: async ({ host, port }, token) => {
      submitted.push([host, port, token.length]);
      return 0;
    },
    ...more,
  };
  return { run, submitted, lines, directory };
}

test.serial(
  "run on hosts: the program is submitted to a coordinator here when all serve, and all end with it",
  async (t) => {
    const { run, submitted, lines, directory } = prepared(t, {});
    const before = process.env.ACTOR_DATAFLOW_DATA_DIR;
    process.env.ACTOR_DATAFLOW_DATA_DIR = directory;
    t.teardown(() => {
      if (before === undefined) delete process.env.ACTOR_DATAFLOW_DATA_DIR;
      else process.env.ACTOR_DATAFLOW_DATA_DIR = before;
    });
    t.is(await runOnHosts(run), 0);
    t.deepEqual(submitted, [["127.0.0.1", 40_001, 64]]);
    for (const member of ["coordinator", "localhost", "127.0.0.1"]) {
      t.true(
        lines.some((line) => line.startsWith(`${member}: `) && line.includes("begun")),
        `${member}: ${lines.join("\n")}`,
      );
    }
    t.false(existsSync(path.join(directory, "hosted/job-0")));
    const words = readFileSync(path.join(directory, "words"), "utf8");
    t.true(words.includes("--join 127.0.0.1:40001"));
    t.true(words.includes("--slots 2"));
  },
);

test("run on hosts: an interrupted one keeps what its workers have, and its exit code is told", async (t) => {
  const { run } = prepared(t, { hosts: "localhost", submit: async () => 130 });
  t.is(await runOnHosts(run), 130);
});

test("run on hosts: a submission that fails ends everything, too", async (t) => {
  const failure = new Error("no such program");
  const { run } = prepared(t, { hosts: "localhost", submit: () => Promise.reject(failure) });
  t.is(await t.throwsAsync(runOnHosts(run)), failure);
});

test("run on hosts: a host that is not there, or a coordinator that does not serve, is named, and all end", async (t) => {
  const nowhere = prepared(t, { hosts: "localhost,nowhere", insecure: true });
  await t.throwsAsync(runOnHosts(nowhere.run), { code: "HOST_UNREACHABLE", message: /nowhere/ });
  t.deepEqual(nowhere.submitted, []);
  const refusing = prepared(t, { dataDirectory: path.join(temporaryDirectory(t), "refuse") });
  await t.throwsAsync(runOnHosts(refusing.run), { code: "CLUSTER_NOT_STARTED", message: /refused to begin/ });
});

test("run on hosts: between hosts there is TLS, or a word that there is none", async (t) => {
  const { run, submitted } = prepared(t, { hosts: "localhost,other.example" });
  await t.throwsAsync(runOnHosts(run), { code: "USAGE", message: /--insecure/ });
  t.deepEqual(submitted, []);
});
