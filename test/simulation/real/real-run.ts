/**
 * Runs the jobs and the fault plan of a seed on processes, and brings home how each job ended.
 *
 * Owns: when jobs are submitted and cancelled, how long they may take, what is left afterwards.
 * Never: judges an end; see `compare-ends.ts`.
 *
 * R1. Whoever submits asks again while the coordinator is away.
 * R2. A run is over when all jobs have ended, and the plan has; of a plan that heals after PATIENCE_MS, what would come
 *     after the jobs is not waited for.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isEnded, type JobStatus } from "../../../actors/cluster/control.ts";
import { ClusterClient } from "../../../cli/cluster/client.ts";
import { type Patience, persist } from "../../../cli/cluster/persist.ts";
import { CommandError } from "../../../cli/command-error.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { COORDINATOR_NODE } from "../cluster/coordinator-process.ts";
import { endWithout, figuresOf, type JobEnd } from "../job-end.ts";
import type { FaultKind, FaultPlan } from "../plan/fault-plan.ts";
import type { FiledWork } from "./file-work.ts";
import type { ProductCopies } from "./product-copy.ts";
import { RealCluster } from "./real-cluster.ts";
import { Striking } from "./strike-cluster.ts";

export interface RealRun {
  readonly ends: readonly JobEnd[];
  /** Of faults that found somebody to strike. */
  readonly shown: readonly FaultKind[];
  /** A cancel was accepted, by the place of the job. */
  readonly cancelled: ReadonlySet<number>;
  /** Results of jobs that have none. */
  readonly leftOver: readonly string[];
  /** The last lines of the members, for whoever looks for a cause. */
  readonly words: readonly string[];
}

/** Within which every job must have ended after healing: as many backoffs, beats and hung threads one after the other. */
const END_WITHIN_MS = 180_000;
const PATIENCE_MS = 15_000;
const WAIT_SECONDS = 5;

interface Asking {
  readonly client: ClusterClient;
  readonly patience: Patience;
}

export interface RealRunOptions {
  readonly seed: number;
  /** Of faults that processes can show. */
  readonly plan: FaultPlan;
  readonly works: readonly FiledWork[];
  readonly product: ProductCopies;
}

/** Errors: whatever keeps the cluster from serving, or a submission from being accepted; then nothing is left running. */
export async function runOnProcesses(options: RealRunOptions): Promise<RealRun> {
  const { seed, plan } = options;
  const directory = mkdtempSync(path.join(tmpdir(), "sim-real-"));
  const token = randomBytes(16).toString("hex");
  const random = seededRandom(seed);
  const gone = new AbortController();
  const patienceMs = plan.healAtMs + END_WITHIN_MS;
  const timer = setTimeout(() => gone.abort(), patienceMs);
  try {
    const cluster = await RealCluster.start({ ...options, directory, token, random });
    const client = new ClusterClient({ host: "127.0.0.1", port: cluster.port, token, tls: undefined });
    const patience: Patience = { clock: systemClock, random, patienceMs, signal: gone.signal };
    try {
      return await play(options, cluster, { client, patience });
    } finally {
      await cluster.stop();
    }
  } finally {
    clearTimeout(timer);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function play({ plan, works }: RealRunOptions, cluster: RealCluster, asking: Asking): Promise<RealRun> {
  const { client, patience } = asking;
  const cancelled = new Set<number>();
  const ids = works.map((work, index) => submitted(asking, work, plan.submitAtMs[index] ?? 0));
  const striking = new Striking({
    ...{ plan, cluster, random: patience.random },
    drain: async (name) => await drained(asking, cluster.workerId(name)),
    cancel: async (job) => {
      const isDone = await attempt(async () => await persist(patience, async () => client.cancel(await ids[job]!)));
      if (isDone) cancelled.add(job);
      return isDone;
    },
  });
  try {
    const healed = passed(plan.healAtMs);
    const statuses = await Promise.all(ids.map((id) => endOf(asking, id)));
    if (plan.healAtMs < PATIENCE_MS) await healed;
    const ends = await Promise.all(statuses.map((status, index) => brought(asking, status, works[index]!)));
    const leftOver = resultsIn(cluster, statuses);
    return { ends, shown: striking.shown, cancelled, leftOver, words: cluster.words };
  } finally {
    striking.stop();
  }
}

/** The id of the job. */
async function submitted(
  { client, patience }: Asking,
  { work, text, inputs }: FiledWork,
  atMs: number,
): Promise<string> {
  await passed(atMs);
  const request = {
    ...{ program: text, fileName: `${work.job.id}.json`, inputs: inputs.map(({ name }) => name) },
    submissionId: work.job.id,
  };
  return (await persist(patience, () => client.submit(request, patience.signal))).id;
}

/** Undefined: it did not end in time. */
async function endOf({ client, patience }: Asking, submitting: Promise<string>): Promise<JobStatus | undefined> {
  try {
    const id = await submitting;
    for (;;) {
      const status = await persist(patience, () => client.wait(id, WAIT_SECONDS, patience.signal));
      if (isEnded(status.state)) return status;
    }
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    return undefined;
  }
}

/** As it is told after everything. */
async function brought(
  { client, patience }: Asking,
  known: JobStatus | undefined,
  { work }: FiledWork,
): Promise<JobEnd> {
  if (known === undefined) return endWithout("unfinished");
  const { id } = known;
  const status = await persist(patience, () => client.job(id));
  const { state, failure } = status;
  if (state !== "done") return endWithout(state, failure);
  const read = async (part: "result" | "rejects"): Promise<string> =>
    await persist(patience, async () => {
      const pieces: Buffer[] = [];
      const { bytes } = await client.result(id, 0, undefined, patience.signal, part);
      for await (const piece of bytes) pieces.push(piece);
      return Buffer.concat(pieces).toString("utf8");
    });
  const rejects = work.program.onError === "reject" ? await read("rejects") : undefined;
  return { state, failure: undefined, output: await read("result"), rejects, figures: figuresOf(status) };
}

async function drained({ client }: Asking, worker: string | undefined): Promise<boolean> {
  return worker !== undefined && (await attempt(() => client.drain(worker)));
}

/** False if it is refused, or cannot be asked. */
async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof CommandError || (error as Error).name === "AbortError") return false;
    throw error;
  }
}

/** Files that stand where only the results of jobs that are done may. */
function resultsIn(cluster: RealCluster, statuses: readonly (JobStatus | undefined)[]): string[] {
  const done = statuses.flatMap((status) => (status?.state === "done" ? [status.id] : []));
  const names = readdirSync(path.join(cluster.directoryOf(COORDINATOR_NODE), "results"));
  return names.filter((name) => !name.includes(".tmp") && !done.some((id) => name.startsWith(id)));
}

function passed(durationMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, durationMs));
}
