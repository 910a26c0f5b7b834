/**
 * The settings of `start`: where they come from, which source wins, and that everything wrong is told at once.
 */
import { chmodSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import test, { type ExecutionContext } from "ava";
import { SettingsError, tellError } from "../../../cli/command-error.ts";
import { endpointText, parseEndpoint } from "../../../cli/endpoint.ts";
import { optionOf, SETTING_KEYS, textsOf, variableOf } from "../../../cli/start/setting-names.ts";
import { settleStart } from "../../../cli/start/settings.ts";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";

const TOKEN = "correct-horse-battery-staple";
const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const HOUR_MS = 3_600_000;

type Given = { options?: Record<string, unknown>; environment?: Record<string, string>; file?: string };

async function settle({ options = {}, environment = {}, file }: Given) {
  return await settleStart({ file, environment, options }, Readable.from([]) as NodeJS.ReadStream);
}

async function linesOf(t: ExecutionContext, given: Given): Promise<readonly string[]> {
  const error = await t.throwsAsync(settle(given), { instanceOf: SettingsError });
  const { lines, exitCode, code } = tellError(error);
  t.is(exitCode, 2);
  t.is(code, "SETTINGS_INVALID");
  return lines;
}

function write(t: ExecutionContext, name: string, text: string, mode = 0o600): string {
  const file = path.join(temporaryDirectory(t), name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

test("settings: a coordinator has defaults, listens to this host alone, and warns that it has no token", async (t) => {
  const settled = await settle({ options: { role: "coordinator", dataDir: "/data" } });
  t.is(settled.worker, undefined);
  const { host, port, dataDirectory, dataRoot, durability, limits, listen } = settled.coordinator!;
  t.deepEqual(
    { host, port, dataDirectory, dataRoot, durability },
    {
      ...{ host: "127.0.0.1", port: 7411, dataDirectory: "/data", dataRoot: "/data/files", durability: "host" },
    },
  );
  t.deepEqual(limits, { jobsRunningMax: 8, jobsQueuedMax: 1000, historyMs: 168 * HOUR_MS, resultsMs: 24 * HOUR_MS });
  t.true(listen.insecure);
  t.deepEqual(listen.hostNames, [os.hostname()]);
  t.deepEqual(settled.log, { level: "info", format: "text" });
  t.deepEqual(settled.warnings, ["there is no token: every user of this host may use the cluster"]);
});

test("settings: a worker joins, has a slot a core, and serves its blocks at any port", async (t) => {
  const { worker, coordinator } = await settle({
    options: { role: "worker", join: "[::1]:9000", dataDir: "w", advertise: "one.example" },
    environment: { ACTOR_DATAFLOW_TOKEN: TOKEN },
  });
  t.is(coordinator, undefined);
  t.deepEqual(worker?.join, { host: "::1", port: 9000 });
  t.is(worker?.dataDirectory, path.resolve("w"));
  t.is(worker?.slots, os.availableParallelism());
  t.deepEqual(worker?.exchange, { host: "127.0.0.1", port: 0 });
  t.is(worker?.dial.token, TOKEN);
  t.is(worker?.listen.token, TOKEN);
  t.false(worker?.listen.insecure);
  t.true(worker?.listen.hostNames.includes("one.example"));
});

test("settings: both roles have directories of their own, and the worker joins the coordinator beside it", async (t) => {
  const { worker, coordinator } = await settle({ options: { role: "both", dataDir: "/d", port: "9", slots: "3" } });
  t.is(coordinator?.dataDirectory, "/d/coordinator");
  t.is(worker?.dataDirectory, "/d/worker");
  t.deepEqual(worker?.join, { host: "127.0.0.1", port: 9 });
  t.is(worker?.exchange.port, 0);
  t.is(worker?.slots, 3);
});

test("settings: without a data directory, each role has one below the root that the environment names", async (t) => {
  const root = temporaryDirectory(t);
  const before = process.env.ACTOR_DATAFLOW_DATA_DIR;
  process.env.ACTOR_DATAFLOW_DATA_DIR = root;
  t.teardown(() => {
    if (before === undefined) delete process.env.ACTOR_DATAFLOW_DATA_DIR;
    else process.env.ACTOR_DATAFLOW_DATA_DIR = before;
  });
  const { worker, coordinator } = await settle({ options: { role: "both" }, environment: { ...process.env } as never });
  t.is(coordinator?.dataDirectory, path.join(root, "coordinator"));
  t.is(worker?.dataDirectory, path.join(root, "worker"));
});

test("settings: the environment wins over the file, the command line over both", async (t) => {
  const file = write(
    t,
    "s.json",
    JSON.stringify({ role: "coordinator", port: 1, jobsRunningMax: 2, logLevel: "warn" }),
  );
  const environment = { ACTOR_DATAFLOW_PORT: "3", ACTOR_DATAFLOW_JOBS_RUNNING_MAX: "4", ACTOR_DATAFLOW_HOST: "" };
  const settled = await settle({ file, environment, options: { port: "5" } });
  t.is(settled.coordinator?.port, 5);
  t.is(settled.coordinator?.limits.jobsRunningMax, 4);
  t.is(settled.coordinator?.host, "127.0.0.1");
  t.is(settled.log.level, "warn");
});

test("settings: the file can be named by the environment; its relative paths begin at its directory", async (t) => {
  const file = write(t, "s.json", JSON.stringify({ role: "worker", join: "h:1", dataDir: "data", functions: "/f.js" }));
  const { worker } = await settle({ environment: { ACTOR_DATAFLOW_CONFIG: file } });
  t.is(worker?.dataDirectory, path.join(path.dirname(file), "data"));
  t.is(worker?.functions, "/f.js");
});

test("settings: everything that is wrong is told at once, each with its place", async (t) => {
  const file = write(t, "s.json", '{ "role": "cordinator", "prot": 1, "slots": "two", "hostNames": ["a b"] }');
  const environment = { ACTOR_DATAFLOW_PORT: "tcp://10.0.0.1:7411", ACTOR_DATAFLOW_TOKEN: "short" };
  const lines = await linesOf(t, { file, environment, options: { join: "nowhere:0", logLevel: "loud" } });
  t.deepEqual(lines, [
    `${file}: prot: unknown key "prot"; did you mean "port"?`,
    `${file}: role: must be coordinator, worker or both, but is "cordinator"`,
    `${file}: slots: must be an integer from 1 to 256, but is "two"`,
    `${file}: hostNames[0]: must be a host name or an IP address, but is "a b"`,
    'ACTOR_DATAFLOW_PORT: must be an integer from 0 to 65535, but is "tcp://10.0.0.1:7411"',
    '--join: must be HOST:PORT, such as coordinator.example:7411, but is "nowhere:0"',
    '--log-level: must be debug, info, warn or error, but is "loud"',
    "ACTOR_DATAFLOW_TOKEN holds a token of 5 characters; it must have 16 to 512 characters",
  ]);
});

test("settings: a value that is overridden is a mistake all the same", async (t) => {
  const environment = { ACTOR_DATAFLOW_PORT: "x" };
  t.deepEqual(await linesOf(t, { environment, options: { role: "coordinator", port: "1" } }), [
    'ACTOR_DATAFLOW_PORT: must be an integer from 0 to 65535, but is "x"',
  ]);
});

test("settings: a file that is no JSON, no object, or not there is told with its place", async (t) => {
  const broken = write(t, "s.json", '{ "role": \n oops }');
  t.regex((await linesOf(t, { file: broken }))[0] ?? "", /s\.json:2:2: /);
  const list = write(t, "s.json", "[]");
  t.regex((await linesOf(t, { file: list }))[0] ?? "", /s\.json: must be an object such as .*, but is an empty array/);
  const twice = write(t, "s.json", '{ "role": "worker", "role": "both" }');
  t.regex((await linesOf(t, { file: twice }))[0] ?? "", /key "role" is given twice/);
  t.regex((await linesOf(t, { file: "/nowhere.json" }))[0] ?? "", /^\/nowhere\.json: ENOENT/);
});

test("settings: a worker is given up after four heartbeats at the earliest, whichever of the two is given", async (t) => {
  const role = "coordinator";
  const heartbeatOf = async (options: object) =>
    (await settle({ options: { role, ...options } })).coordinator?.heartbeat;
  t.deepEqual(await heartbeatOf({}), { heartbeatIntervalMs: 500, deadAfterMs: 5_000 });
  t.deepEqual(await heartbeatOf({ heartbeatMs: "1250" }), { heartbeatIntervalMs: 1_250, deadAfterMs: 5_000 });
  t.deepEqual(await heartbeatOf({ heartbeatMs: "100", deadAfterSeconds: "1" }), {
    ...{ heartbeatIntervalMs: 100, deadAfterMs: 1_000 },
  });
  t.deepEqual(await linesOf(t, { options: { role, heartbeatMs: "1251" } }), [
    "--heartbeat-ms: a worker would be given up after 5 s, within 4 heartbeats of 1251 ms: --dead-after-seconds must be at least 5.004",
  ]);
  t.deepEqual(await linesOf(t, { options: { role, deadAfterSeconds: "1.5" } }), [
    "--dead-after-seconds: a worker would be given up after 1.5 s, within 4 heartbeats of 500 ms: --dead-after-seconds must be at least 2",
  ]);
  t.deepEqual(await linesOf(t, { options: { role: "worker", join: "a:1", heartbeatMs: "100" } }), [
    "--heartbeat-ms: belongs to role coordinator, but the role is worker",
  ]);
});

test("settings: a job waits for a worker for five minutes, as long as is said, or for ever", async (t) => {
  const waitOf = async (options: object): Promise<number | undefined> =>
    (await settle({ options: { role: "coordinator", ...options } })).coordinator?.workerWaitMs;
  t.is(await waitOf({}), 300_000);
  t.is(await waitOf({ workerWaitSeconds: "20" }), 20_000);
  t.is(await waitOf({ workerWaitSeconds: "0" }), undefined);
});

test("settings: the role and what it needs are asked for, what another role has is refused on the command line only", async (t) => {
  t.deepEqual(await linesOf(t, {}), ["--role: is missing; it must be coordinator, worker or both"]);
  t.deepEqual(await linesOf(t, { options: { role: "worker" } }), [
    "--join: is missing; a worker needs the HOST:PORT of its coordinator",
  ]);
  t.deepEqual(await linesOf(t, { options: { role: "coordinator", slots: "2", join: "a:1" } }), [
    "--join: belongs to role worker, but the role is coordinator",
    "--slots: belongs to role worker, but the role is coordinator",
  ]);
  t.deepEqual(await linesOf(t, { options: { role: "both", join: "a:1" } }), [
    "--join: belongs to role worker, but the role is both",
  ]);
  await t.notThrowsAsync(settle({ options: { role: "coordinator" }, environment: { ACTOR_DATAFLOW_SLOTS: "2" } }));
});

test("settings: whoever listens to other hosts needs a token and TLS, or says that it may be insecure", async (t) => {
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "node.example", "128.0.0.1", "127.evil.example"]) {
    const lines = await linesOf(t, { options: { role: "coordinator", host } });
    t.deepEqual(lines, [
      `--host: ${host} can be reached from other hosts: it needs a token, or --insecure`,
      `--host: ${host} can be reached from other hosts: it needs --tls-cert and --tls-key, or --insecure`,
    ]);
    const { warnings, coordinator } = await settle({ options: { role: "coordinator", host, insecure: true } });
    t.is(warnings.length, 2);
    t.true(coordinator?.listen.insecure);
  }
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) {
    await t.notThrowsAsync(settle({ options: { role: "coordinator", host } }), host);
  }
});

test("settings: certificate, key and authority are read; a worker shows them when it dials", async (t) => {
  const [tlsCert, tlsKey, tlsCa] = [write(t, "c", PEM, 0o644), write(t, "k", PEM), write(t, "a", PEM, 0o644)];
  const environment = { ACTOR_DATAFLOW_TOKEN: TOKEN };
  const options = { role: "worker", join: "c.example:1", host: "10.0.0.1", tlsCert, tlsKey, tlsCa };
  const { worker, warnings } = await settle({ environment, options: { ...options, clientCertificates: true } });
  t.deepEqual(warnings, []);
  t.deepEqual(worker?.listen.tls, { cert: PEM, key: PEM, ca: PEM, clientCertificates: true });
  t.deepEqual({ ...worker?.dial.tls }, { ca: PEM, cert: PEM, key: PEM, serverName: undefined });
  t.false(worker?.listen.insecure);
});

test("settings: half a pair of TLS files, a key that others can read, and what is no PEM are refused", async (t) => {
  const [tlsCert, open] = [write(t, "c", PEM, 0o644), write(t, "k", PEM, 0o644)];
  const role = "coordinator";
  t.deepEqual(await linesOf(t, { options: { role, tlsCert } }), ["--tls-cert: needs --tls-key beside it"]);
  t.regex((await linesOf(t, { options: { role, tlsCert, tlsKey: open } })).join(), /--tls-key: .* has mode 0644/);
  t.regex((await linesOf(t, { options: { role, tlsCa: write(t, "a", "x") } })).join(), /--tls-ca: .* is not PEM/);
  t.regex((await linesOf(t, { options: { role, clientCertificates: true } })).join(), /needs --tls-ca/);
});

test("settings: flags, lists and numbers of the environment are read as such", async (t) => {
  const environment = {
    ...{ ACTOR_DATAFLOW_ROLE: "coordinator", ACTOR_DATAFLOW_INSECURE: "1", ACTOR_DATAFLOW_HOST: "0.0.0.0" },
    ...{
      ACTOR_DATAFLOW_HOST_NAMES: "a.example, b",
      ACTOR_DATAFLOW_HISTORY_HOURS: "0.5",
      ACTOR_DATAFLOW_RESPAWN: "true",
    },
  };
  const { coordinator, respawn } = await settle({ environment });
  t.true(respawn);
  t.deepEqual(coordinator?.listen.hostNames, [os.hostname(), "a.example", "b"]);
  t.is(coordinator?.limits.historyMs, HOUR_MS / 2);
  t.deepEqual(await linesOf(t, { environment: { ...environment, ACTOR_DATAFLOW_RESPAWN: "yes" } }), [
    'ACTOR_DATAFLOW_RESPAWN: must be true or false, but is "yes"',
  ]);
});

test("settings: what is settled passes through JSON unharmed", async (t) => {
  const settled = await settle({ options: { role: "both", port: "0" }, environment: { ACTOR_DATAFLOW_TOKEN: TOKEN } });
  t.deepEqual(JSON.parse(JSON.stringify(settled)), JSON.parse(JSON.stringify({ ...settled })));
  t.is((JSON.parse(JSON.stringify(settled)) as typeof settled).worker?.dial.token, TOKEN);
});

test("settings: options and variables are the setting's own words, and no two are the same", (t) => {
  t.is(optionOf("drainTimeoutSeconds"), "--drain-timeout-seconds");
  t.is(variableOf("drainTimeoutSeconds"), "ACTOR_DATAFLOW_DRAIN_TIMEOUT_SECONDS");
  t.is(new Set(SETTING_KEYS.map(optionOf)).size, SETTING_KEYS.length);
  for (const key of SETTING_KEYS) t.true(textsOf(key).description.length > 10, key);
});

test("endpoint: hosts, addresses and ports are told apart", (t) => {
  t.deepEqual(parseEndpoint("a.example"), { host: "a.example", port: 7411 });
  t.deepEqual(parseEndpoint("10.0.0.1:80"), { host: "10.0.0.1", port: 80 });
  t.deepEqual(parseEndpoint("[fe80::1]:80"), { host: "fe80::1", port: 80 });
  for (const text of ["a.example:1", "[fe80::1]:80"]) t.is(endpointText(parseEndpoint(text)!), text);
  for (const wrong of ["", ":80", "a:", "a:0", "a:65536", "a:1:2", "::1", "http://a:80", "a b:1", "a/b:1", "[a:1"]) {
    t.is(parseEndpoint(wrong), undefined, wrong);
  }
});
