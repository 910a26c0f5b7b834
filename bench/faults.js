/**
 * Measures what faults cost a cluster of this machine: the same job undisturbed, and with its processes killed.
 *
 *   npm run build && node bench/faults.js [--rows 1e8] [--times 100] [--workers 4] [--rounds 3] [--only worker,storm]
 *
 * Each job has a new cluster; time runs from its submission to its end, without the start of processes and without the
 * fetching of its result, whose hash must always be the same. Scenarios take turns; a ratio is of medians. A job should
 * take 30 s: `--times` is the number of operators that each pair passes. Tasks are counted as the coordinator last told
 * them: one that was killed forgets what had been repeated before. The table goes to `bench/results/faults.md`, too.
 */

import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Cluster } from "../dist/cli/chaos/cluster.js";
import { ClusterClient } from "../dist/cli/cluster/client.js";
import { persist } from "../dist/cli/cluster/persist.js";
import { seededRandom } from "../dist/runtime/random.js";
import { systemClock } from "../dist/runtime/system-clock.js";
import { systemRandom } from "../dist/runtime/system-random.js";
import { median } from "./measure.js";

const here = import.meta.dirname;
const command = path.join(here, "../dist/cli/main.js");
const data = path.join(here, "data");
const LOOK_SECONDS = 0.2;
const PATIENCE_MS = 600_000;
const STORM_KILLS = 30;
const JOB_LEAST_SECONDS = 30;

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "1e8" },
    times: { type: "string", default: "100" },
    workers: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
  },
});
const [rows, times, workers, rounds] = ["rows", "times", "workers", "rounds"].map((name) => Number(options[name]));

/** `strike` is called with the cluster and the seconds of an undisturbed job; it returns what ends it. */
const SCENARIOS = [
  { name: "undisturbed", key: "undisturbed" },
  {
    ...{ name: "a worker killed at half time", key: "worker", target: 1.11 },
    strike: (cluster, seconds) => once(seconds / 2, () => cluster.kill("worker-0")),
  },
  {
    ...{ name: "the coordinator killed at half time", key: "coordinator", target: 1.1 },
    strike: (cluster, seconds) => once(seconds / 2, () => cluster.kill("coordinator")),
  },
  {
    ...{ name: `a random worker killed every T/${STORM_KILLS}`, key: "storm", target: 1.5 },
    strike: (cluster, seconds) => {
      const random = seededRandom(1);
      let left = STORM_KILLS;
      // It has an end: where a worker is killed before it has begun, no job ever gets on.
      const kill = () => left-- > 0 && cluster.kill(`worker-${Math.floor(random.next() * workers)}`);
      const timer = setInterval(kill, (seconds * 1000) / STORM_KILLS);
      return () => clearInterval(timer);
    },
  },
  { name: "undisturbed, durability process", key: "process", startOptions: ["--durability", "process"] },
];

function once(seconds, strike) {
  const timer = setTimeout(strike, seconds * 1000);
  return () => clearTimeout(timer);
}

function generate() {
  const file = path.join(data, `pairs-${rows}.csv`);
  if (existsSync(file)) return file;
  const output = openSync(`${file}.partial`, "w");
  const words = [command, "generate", "input", "--rows", String(rows), "--keys", "1000000", "--max", "1000000"];
  const { status } = spawnSync(process.execPath, words, { stdio: ["ignore", output, "inherit"] });
  if (status !== 0) throw new Error("the input could not be generated");
  renameSync(`${file}.partial`, file);
  return file;
}

const program = {
  partitions: 2 * workers,
  input: "pairs.csv",
  operations: [
    { operator: "repeat", times, operations: [{ operator: "map", expression: "(v * 31 + 7) % 1000003" }] },
    { operator: "changeKey", expression: "v % 100003" },
    { operator: "reduce", function: "SUM" },
  ],
};

async function measure(input, { strike, startOptions }, undisturbedSeconds) {
  const directory = mkdtempSync(path.join(data, "faults-"));
  const token = randomBytes(16).toString("hex");
  const members = { command: [process.execPath, command], workers, slots: 1, directory, token, startOptions };
  const cluster = await Cluster.start({ ...members, clock: systemClock });
  try {
    linkSync(input, path.join(cluster.dataRoot, "pairs.csv"));
    const client = new ClusterClient({ ...cluster.address, token, tls: undefined });
    const { signal } = new AbortController();
    const patience = { clock: systemClock, random: systemRandom, patienceMs: PATIENCE_MS, signal };
    const beganMs = systemClock.nowMs();
    const request = { program: JSON.stringify(program), fileName: "faults.json" };
    let job = await client.submit(request);
    const end = strike?.(cluster, undisturbedSeconds);
    const tasks = [];
    while (!["done", "failed", "cancelled"].includes(job.state)) {
      tasks[job.stage] = Math.max(tasks[job.stage] ?? 0, job.tasksOfStage);
      job = await persist(patience, () => client.wait(job.id, LOOK_SECONDS, signal));
    }
    const seconds = (systemClock.nowMs() - beganMs) / 1000;
    end?.();
    if (job.state !== "done") throw new Error(`the job is ${job.state}: ${job.failure?.message}`);
    const hash = await persist(patience, async () => {
      const made = createHash("sha256");
      for await (const piece of (await client.result(job.id, 0, undefined, signal)).bytes) made.update(piece);
      return made.digest("hex");
    });
    return { seconds, hash, again: job.tasksRepeated, tasks: tasks.reduce((sum, count) => sum + (count ?? 0), 0) };
  } finally {
    const orphans = await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
    if (orphans.length > 0) console.error(`processes of ${orphans.join(", ")} are left`);
  }
}

mkdirSync(data, { recursive: true });
const wanted = options.only.split(",").filter(Boolean);
const scenarios = SCENARIOS.filter(({ key }, index) => index === 0 || wanted.length === 0 || wanted.includes(key));
const input = generate();
const figures = scenarios.map(() => []);
let expected;
for (let round = 0; round < rounds; round += 1) {
  for (const [index, scenario] of scenarios.entries()) {
    const undisturbed = figures[0].map(({ seconds }) => seconds);
    const figure = await measure(input, scenario, undisturbed.length === 0 ? 0 : median(undisturbed));
    expected ??= figure.hash;
    if (figure.hash !== expected) throw new Error(`${scenario.name} gives another result`);
    figures[index].push(figure);
    console.error(`round ${round + 1}, ${scenario.name}: ${figure.seconds.toFixed(2)} s`);
  }
}
const first = median(figures[0].map(({ seconds }) => seconds));
const lines = [
  `${cpus()[0].model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; load ${loadavg()[0].toFixed(1)}`,
  "",
  `${rows.toExponential(0)} rows, ${times} operators, ${workers} worker processes, ${rounds} rounds`,
  "",
  "| scenario | seconds, median | ratio | at most | tasks again |",
  "| --- | --- | --- | --- | --- |",
  ...scenarios.map(({ name, target }, index) => {
    const middle = median(figures[index].map(({ seconds }) => seconds));
    const again = median(figures[index].map((figure) => (100 * figure.again) / Math.max(1, figure.tasks)));
    const cells = [
      name,
      middle.toFixed(2),
      (middle / first).toFixed(2),
      target?.toFixed(2) ?? "",
      `${again.toFixed(1)} %`,
    ];
    return `| ${cells.join(" | ")} |`;
  }),
];
if (first < JOB_LEAST_SECONDS)
  lines.push("", `The job took less than ${JOB_LEAST_SECONDS} s: more --times make it longer.`);
for (const line of lines) console.log(line);
mkdirSync(path.join(here, "results"), { recursive: true });
writeFileSync(path.join(here, "results", "faults.md"), `${lines.join("\n")}\n`);
