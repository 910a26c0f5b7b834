/**
 * `run --hosts` across hosts that are namespaces of this one, with TLS between them and a program in the place of ssh that
 * goes there; where namespaces are not allowed, that is said.
 */
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { Network } from "../../../cli/chaos/network.ts";
import { makeCertificates, NO_OPENSSL } from "../../actors/gateway/certificates.ts";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";
import { CommandStage, repeatedPairs } from "../command.ts";

const MEMBERS = ["one", "two"] as const;
const PROGRAM = {
  partitions: 6,
  input: "pairs.csv",
  operations: [
    { operator: "changeKey", expression: "v % 1000" },
    { operator: "reduce", function: "MEDIAN" },
  ],
};
/** 3 MB: three splits. */
const PIECES = 600;

/** Undefined where it is not allowed. */
function networkOf(t: ExecutionContext): Network | undefined {
  try {
    const network = new Network(MEMBERS);
    t.teardown(() => network.remove());
    return network;
  } catch (error) {
    t.is((error as { code?: string }).code, "NETWORK_NOT_ALLOWED");
    t.log((error as Error).message);
    return undefined;
  }
}

/** Goes to the host at an address, as ssh does. */
function sshTo(network: Network, directory: string): string {
  const cases = MEMBERS.map(
    (one) => `${network.addressOf(one)}) exec ${network.prefixOf(one).join(" ")} sh -c "$*" ;;`,
  );
  const file = path.join(directory, "ssh");
  writeFileSync(
    file,
    ["#!/bin/sh", 'while [ "$1" != "--" ]; do shift; done', "shift", "host=$1", "shift", "case $host in", ...cases]
      .concat(["esac", 'echo "no such host" >&2', "exit 255", ""])
      .join("\n"),
  );
  chmodSync(file, 0o755);
  return file;
}

test("run on hosts: across hosts with TLS, the result is that of one process, and without certificates there is none", (t) => {
  const network = networkOf(t);
  if (network === undefined) return;
  if (NO_OPENSSL !== undefined) {
    t.log(NO_OPENSSL);
    return;
  }
  const addresses = MEMBERS.map((member) => network.addressOf(member));
  const here = (addresses[0] ?? "").replace(/\d+$/, "1");
  const directory = temporaryDirectory(t);
  const { authority, server, stranger } = makeCertificates(directory, [here, ...addresses]);
  const stage = new CommandStage(t);
  stage.write({ "program.json": PROGRAM, "pairs.csv": repeatedPairs(PIECES).text });
  const environment = { env: { ACTOR_DATAFLOW_SSH: sshTo(network, directory) } };
  const hosts = ["--hosts", addresses.join(), "--host", here, "--workers", "1"];
  const words = ["run", "program.json", "--output"];

  const alone = stage.run([...words, "alone.csv"]);
  t.is(alone.status, 0, alone.stderr);
  const open = stage.run([...words, "open.csv", ...hosts], environment);
  t.deepEqual([open.status, /give --tls-cert/.test(open.stderr)], [2, true], open.stderr);
  const tls = (ca: string): string[] => ["--tls-cert", server.certFile, "--tls-key", server.keyFile, "--tls-ca", ca];
  const { status, stderr, stdout } = stage.run(
    [...words, "hosts.csv", ...hosts, ...tls(authority.certFile), "--json"],
    environment,
  );
  t.is(status, 0, stderr + stdout);
  t.is(stage.read("hosts.csv"), stage.read("alone.csv"));
  t.is(JSON.parse(stdout).workers, 2);
  t.deepEqual(readdirSync(path.join(stage.stateDirectory, "hosted")), []);
  const refused = stage.run([...words, "refused.csv", ...hosts, ...tls(stranger.certFile)], environment);
  t.is(refused.status, 3, refused.stderr);
  t.regex(refused.stderr, /^no TLS with the coordinator at .*: unable to verify the first certificate/);
  t.false(stage.files().includes("refused.csv"));
});
