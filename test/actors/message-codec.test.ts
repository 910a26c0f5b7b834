/**
 * The messages of the largest job that is allowed: none is too large for a control channel, and each says the same at the
 * other end.
 */
import { isDeepStrictEqual } from "node:util";
import test, { type ExecutionContext } from "ava";
import { createActor } from "xstate";
import type { PlannedRange, RunReference, StoredReference } from "../../actors/executor/messages.ts";
import { cutSplits } from "../../actors/job/cut-splits.ts";
import { jobIdentity } from "../../actors/job/identity.ts";
import { jobMachine } from "../../actors/job/machine.ts";
import type { InputFile, JobDescription, OutputOrder } from "../../actors/job/messages.ts";
import { Placement } from "../../actors/job/placement.ts";
import { JobProgress } from "../../actors/job/progress.ts";
import type { Member } from "../../actors/membership/messages.ts";
import { clusterCodec } from "../../actors/message-codec.ts";
import type { PartitionRun, PartitionTask, TaskCommit } from "../../actors/partition/messages.ts";
import { createProcessRoot } from "../../actors/process-root.ts";
import type { Message } from "../../actors/switchboard.ts";
import type { WorkerCommand } from "../../actors/worker/messages.ts";
import { makePlan } from "../../programs/plan/make-plan.ts";
import type { RuntimeError } from "../../runtime/errors.ts";
import { toLife, toTerm } from "../../runtime/identity.ts";
import { seededRandom } from "../../runtime/random.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { createLoopbackTransport } from "../../runtime/transport/loopback-transport.ts";
import { SAMPLE_PROGRAM } from "./jobs/sample-job.ts";

const MESSAGE_BYTES_MAX = 1 << 20;
const WORKERS = 64;
const PARTITIONS = 4_096;
const FILES = 4_096;
const SPLITS = 1_000;
const SPLIT_BYTES = 4 << 20;
const RANGES = 60;

/** As long as paths may be where people have them generated. */
function fileOf(index: number): InputFile {
  const name = `${"a-directory-with-a-long-name/".repeat(8)}${index}.csv`;
  return {
    ...{ name, absolutePath: `/data/${name}`, byteLength: index < SPLITS ? SPLIT_BYTES : 0 },
    ...{ modifiedMs: 1_700_000_000_000.5 + index, endsHash: String(index).padStart(64, "0") },
    ...{ compressed: false, dataStart: 0, headerLines: 0 },
    text: { format: "csv", delimiter: 44, keyColumn: 0, valueColumn: 1, exactlyTwoFields: true },
  };
}

function largestJob(): JobDescription {
  const plan = makePlan(SAMPLE_PROGRAM, { partitions: PARTITIONS });
  const files = Array.from({ length: FILES }, (_, index) => fileOf(index));
  const identified = { plan, files, splitBytes: SPLIT_BYTES, outputFormat: "csv" } as const;
  const splits = cutSplits(files, SPLIT_BYTES);
  return { ...identified, id: jobIdentity(identified), program: SAMPLE_PROGRAM, splits };
}

let stored = 0;

function storedAt(job: string, worker: number, stage: number): StoredReference {
  stored += 1;
  const segment = `${job}-at.${worker.toString(16).padStart(16, "0")}.12-e0-i1-o1-w1-s${stage}-0.segment`;
  const crc = (stored * 2_654_435_761) % 2 ** 32;
  return { segment, offset: stored * 1_234_567, byteLength: 4_000_000 + stored, crc };
}

function commitOf(
  job: JobDescription,
  worker: number,
  partition: number,
  { stage, sequence }: PartitionTask,
): TaskCommit {
  const isLast = stage === job.plan.stages.length - 1;
  const at = storedAt(job.id, worker, stage);
  const counts = { pairsIn: 300_000, pairsOut: 300_000, lines: 300_000, bytesIn: SPLIT_BYTES, bytesOut: at.byteLength };
  const rejects = [storedAt(job.id, worker, stage)];
  const bundles = isLast ? [] : [{ at, pairCount: 300_000_000 }];
  const runs = isLast ? [{ at, headerBytes: 40_000, pairCount: 300_000 }] : [];
  return { stage, partition, sequence, result: { ...counts, bundles, runs, rejects, rejectCount: 5 } };
}

function membersOf(count: number): Member[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: index.toString(16), epoch: 1, life: 1, host: "here", slots: 2, exchange: "", version: "1" },
    ...{ status: "alive", draining: false, joinedAtMs: 0 },
  }));
}

interface Traffic {
  messageCount: number;
  largestBytes: number;
}

/** Sends a message and compares what arrives. */
function carry(t: ExecutionContext, traffic: Traffic, message: Message, compared = true): void {
  const decoder = clusterCodec.decoder();
  let whole: Message | undefined;
  for (const part of clusterCodec.encode(message)) {
    const bytes = Buffer.byteLength(JSON.stringify(part));
    traffic.messageCount += 1;
    traffic.largestBytes = Math.max(traffic.largestBytes, bytes);
    whole = decoder.decode(part, "worker/a");
  }
  if (compared) t.true(isDeepStrictEqual(whole, JSON.parse(JSON.stringify(message, integers))), message.type);
  else t.not(whole, undefined);
}

/** Integers of any size stand in a program only, and that is compared by its identity. */
function integers(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function rangesOf(runs: readonly RunReference[]): PlannedRange[] {
  return Array.from({ length: RANGES }, (_, range) => ({
    range: { from: { key: BigInt(range), value: 0n }, to: undefined } as unknown as PlannedRange["range"],
    runs: runs.map((_run, run) => run),
  }));
}

test("messages: the largest job sends none that is too large, from its opening to its output", (t) => {
  const job = largestJob();
  const members = membersOf(WORKERS);
  const traffic: Traffic = { messageCount: 0, largestBytes: 0 };
  const sent: { readonly worker: string; readonly command: WorkerCommand }[] = [];
  const commits: TaskCommit[] = [];
  let order: OutputOrder | undefined;
  const actor = createActor(jobMachine, {
    input: {
      ...{
        job,
        progress: new JobProgress(job),
        placement: new Placement(),
        workplaces: new Map(),
        members,
        nowMs: () => 0,
      },
      send: (worker, command) => sent.push({ worker, command }),
      startOutput: (given) => {
        order = given;
      },
      ...{ tell: () => {}, noteTakenOver: () => {}, noteWithdrawn: () => {}, noteLost: () => {}, noteRace: () => {} },
    },
  });
  t.teardown(() => actor.stop());
  const opened = new Set<string>();
  let carried = 0;
  const work = (worker: string, runs: readonly PartitionRun[]): void => {
    for (const { partition, tasks } of runs) {
      for (const task of tasks) {
        const commit = commitOf(job, Number.parseInt(worker, 16), partition, task);
        commits.push(commit);
        const fact = { type: "task.committed", commit, job: job.id } as const;
        if (commits.length % 50 === 1) carry(t, traffic, fact);
        actor.send({ ...fact, worker });
      }
    }
  };
  actor.start();
  for (let next = sent.shift(); next !== undefined; next = sent.shift()) {
    const { worker, command } = next;
    carried += 1;
    if (command.type !== "worker.open" || opened.size === 0) {
      // A job is compared by its identity; some of the others one by one.
      carry(t, traffic, command as unknown as Message, command.type !== "worker.open" && carried % 64 === 5);
    }
    if (command.type === "worker.open" && !opened.has(worker)) {
      opened.add(worker);
      actor.send({ type: "worker.opened", job: job.id, partitions: [], worker });
    }
    if (command.type === "worker.run") work(worker, command.runs);
  }
  t.is(opened.size, WORKERS);
  t.truthy(order, "the job has come to its output");
  const runs = order?.runs ?? [];
  t.true(commits.length > SPLITS && runs.length > 100, `${commits.length} commits, ${runs.length} runs`);

  const recovered = { type: "partition.recovered", partition: 0, incarnation: 1, commits, unusableCount: 0 };
  carry(t, traffic, { ...recovered, job: job.id });
  const ranges = rangesOf(runs);
  carry(t, traffic, { type: "worker.runOutput", job: job.id, tag: "plan", task: { kind: "planRanges", runs } });
  carry(t, traffic, { type: "output.done", job: job.id, tag: "plan", result: { ranges } }, false);
  carry(t, traffic, { type: "worker.runOutput", job: job.id, tag: "0.0", task: { kind: "range", runs } });
  t.true(traffic.largestBytes <= MESSAGE_BYTES_MAX, `${traffic.largestBytes} bytes in one message`);
  t.true(traffic.messageCount > 100);
  t.log(`${traffic.messageCount} messages, the largest one of ${traffic.largestBytes} bytes`);
});

test("messages: a job that is opened elsewhere is the same job", (t) => {
  const job = largestJob();
  const decoder = clusterCodec.decoder();
  const parts = clusterCodec.encode({ type: "worker.open", job });
  const decoded = parts.map((part) => decoder.decode(part, "coordinator")).at(-1) as unknown as {
    readonly job: JobDescription;
  };
  t.true(parts.length > 1);
  t.is(jobIdentity(decoded.job), jobIdentity(job));
  t.true(isDeepStrictEqual(decoded.job.splits, job.splits));
  t.is(decoded.job.id, job.id);
});

test("messages: integers of any size and bytes come as they are", (t) => {
  const message = {
    type: "output.done",
    range: { from: -(2n ** 100n) },
    text: [{ bytes: new Uint8Array([0, 255]), times: 2 }],
  };
  const [part] = clusterCodec.encode(message);
  t.deepEqual(clusterCodec.decoder().decode(JSON.parse(JSON.stringify(part)) as Message, "worker/a"), message);
});

test("messages: one that makes no sense is told and dropped, and the next one is heard", async (t) => {
  const transport = createLoopbackTransport({ unacknowledgedMax: 100 });
  const told: [string, RuntimeError][] = [];
  const root = createProcessRoot({
    ...{ clock: systemClock, random: seededRandom(1), transport, codec: clusterCodec },
    onMalformed: (from, error) => told.push([from, error]),
    onBroken: () => t.fail(),
  });
  root.start([], () => {});
  const fence = { term: toTerm(1), incarnation: toLife(1, 1) };
  root.board.listen("nobody", { address: "coordinator", fence });
  let acknowledged = 0;
  const peer = transport.createEndpoint("worker/a", fence, {
    ...{ receive: () => {}, signalled: () => {}, disconnected: () => {}, fenced: () => {} },
  });
  const nonsense = [{}, { body: 5 }, { body: "{" }, { body: '["x"]' }, { body: "x", part: [3, 2] }, { body: "" }];
  for (const said of nonsense) peer.send("coordinator", { type: "task.committed", ...said });
  for (const part of clusterCodec.encode({ type: "task.committed", job: "a" })) peer.send("coordinator", part);
  while (peer.unacknowledgedCount("coordinator") > 0) {
    acknowledged += 1;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  t.true(acknowledged > 0);
  t.deepEqual(
    told.map(([from, { code }]) => `${from} ${code}`),
    nonsense.map(() => "worker/a MESSAGE_MALFORMED"),
  );
  root.board.close();
  await root.stop();
  transport.close();
});
