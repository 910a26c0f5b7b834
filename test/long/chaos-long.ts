/**
 * `npm run chaos-long`: a cluster runs job after job while its processes are killed; counts what went wrong.
 *
 *   npm run chaos-long -- --kills 1000 --workers 3 --rate 0.5 --seed 1 --rows 200000
 *
 * Owns: the judgement: wrong bytes, jobs that failed, jobs that did not end in time, processes that are left. Exits with 1
 * if there is any.
 *
 * L1. What is promised is that a job ends when its troubles do: each is struck for TROUBLE_MS at most, and called hung,
 *     which ends the run, when it has not ended HEALING_MS after that.
 * L2. A SIGKILL counts when it has met a process that serves.
 */
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isEnded } from "../../actors/cluster/control.ts";
import { Cluster } from "../../cli/chaos/cluster.ts";
import { startStriking } from "../../cli/chaos/strike-cluster.ts";
import { STRIKE_KINDS, type StrikeKind } from "../../cli/chaos/strikes.ts";
import { ClusterClient } from "../../cli/cluster/client.ts";
import { type Patience, persist } from "../../cli/cluster/persist.ts";
import { generateInput } from "../../programs/generate/generate-input.ts";
import { seededRandom } from "../../runtime/random.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";

const TROUBLE_MS = 60_000;
const HEALING_MS = 240_000;
const HANG_MS = TROUBLE_MS + HEALING_MS;
const WAIT_SECONDS = 5;
const TOLD_EACH_MS = 60_000;
const MAIN = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const PROGRAM = {
  partitions: 8,
  input: "pairs.csv",
  operations: [
    { operator: "map", expression: "(v * 31 + 7) % 1000003" },
    { operator: "changeKey", expression: "v % 50021" },
    { operator: "reduce", function: "MEDIAN" },
    { operator: "changeKey", expression: "v % 997" },
    { operator: "reduce", function: "SUM" },
  ],
};

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    workers: { type: "string", default: "3" },
    rate: { type: "string", default: "0.5" },
    seed: { type: "string", default: "1" },
    rows: { type: "string", default: "200000" },
    kinds: { type: "string", default: "worker,coordinator" },
  },
});
const kinds = values.kinds.split(",") as StrikeKind[];
for (const kind of kinds) if (!STRIKE_KINDS.includes(kind)) throw new Error(`--kinds: there is no kind ${kind}`);

const directory = mkdtempSync(path.join(tmpdir(), "actor-dataflow-chaos-long-"));
const counts = { jobs: 0, undisturbed: 0, wrong: 0, failed: 0, hung: 0, lost: 0, orphans: 0, tasksAgain: 0 };
let kills: Readonly<Record<string, number>> = {};
/** Nothing is left behind then, either. */
const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => interrupted.abort());
const beganMs = systemClock.nowMs();
try {
  await strikeJobs();
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
console.log(lineOf());
const isRight = counts.wrong + counts.failed + counts.hung + counts.lost + counts.orphans === 0;
process.exitCode = !isRight ? 1 : interrupted.signal.aborted ? 130 : 0;

async function strikeJobs(): Promise<void> {
  const token = randomBytes(16).toString("hex");
  const cluster = await Cluster.start({
    ...{ command: [process.execPath, MAIN], workers: Number(values.workers), slots: 1, directory, token },
    clock: systemClock,
    onLost: (member, lines) => {
      counts.lost += 1;
      console.log(`${member} ended by itself: ${lines.slice(-3).join(" | ")}`);
    },
  });
  try {
    mkdirSync(cluster.dataRoot, { recursive: true });
    const rows = generateInput({ rows: Number(values.rows), seed: Number(values.seed), max: 1_000_000 });
    await pipeline(rows, createWriteStream(path.join(cluster.dataRoot, "pairs.csv")));
    const client = new ClusterClient({ ...cluster.address, token, tls: undefined });
    const expected = await runJob(client);
    const random = seededRandom(Number(values.seed));
    const telling = setInterval(() => console.error(lineOf()), TOLD_EACH_MS);
    const isOver = (): boolean => total(kills) >= Number(values.kills) || counts.hung + counts.lost > 0;
    while (!isOver() && !interrupted.signal.aborted) {
      const before = kills;
      const striking = startStriking({
        ...{ cluster, kinds, clock: systemClock, durationMs: TROUBLE_MS, rate: Number(values.rate), random },
        onStrike: ({ kind }) => {
          kills = { ...kills, [kind]: (kills[kind] ?? 0) + 1 };
        },
      });
      const hash = await runJob(client);
      await striking.stop();
      if (total(kills) === total(before)) counts.undisturbed += 1;
      if (hash === undefined || hash === expected) continue;
      counts.wrong += 1;
      console.log(`job ${counts.jobs} is wrong`);
    }
    clearInterval(telling);
  } finally {
    counts.orphans = (await cluster.stop()).length;
  }
}

/** The hash of its output; undefined if it has none, which is counted. */
async function runJob(client: ClusterClient): Promise<string | undefined> {
  const gone = new AbortController();
  const timer = setTimeout(() => gone.abort(), HANG_MS);
  const signal = AbortSignal.any([gone.signal, interrupted.signal]);
  const patience: Patience = { clock: systemClock, random: systemRandom, patienceMs: HANG_MS, signal };
  const submissionId = randomBytes(16).toString("hex");
  const request = { program: JSON.stringify(PROGRAM), fileName: "program.json", submissionId };
  try {
    let job = await persist(patience, () => client.submit(request, signal));
    const { id } = job;
    while (!isEnded(job.state)) job = await persist(patience, () => client.wait(id, WAIT_SECONDS, signal));
    counts.jobs += 1;
    counts.tasksAgain += job.tasksRepeated;
    if (job.state !== "done") {
      counts.failed += 1;
      console.log(`job ${counts.jobs} is ${job.state}: ${job.failure?.code} ${job.failure?.message}`);
      return undefined;
    }
    return await persist(patience, async () => {
      const hash = createHash("sha256");
      for await (const piece of (await client.result(id, 0, undefined, signal)).bytes) hash.update(piece);
      return hash.digest("hex");
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    if (interrupted.signal.aborted) return undefined;
    counts.hung += 1;
    console.log(`job ${counts.jobs + 1} did not end in ${HANG_MS / 1000} s`);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function total(of: Readonly<Record<string, number>>): number {
  return Object.values(of).reduce((sum, count) => sum + count, 0);
}

function lineOf(): string {
  const struck = Object.entries(kills).map(([kind, count]) => `${kind} ${count}`);
  const facts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const seconds = Math.round((systemClock.nowMs() - beganMs) / 1000);
  return `${seconds} s: ${total(kills)} kills (${struck.join(", ")}); ${facts.join(", ")}`;
}
