/**
 * Measures what many workers cost their coordinator, on this machine.
 *
 *   npm run build && node bench/scale.js [--workers 64] [--partitions 512] [--rows 2000000] [--idle-seconds 20]
 *
 * Starts a coordinator and that many workers of one slot each, as processes; lets them idle, runs a job, and drains them
 * all. What the coordinator's process used of a processor is read from /proc, so that it does not matter who else computes.
 * The output is compared with that of one process.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Cluster } from "../dist/cli/chaos/cluster.js";
import { ClusterClient } from "../dist/cli/cluster/client.js";
import { systemClock } from "../dist/runtime/system-clock.js";

const TOKEN = "a-token-for-the-benchmark";
const TICKS_PER_SECOND = 100;
const HEARTBEATS_PER_SECOND = 2;
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const { values: options } = parseArgs({
  options: {
    workers: { type: "string", default: "64" },
    partitions: { type: "string", default: "512" },
    rows: { type: "string", default: "2000000" },
    "idle-seconds": { type: "string", default: "20" },
  },
});
const workers = Number(options.workers);
const partitions = Number(options.partitions);
const directory = mkdtempSync(path.join(os.tmpdir(), "scale-"));
try {
  await measure();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measure() {
  const input = path.join(directory, "pairs.csv");
  const generated = spawnSync(process.execPath, [MAIN, "generate", "input", "--rows", options.rows], {
    maxBuffer: 1 << 30,
  });
  if (generated.status !== 0) throw new Error(String(generated.stderr));
  writeFileSync(input, generated.stdout);
  const program = JSON.stringify({
    partitions,
    input: "pairs.csv",
    operations: [
      { operator: "changeKey", expression: "v % 1000000" },
      { operator: "reduce", function: "MEDIAN" },
    ],
  });
  const begunMs = performance.now();
  const command = [process.execPath, MAIN];
  const cluster = await Cluster.start({ command, workers, slots: 1, directory, token: TOKEN, clock: systemClock });
  try {
    const client = new ClusterClient({ ...cluster.address, token: TOKEN, tls: undefined });
    await until(async () => (await client.workers()).filter(({ state }) => state === "alive").length === workers);
    print("all joined", seconds(performance.now() - begunMs));
    const pid = cluster.members[0].pid;
    copyFileSync(input, path.join(cluster.dataRoot, "pairs.csv"));

    const idleMs = Number(options["idle-seconds"]) * 1000;
    const idleCpuMs = await cpuOf(pid, () => delay(idleMs));
    const beats = (workers * HEARTBEATS_PER_SECOND * idleMs) / 1000;
    print("processor for each heartbeat", `${((idleCpuMs / beats) * 1000).toFixed(0)} µs`);
    print("processor while idle", `${((idleCpuMs / idleMs) * 100).toFixed(1)} %`);

    let job = await client.submit({ program, fileName: "medians.json" });
    const jobMs = performance.now();
    const jobCpuMs = await cpuOf(pid, async () => {
      while (job.state === "queued" || job.state === "running") job = await client.wait(job.id, 20);
    });
    if (job.state !== "done") throw new Error(JSON.stringify(job.failure));
    const tasks = await tasksOf(client, job.id);
    print(`job of ${partitions} partitions`, seconds(performance.now() - jobMs));
    print("processor of the coordinator for it", seconds(jobCpuMs));
    if (tasks > 0) print("processor for each task", `${(jobCpuMs / tasks).toFixed(2)} ms`);
    await compare(client, job.id, program, input);

    const drainMs = performance.now();
    for (const { id } of await client.workers()) await client.drain(id);
    await until(async () => (await client.workers()).every(({ state }) => state === "left"));
    print("all drained", seconds(performance.now() - drainMs));
    print("memory of the coordinator", `${(residentOf(pid) / 1e6).toFixed(0)} MB`);
  } finally {
    const orphans = await cluster.stop();
    print("processes that are left", orphans.length);
    if (orphans.length > 0) process.exitCode = 1;
  }
}

/** Splits of the input, and a task for each partition. */
async function tasksOf(client, id) {
  const { partitions: count, stageCount } = await client.job(id);
  return count * Math.max(1, stageCount - 1);
}

async function compare(client, id, program, input) {
  const pieces = [];
  const { bytes } = await client.result(id, 0, undefined, new AbortController().signal);
  for await (const piece of bytes) pieces.push(piece);
  const run = spawnSync(process.execPath, [MAIN, "run", "-", "--input", input, "--no-journal", "--quiet"], {
    input: program,
    maxBuffer: 1 << 30,
  });
  if (run.status !== 0) throw new Error(String(run.stderr));
  const isSame = Buffer.concat(pieces).equals(run.stdout);
  print("output", isSame ? "as of one process" : "DIFFERENT");
  if (!isSame) process.exitCode = 1;
}

async function until(condition) {
  while (!(await condition())) await delay(100);
}

/** Milliseconds of a processor that a process used meanwhile. */
async function cpuOf(pid, work) {
  const before = ticksOf(pid);
  await work();
  return ((ticksOf(pid) - before) * 1000) / TICKS_PER_SECOND;
}

function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function residentOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function print(what, value) {
  console.log(`| ${what} | ${value} |`);
}
