/**
 * The Dockerfile by a linter, the compose file by what it would start.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { validate } from "dockerfile-utils";
import { parse } from "yaml";
import { projectRoot, sourceText } from "../project/source-files.ts";
import { settleWords, strangers } from "./start-words.ts";

const dockerfile = sourceText("deploy/docker/Dockerfile");
const compose = parse(sourceText("deploy/docker/compose.yaml"), { merge: true }) as {
  readonly services: Record<string, ComposeService>;
  readonly networks: Record<string, { readonly internal?: boolean }>;
  readonly volumes: Record<string, unknown>;
};

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command: readonly string[];
  readonly environment: Record<string, string>;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly stop_grace_period: string;
  readonly read_only: boolean;
  readonly healthcheck?: { readonly test: readonly unknown[] };
}

test("Dockerfile: the linter finds nothing, and finds a mistake", (t) => {
  t.deepEqual(
    validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`),
    [],
  );
  t.true(validate(dockerfile.replace("WORKDIR", "WORKDIRECTORY")).length > 0);
});

test("Dockerfile: what it copies is there, what it runs is in the package, and it is not run as root", (t) => {
  const [, words = "[]"] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
  const [node, main = ""] = JSON.parse(words) as string[];
  t.is(node, "node");
  t.is(main.replace("/opt/actor-dataflow/", ""), "dist/cli/main.js");
  t.regex(dockerfile, /^USER node$/m);
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
    t.true(dockerfile.includes(file));
    t.true(existsSync(path.join(projectRoot, file)), file);
  }
  const [, environment = ""] = /^ENV (.*)$/m.exec(dockerfile) ?? [];
  const variables = Object.fromEntries(environment.split(" ").map((pair) => pair.split("=") as [string, string]));
  t.deepEqual(strangers(variables), []);
});

test("compose: what its services start is settled as start settles it", async (t) => {
  t.deepEqual(Object.keys(compose.services).sort(), ["coordinator", "worker"]);
  for (const [name, { command, environment, image, read_only, stop_grace_period }] of Object.entries(
    compose.services,
  )) {
    t.is(image, "actor-dataflow");
    t.true(read_only);
    t.deepEqual(strangers(environment), []);
    t.regex(
      environment.ACTOR_DATAFLOW_TOKEN ?? "",
      /^\$\{ACTOR_DATAFLOW_TOKEN:\?/,
      "the token is asked for, never given",
    );
    const token = { ACTOR_DATAFLOW_TOKEN: "a-token-of-the-environment" };
    const { coordinator, worker, drainTimeoutMs } = await settleWords(command, { ...environment, ...token });
    t.true(Number.parseInt(stop_grace_period, 10) * 1000 > drainTimeoutMs);
    if (name === "worker") t.deepEqual(worker?.join, { host: "coordinator", port: 7411 });
    else {
      t.true(coordinator?.listen.hostNames.includes("coordinator"));
      t.is(coordinator?.dataRoot, "/data");
    }
  }
});

test("compose: the health check is a program that can run, and tells ready from not", (t) => {
  const [kind, command, option, script] = compose.services.coordinator?.healthcheck?.test ?? [];
  t.deepEqual([kind, command, option], ["CMD", "node", "--eval"]);
  // Nobody listens at this port.
  const { status } = spawnSync(process.execPath, ["--eval", String(script).replace("7411", "1")], { encoding: "utf8" });
  t.is(status, 1);
  const answering = String(script).replace("fetch", "(async () => ({ ok: true }))");
  t.is(spawnSync(process.execPath, ["--eval", answering]).status, 0);
});

test("compose: what speaks without TLS is reached from this host alone, and journals lie on volumes", (t) => {
  const { coordinator, worker } = compose.services;
  t.true(compose.networks.cluster?.internal);
  t.deepEqual(coordinator?.ports, ["127.0.0.1:7411:7411"]);
  t.is(worker?.ports, undefined);
  t.deepEqual(worker?.networks, ["cluster"]);
  t.true(coordinator?.volumes.includes("coordinator:/var/lib/actor-dataflow"));
  t.true("coordinator" in compose.volumes);
  t.true(worker?.volumes.includes("/var/lib/actor-dataflow"));
  const { context = "", dockerfile: file = "" } = coordinator?.build ?? {};
  t.true(existsSync(path.join(projectRoot, "deploy/docker", context, file)));
});
