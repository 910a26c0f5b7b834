/**
 * Runs one job on a cluster of processes, each time on a new one, and brings its result here.
 *
 * Owns: where a cluster lies and how it is given its input, how long a run may take, what is read of its end.
 * Never: decides whether two ends are the same.
 *
 * T1. A run ends with its cluster, of which nothing is left; what is left in spite of that is a failure of the run.
 * T2. The submitter is a client like any other: it asks again while the coordinator is away.
 */
import { randomBytes } from "node:crypto";
import { constants, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { isEnded, type JobStatus, type SubmitRequest } from "../../actors/cluster/control.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import type { ClusterClient } from "../cluster/client.ts";
import { type Patience, persist } from "../cluster/persist.ts";
import { CommandError, tellError } from "../command-error.ts";
import type { Endpoint } from "../endpoint.ts";
import { EXIT } from "../exit-codes.ts";
import type { StopSignal } from "../run/stop-signal.ts";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { startStriking } from "./strike-cluster.ts";
import type { StrikeKind } from "./strikes.ts";
import type { Disturbance, Trial, TrialEnd, TrialResult } from "./trial.ts";

export interface ClusterTrialOptions {
  readonly request: Pick<SubmitRequest, "program" | "fileName" | "partitions" | "outputFormat">;
  readonly kinds: readonly StrikeKind[];
  /** Absolute paths, in order. */
  readonly inputs: readonly string[];
  readonly startCluster: (options: ClusterOptions) => Promise<ChaosCluster>;
  readonly connect: (address: Endpoint, token: string) => Pick<ClusterClient, "submit" | "wait" | "result">;
  readonly members: Pick<ClusterOptions, "command" | "workers" | "slots" | "network" | "startOptions">;
  /** Each run has one of its own below. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly stop: StopSignal;
}

export type ChaosCluster = Pick<
  Cluster,
  "address" | "dataRoot" | "members" | "kill" | "killInside" | "pause" | "cut" | "lose" | "stop"
>;

/** How long an answer about a job's end may take. */
const WAIT_SECONDS = 5;
/** Below the data root. */
const OUTPUT_NAME = "result";

export class ClusterTrial implements Trial {
  readonly #options: ClusterTrialOptions;
  #count = 0;

  constructor(options: ClusterTrialOptions) {
    this.#options = options;
  }

  async run(disturb: Disturbance | undefined, timeLimitMs: number): Promise<TrialEnd> {
    const { clock, kinds, startCluster, members } = this.#options;
    this.#count += 1;
    const directory = path.join(this.#options.directory, `run-${this.#count}`);
    const token = randomBytes(32).toString("hex");
    const lost: string[] = [];
    const onLost = (member: string, lines: readonly string[]): void => {
      lost.push(`${member} ended: ${lines.at(-1) ?? "without a word"}`);
    };
    const cluster = await startCluster({ ...members, directory, token, clock, onLost });
    const begunMs = clock.nowMs();
    const striking = disturb === undefined ? undefined : startStriking({ ...disturb, kinds, cluster, clock });
    const job: { status?: JobStatus } = {};
    const end = await this.#endOf(cluster, token, timeLimitMs, job);
    const elapsedMs = Math.round(clock.nowMs() - begunMs);
    await striking?.stop();
    const orphans = await cluster.stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    const facts = { elapsedMs, ...figuresOf(job.status), strikes: striking?.counts ?? {} };
    if (orphans.length > 0) return { ...facts, ...failed(`processes of ${orphans.join(", ")} are left`) };
    const isDone = typeof end === "object" && "output" in end;
    if (!isDone) return { ...facts, result: undefined, failure: end };
    return lost.length > 0 ? { ...facts, ...failed(lost.join("; ")) } : { ...facts, result: end, failure: undefined };
  }

  /** The result, or why there is none. */
  async #endOf(
    cluster: ChaosCluster,
    token: string,
    timeLimitMs: number,
    job: { status?: JobStatus },
  ): Promise<TrialResult | NonNullable<TrialEnd["failure"]>> {
    const { clock, random, stop, connect } = this.#options;
    const gone = new AbortController();
    const timer = clock.setTimeout(() => gone.abort(), timeLimitMs);
    void stop.requested.then(() => gone.abort());
    const patience: Patience = { clock, random, patienceMs: timeLimitMs, signal: gone.signal };
    try {
      const client = connect(cluster.address, token);
      const request = this.#requestOf(cluster.dataRoot);
      job.status = await persist(patience, () => client.submit(request, gone.signal));
      const { id } = job.status;
      while (!isEnded(job.status.state)) {
        job.status = await persist(patience, () => client.wait(id, WAIT_SECONDS, gone.signal));
      }
      const { state, failure } = job.status;
      if (state !== "done") throw new CommandError(failure?.code ?? "BUG", failure?.message ?? `the job is ${state}`);
      const output = await persist(patience, async () => await wholeResult(client, id, gone.signal));
      return { output, rejects: readRejects(cluster.dataRoot) };
    } catch (error) {
      if (stop.isRequested) return "stop";
      if (gone.signal.aborted) return { line: "it did not end in time", exitCode: EXIT.failed };
      const { code, lines, exitCode } = tellError(error);
      return { line: `${code}: ${lines.join(" ")}`, exitCode };
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /** Inputs get names of their own below the data root, since two may have the same. */
  #requestOf(dataRoot: string): SubmitRequest {
    const { request, inputs } = this.#options;
    mkdirSync(dataRoot, { recursive: true });
    const names = inputs.map((file, index) => {
      const name = `${index}-${path.basename(file)}`;
      // Where the file system can, it shares the bytes.
      copyFileSync(file, path.join(dataRoot, name), constants.COPYFILE_FICLONE);
      return name;
    });
    // Sent again after a lost answer, it starts no second job.
    return { ...request, inputs: names, output: OUTPUT_NAME, submissionId: randomBytes(16).toString("hex") };
  }
}

async function wholeResult(client: Pick<ClusterClient, "result">, id: string, signal: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const { bytes } = await client.result(id, 0, undefined, signal);
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Undefined where nothing is rejected by this program. */
function readRejects(dataRoot: string): Buffer | undefined {
  const file = path.join(dataRoot, `${OUTPUT_NAME}.rejects.ndjson`);
  return existsSync(file) ? readFileSync(file) : undefined;
}

/** As the coordinator last told them. */
function figuresOf(status: JobStatus | undefined): Pick<TrialEnd, "taskCount" | "rowsIn" | "rowsOut" | "rejected"> {
  const { tasksRepeated = 0, pairsIn = 0, pairsOut = 0, rejected = 0 } = status ?? {};
  return { taskCount: tasksRepeated, rowsIn: pairsIn, rowsOut: pairsOut, rejected };
}

function failed(line: string): Pick<TrialEnd, "result" | "failure"> {
  return { result: undefined, failure: { line, exitCode: EXIT.failed } };
}
