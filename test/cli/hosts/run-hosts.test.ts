/**
 * `run --hosts` as users have it, with real workers and a program in the place of ssh that runs them on this host.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";
import { CommandStage, repeatedPairs } from "../command.ts";
import { fakeSsh } from "./fake-ssh.ts";

const HOSTS = ["--hosts", "localhost,127.0.0.1"];
const PROGRAM = {
  partitions: 3,
  input: "pairs.csv",
  onError: "reject",
  operations: [
    { operator: "repeat", times: 30, operations: [{ operator: "map", expression: "(v * 31 + 7) % 1000003" }] },
    { operator: "filter", expression: "1000 / (v % 100) >= 0" },
    { operator: "map", function: "TWICE" },
    { operator: "changeKey", expression: "v % 50" },
    { operator: "reduce", function: "MEDIAN" },
  ],
};
/** 3 MB: three splits. */
const PIECES = 600;

function stageOf(t: ExecutionContext) {
  const stage = new CommandStage(t);
  stage.write({
    "own.js": "export const map = { TWICE: (v) => 2n * v };\n",
    "program.json": PROGRAM,
    "data/pairs.csv": repeatedPairs(PIECES).text,
  });
  const directory = temporaryDirectory(t);
  const environment = { env: { ACTOR_DATAFLOW_SSH: fakeSsh(directory) } };
  const words = ["run", "program.json", "--functions", "own.js", "--input", "data/pairs.csv", "--output"];
  return { stage, environment, words, sshWords: () => readFileSync(path.join(directory, "words"), "utf8") };
}

/** Processes that name a directory of this test in their command line, or in that of their parent. */
function processesOf(stage: CommandStage): string[] {
  const own = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return own.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(stage.stateDirectory);
    } catch {
      return false;
    }
  });
}

test.serial("run on hosts: result and rejects are those of one process, and nothing is left", (t) => {
  const { stage, environment, words, sshWords } = stageOf(t);
  const alone = stage.run([...words, "alone.csv", "--json"]);
  t.is(alone.status, 0, alone.stderr);
  const { status, stderr, stdout } = stage.run(
    [...words, "hosts.csv", ...HOSTS, "--workers", "1", "--json"],
    environment,
  );
  t.is(status, 0, stderr);
  t.is(stderr, "");
  const [told, toldAlone] = [stdout, alone.stdout].map((text) => {
    // What two processes do otherwise than one, and what only a machine's own journals tell.
    const { job, elapsedMs, workers, journaledBytes, diskPeakBytes, shuffledBytes, ...same } = JSON.parse(text);
    t.true(elapsedMs > 0 && workers > 0 && typeof job === "string" && shuffledBytes > 0, text);
    t.true([journaledBytes, diskPeakBytes].every(Number.isSafeInteger));
    return same;
  });
  t.deepEqual(told, { ...toldAlone, output: "hosts.csv", rejectsFile: "hosts.csv.rejects.ndjson" });
  t.is(JSON.parse(stdout).workers, 2);
  t.is(stage.read("hosts.csv"), stage.read("alone.csv"));
  const places = (text: string): string => text.replaceAll("data/pairs.csv", "pairs.csv");
  t.is(stage.read("hosts.csv.rejects.ndjson"), places(stage.read("alone.csv.rejects.ndjson")));
  t.true(stage.read("hosts.csv.rejects.ndjson").length > 0);
  t.deepEqual(readdirSync(path.join(stage.stateDirectory, "hosted")), []);
  t.deepEqual(processesOf(stage), []);
  t.is(sshWords().match(/--role worker/g)?.length, 2);
});

test.serial("run on hosts: interrupted, and killed, the same command goes on with the same job", async (t) => {
  const { stage, environment, words } = stageOf(t);
  const again = [...words, "hosts.csv", ...HOSTS];
  const first = stage.start(again, environment);
  await first.said("submitted job ");
  first.process.kill("SIGINT");
  const { status, stderr } = await first.end;
  t.is(status, 130, stderr);
  t.regex(stderr, /interrupted; run the same command again to go on\n$/);
  t.deepEqual(stage.files(), ["data", "own.js", "program.json"]);
  t.deepEqual(processesOf(stage), []);
  const second = stage.start(again, environment);
  await second.said("submitted job ");
  second.process.kill("SIGKILL");
  await second.end;
  const third = stage.run(again, environment);
  t.is(third.status, 0, third.stderr);
  const job = /submitted job (\w+)/;
  t.is(job.exec(third.stderr)?.[1], job.exec(stderr)?.[1]);
  const alone = stage.run([...words, "alone.csv"]);
  t.is(alone.status, 0, alone.stderr);
  t.is(stage.read("hosts.csv"), stage.read("alone.csv"));
});

test("run on hosts: what cannot be is refused before any host is asked", (t) => {
  const { stage, environment, words } = stageOf(t);
  const refused: [readonly string[], RegExp][] = [
    [["--hosts", "other.example"], /^--hosts: data and token travel between hosts: give --tls-cert/],
    [["--hosts", "-oProxyCommand=x"], /^--hosts: "-oProxyCommand=x" is no host/],
    [[...HOSTS, "--no-journal"], /^--no-journal is of a run on this machine alone/],
    [[...HOSTS, "--tls-cert", "cert.pem"], /^--tls-cert, --tls-key and --tls-ca need each other/],
    [["--remote-command", "x"], /^--remote-command belongs to --hosts/],
  ];
  for (const [options, reason] of refused) {
    const { status, stderr } = stage.run([...words, "hosts.csv", ...options], environment);
    t.is(status, 2);
    t.regex(stderr, reason);
  }
  const missing = stage.run(
    ["run", "program.json", "--functions", "own.js", "--input", "none.csv", ...HOSTS],
    environment,
  );
  t.deepEqual([missing.status, missing.stderr], [2, 'no input file "none.csv"\n']);
});

test("run on hosts: where no host can start a worker, nobody is left to work, exit code 4", (t) => {
  const { stage, environment, words } = stageOf(t);
  const none = [...words, "hosts.csv", "--hosts", "nowhere,nowhere", "--insecure"];
  const { status, stderr } = stage.run(none, environment);
  t.is(status, 4);
  const told = JSON.parse(stage.run([...none, "--json"], environment).stdout);
  t.deepEqual([told.status, told.program, told.job, told.error.code], ["failed", "program", null, "NO_WORKERS"]);
  t.regex(stderr, /^cannot start a worker on nowhere: .*; nowhere: ssh: Could not resolve hostname nowhere\n$/);
  t.deepEqual(processesOf(stage), []);
});

test("run on hosts: a host that is not there is named, exit code 3, and the others are ended", (t) => {
  const { stage, environment, words } = stageOf(t);
  const open = ["--hosts", "localhost,nowhere", "--insecure"];
  const { status, stderr } = stage.run([...words, "hosts.csv", ...open], environment);
  t.is(status, 3);
  t.regex(stderr, /^cannot start a worker on nowhere: ssh: Could not resolve hostname nowhere\n$/);
  t.deepEqual(processesOf(stage), []);
});
