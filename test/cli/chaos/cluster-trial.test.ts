/**
 * Runs on a cluster, with fakes for the cluster and for its coordinator's answers.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import type { JobStatus, SubmitRequest } from "../../../actors/cluster/control.ts";
import type { ClusterOptions } from "../../../cli/chaos/cluster.ts";
import { ClusterTrial, type ClusterTrialOptions } from "../../../cli/chaos/cluster-trial.ts";
import { CommandError } from "../../../cli/command-error.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { temporaryDirectory, writeFiles } from "../../actors/temporary-directory.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";

type Client = ReturnType<ClusterTrialOptions["connect"]>;

const running: JobStatus = {
  ...{ id: "j-1", name: "sums", state: "running", submittedAt: "2026-01-01T00:00:00Z", stage: 0, stageCount: 2 },
  ...{ partitions: 1, tasksDone: 0, tasksOfStage: 1, pairsIn: 0, pairsOut: 0, rejected: 0, shuffledBytes: 0 },
  ...{
    tasksRepeated: 0,
    tasksCommitted: 0,
    tasksTakenOver: 0,
    bytesRead: 0,
    restarts: 0,
    outputBytes: 0,
    resultKept: true,
  },
};
const done: JobStatus = { ...running, state: "done", tasksRepeated: 3 };

/** A coordinator that runs a job for two questions; `more` replaces answers. */
function answering(more: Partial<Client> = {}): { client: Client; requests: SubmitRequest[] } {
  const requests: SubmitRequest[] = [];
  let questions = 0;
  const client: Client = {
    submit: async (request) => {
      requests.push(request);
      return running;
    },
    wait: async () => {
      questions += 1;
      return questions > 2 ? done : running;
    },
    result: async () => ({ bytes: pieces("1,2\n", "3,4\n"), tag: "t" }),
    ...more,
  };
  return { client, requests };
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

function trial(t: ExecutionContext, client: Client, { orphans = [] as string[], lose = false, rejects = "" } = {}) {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a/pairs.csv": "1,2\n", "b/pairs.csv": "3,4\n" });
  const clock = new SimulatedClock();
  const seen: { options?: ClusterOptions; inputs?: string[]; stopped: number } = { stopped: 0 };
  let requestStop: (stop: "stop") => void = () => undefined;
  const stop = {
    isRequested: false,
    requested: new Promise<"stop">((resolve) => {
      requestStop = resolve;
    }),
    release: () => undefined,
  };
  const made = new ClusterTrial({
    ...{ request: { program: "{}", fileName: "sums.json" }, directory: path.join(directory, "runs"), clock, stop },
    inputs: ["a", "b"].map((name) => path.join(directory, name, "pairs.csv")),
    members: { command: ["none"], workers: 2, slots: 1 },
    kinds: ["worker"],
    random: seededRandom(1),
    connect: () => client,
    startCluster: async (options) => {
      seen.options = options;
      const dataRoot = path.join(options.directory, "files");
      if (lose) options.onLost?.("worker-0", ["gave up"]);
      if (rejects !== "") writeFiles(dataRoot, { "result.rejects.ndjson": rejects });
      return {
        ...{ address: { host: "127.0.0.1", port: 1 }, dataRoot, members: [] },
        ...{ kill: () => true, killInside: () => true, pause: () => true, cut: () => true, lose: async () => true },
        stop: async () => {
          seen.stopped += 1;
          seen.inputs = ["0-pairs.csv", "1-pairs.csv"].map((name) => readFileSync(path.join(dataRoot, name), "utf8"));
          return orphans;
        },
      };
    },
  });
  const halt = (): void => {
    stop.isRequested = true;
    requestStop("stop");
  };
  return { made, seen, clock, halt };
}

test("cluster trial: inputs lie below the data root, the result comes back whole, and nothing is left", async (t) => {
  const { client, requests } = answering();
  const { made, seen } = trial(t, client);
  const end = await made.run(undefined, 1000);
  t.is(end.result?.output.toString(), "1,2\n3,4\n");
  t.is(end.result?.rejects, undefined);
  t.is(end.failure, undefined);
  t.is(end.taskCount, 3);
  t.deepEqual(requests[0]?.inputs, ["0-pairs.csv", "1-pairs.csv"]);
  t.regex(requests[0]?.submissionId ?? "", /^[0-9a-f]{32}$/);
  t.deepEqual(seen.inputs, ["1,2\n", "3,4\n"]);
  t.is(seen.options?.token.length, 64);
  t.is(seen.stopped, 1);
  t.false(existsSync(seen.options!.directory));
});

test("cluster trial: what was rejected comes back beside the result", async (t) => {
  const { client, requests } = answering();
  const { made } = trial(t, client, { rejects: "{}\n" });
  const end = await made.run(undefined, 1000);
  t.is(end.result?.rejects?.toString(), "{}\n");
  t.is(requests[0]?.output, "result");
});

test("cluster trial: a job that failed, an orphan and a member that gave up are failures", async (t) => {
  const failure = { code: "BAD_RECORD", message: "line 3" };
  const failing = trial(t, answering({ wait: async () => ({ ...running, state: "failed", failure }) }).client);
  t.deepEqual((await failing.made.run(undefined, 1000)).failure, { line: "BAD_RECORD: line 3", exitCode: 1 });
  t.is(failing.seen.stopped, 1);
  const leaving = await trial(t, answering().client, { orphans: ["worker-1"] }).made.run(undefined, 1000);
  t.deepEqual(leaving.failure, { line: "processes of worker-1 are left", exitCode: 1 });
  t.is(leaving.result, undefined);
  const losing = await trial(t, answering().client, { lose: true }).made.run(undefined, 1000);
  t.deepEqual(losing.failure, { line: "worker-0 ended: gave up", exitCode: 1 });
});

test("cluster trial: a coordinator that is away is asked again with the same submission", async (t) => {
  let attempts = 0;
  const { client, requests } = answering();
  const { made, clock } = trial(t, {
    ...client,
    submit: async (request) => {
      attempts += 1;
      requests.push(request);
      if (attempts === 1) queueMicrotask(() => setImmediate(() => clock.advance(1000)));
      if (attempts < 2) throw new CommandError("CLUSTER_UNREACHABLE", "away");
      return running;
    },
  });
  t.is((await made.run(undefined, 10_000)).failure, undefined);
  t.is(requests.length, 2);
  t.is(requests[0]?.submissionId, requests[1]?.submissionId);
});

test("cluster trial: one that does not end, or is not wanted any more, is ended", async (t) => {
  const wait: Client["wait"] = (_id, _seconds, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const slow = trial(t, answering({ wait }).client);
  setImmediate(() => slow.clock.advance(5000));
  t.deepEqual((await slow.made.run(undefined, 5000)).failure, { line: "it did not end in time", exitCode: 1 });
  t.is(slow.seen.stopped, 1);
  const unwanted = trial(t, answering({ wait }).client);
  setImmediate(unwanted.halt);
  t.is((await unwanted.made.run(undefined, 5000)).failure, "stop");
});
