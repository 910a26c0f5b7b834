/**
 * The systemd units: by systemd itself where it is there, and by what they start.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import type { StartSettings } from "../../cli/start/settings.ts";
import { temporaryDirectory } from "../actors/temporary-directory.ts";
import { sourceText } from "../project/source-files.ts";
import { settleWords } from "./start-words.ts";

const PEM = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

function unitText(role: string): string {
  return sourceText(`deploy/systemd/actor-dataflow-${role}.service`);
}

function valuesOf(role: string, key: string): string[] {
  return [...unitText(role).matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

/** The unit's own words, with the example of a settings file and the files that it names. */
async function settleUnit(t: ExecutionContext, role: string): Promise<StartSettings> {
  const [execution = ""] = valuesOf(role, "ExecStart");
  const [, ...words] = execution.split(" ");
  const place = words.indexOf("--config") + 1;
  t.is(words[place], `/etc/actor-dataflow/${role}.json`);
  const directory = temporaryDirectory(t);
  const file = path.join(directory, `${role}.json`);
  writeFileSync(file, sourceText(`deploy/systemd/${role}.json`));
  for (const name of ["host.crt", "host.key", "ca.crt"]) writeFileSync(path.join(directory, name), PEM);
  writeFileSync(path.join(directory, "token"), "a-token-of-sixteen-or-more\n");
  for (const name of ["host.key", "token"]) chmodSync(path.join(directory, name), 0o600);
  const environment = Object.fromEntries(
    valuesOf(role, "Environment").map((pair) => pair.split("=") as [string, string]),
  );
  return await settleWords(words.with(place, file), environment);
}

for (const role of ["coordinator", "worker"]) {
  test(`systemd: the ${role}'s unit is ended as the command wishes to be, and given time`, async (t) => {
    const { drainTimeoutMs } = await settleUnit(t, role);
    t.deepEqual(valuesOf(role, "KillMode"), ["mixed"]);
    t.true(Number(valuesOf(role, "TimeoutStopSec")[0]) * 1000 > drainTimeoutMs);
    t.deepEqual(valuesOf(role, "Restart"), ["on-failure"]);
    t.regex(valuesOf(role, "RestartPreventExitStatus")[0] ?? "", /^2\b/);
    t.deepEqual(valuesOf(role, "User"), ["actor-dataflow"]);
    t.regex(sourceText("deploy/systemd/actor-dataflow.sysusers"), /^u actor-dataflow /m);
  });

  test(`systemd: the ${role}'s unit is understood by systemd, where there is one`, (t) => {
    const file = path.join(temporaryDirectory(t), `actor-dataflow-${role}.service`);
    writeFileSync(file, unitText(role).replace(/^ExecStart=\S+/m, "ExecStart=/bin/true"));
    const { error, status, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    if (error !== undefined) t.log(`not tried: ${error.message}`);
    // Of units that are not ours, a machine may have complaints.
    const complaints = (stderr ?? "").split("\n").filter((line) => line.includes("actor-dataflow"));
    t.true(error !== undefined || (status === 0 && complaints.length === 0), complaints.join("\n"));
  });
}

test("systemd: the examples of settings are whole: TLS, a token, certificates between workers, and the roles fit", async (t) => {
  const { coordinator } = await settleUnit(t, "coordinator");
  const { worker } = await settleUnit(t, "worker");
  for (const listen of [coordinator?.listen, worker?.listen]) {
    t.truthy(listen?.tls?.ca);
    t.truthy(listen?.token);
    t.false(listen?.insecure);
  }
  t.true(worker?.listen.tls?.clientCertificates);
  t.true(coordinator?.listen.hostNames.includes(worker!.join.host));
  t.is(coordinator?.port, worker?.join.port);
});

test("systemd: a worker whose process ran out of memory does not take its unit along", (t) => {
  t.deepEqual(valuesOf("worker", "OOMPolicy"), ["continue"]);
});
