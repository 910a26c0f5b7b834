/**
 * Every check of the simulation reports the fault that it is there for, and nothing where there is none.
 */
import test from "ava";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { workerAddress } from "../../../actors/membership/messages.ts";
import { encodeCommit } from "../../../actors/partition/commit-record.ts";
import { partitionLog, type TaskCommit } from "../../../actors/partition/messages.ts";
import { toIncarnation, toTerm } from "../../../runtime/identity.ts";
import { RECORD_HEADER_BYTES } from "../../../runtime/journal/record.ts";
import { recordKey } from "../../../runtime/journal/record-key.ts";
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import { SupervisionError } from "../../../runtime/supervision/supervision-error.ts";
import type { Envelope } from "../../../runtime/transport/transport.ts";
import { OUTPUT_DIRECTORY } from "../cluster/coordinator-process.ts";
import type { Work } from "../workload.ts";
import { SimulatedFile } from "../world/disk.ts";
import { BlockContentsCheck } from "./block-contents.ts";
import { BoundsCheck } from "./bounds.ts";
import { DeliveryCheck } from "./delivery.ts";
import { DeparturesCheck } from "./departures.ts";
import { DurabilityCheck } from "./durability.ts";
import { IncarnationsCheck } from "./incarnations.ts";
import { LeftoversCheck } from "./leftovers.ts";
import { LineageCheck } from "./lineage.ts";
import { RepetitionCheck } from "./repetition.ts";
import { type CheckStage, openCheckStage } from "./stage.ts";
import { SupervisionCheck } from "./supervision.ts";

const SEGMENT = "x.segment";
const LOG = "partition/job/0";

function commitAt(offset: number, partition = 0): TaskCommit {
  const at = { segment: SEGMENT, offset, byteLength: 4, crc: 0 };
  const counts = { pairsIn: 0, pairsOut: 0, lines: 0, bytesIn: 0, bytesOut: 0, rejectCount: 0 };
  return {
    stage: 0,
    partition,
    sequence: 0,
    result: { ...counts, bundles: [{ at, pairCount: 1 }], runs: [], rejects: [] },
  };
}

function storeBlocks({ resident }: CheckStage, bytes: readonly number[]): SimulatedFile {
  const file = new SimulatedFile();
  file.write(Uint8Array.from(bytes), 0);
  file.sync();
  resident.disk.filesIn(resident.segmentDirectory)?.set(SEGMENT, file);
  return file;
}

function appendOf(commit: TaskCommit) {
  return { actor: LOG, payload: encodeCommit(commit) };
}

test("checks: a block that is committed again with other bytes is reported, with the same ones not", (t) => {
  for (const [second, found] of [
    [[1, 2, 3, 4], []],
    [[1, 2, 3, 5], ["block contents"]],
  ] as const) {
    const stage = openCheckStage();
    const check = new BlockContentsCheck(stage.problems);
    storeBlocks(stage, [1, 2, 3, 4, ...second]);
    check.committed(stage.resident, [appendOf(commitAt(0)), appendOf(commitAt(4))]);
    t.deepEqual(stage.found(), [...found]);
  }
});

test("checks: a commit whose block is not stored is reported", (t) => {
  const stage = openCheckStage();
  storeBlocks(stage, [1, 2]);
  new BlockContentsCheck(stage.problems).committed(stage.resident, [appendOf(commitAt(0))]);
  t.deepEqual(stage.found(), ["block contents"]);
});

test("checks: a task that reads a block twice, or one that nobody committed, is reported", (t) => {
  const stage = openCheckStage();
  const check = new LineageCheck(stage.problems);
  const { resident } = stage;
  check.committed(resident, [appendOf(commitAt(0)), appendOf(commitAt(8)), appendOf(commitAt(16, 1))]);
  const read = (...offsets: readonly number[]): void => {
    const inputs = offsets.map((offset) => ({ segment: SEGMENT, offset, byteLength: 4, crc: 0 }));
    check.ran(resident, { id: "job" } as JobDescription, { kind: "reduce", stage: 1, partition: 0, span: 1, inputs });
  };
  read(0, 16);
  t.deepEqual(stage.found(), []);
  read(0, 8);
  t.deepEqual(stage.found(), ["lineage"]);
  read(99);
  t.deepEqual(stage.found(), ["lineage", "lineage"]);
});

for (const stored of ["nothing", "not synced", "its block not synced", "all"] as const) {
  test(`checks: a worker tells of a commit of which ${stored} is stable`, (t) => {
    const stage = openCheckStage();
    const { resident } = stage;
    const check = new DurabilityCheck(stage.problems);
    const commit = commitAt(0);
    const file = storeBlocks(stage, [1, 2, 3, 4]);
    if (stored === "its block not synced") file.syncedLength = 2;
    const payload = encodeCommit(commit);
    const value = new Uint8Array(RECORD_HEADER_BYTES + payload.length);
    value.set(payload, RECORD_HEADER_BYTES);
    const operation = { type: "put", key: recordKey(LOG, 1), value } as const;
    if (stored !== "nothing") resident.disk.level.write([operation], stored !== "not synced");
    check.told(resident, { type: "task.committed", job: "job", commit });
    t.deepEqual(stage.found(), stored === "all" ? [] : ["durability"]);
  });
}

for (const [what, log, payload, isRight] of [
  ["not in the journal", "job/other", "", false],
  ["in the journal", "job/job", "", true],
  ["running, and not in the journal", "record/job", '{"id":"job","state":"running"}', false],
  ["ended, and no longer in the journal", "record/job", '{"id":"job","state":"cancelled"}', true],
] as const) {
  test(`checks: a coordinator opens a job that is ${what}`, (t) => {
    const stage = openCheckStage({ role: "coordinator" });
    const value = Buffer.concat([new Uint8Array(RECORD_HEADER_BYTES), Buffer.from(payload)]);
    stage.resident.disk.level.write([{ type: "put", key: recordKey(log, 1), value }], true);
    const check = new DurabilityCheck(stage.problems);
    check.told(stage.resident, { type: "worker.open", job: { id: "job" } });
    t.deepEqual(stage.found(), isRight ? [] : ["durability"]);
  });
}

test("checks: an outcome that is told before the output is stable is reported", (t) => {
  const stage = openCheckStage({ role: "coordinator" });
  const check = new DurabilityCheck(stage.problems);
  const file = new SimulatedFile();
  file.write(Uint8Array.of(1), 0);
  stage.resident.disk.makeDirectory(OUTPUT_DIRECTORY);
  stage.resident.disk.filesIn(OUTPUT_DIRECTORY)?.set("job.csv", file);
  const output = { pairsWritten: 1, bytesWritten: 1, piecesDone: 1, pieceCount: 1 };
  check.outcome(stage.resident, "job", { kind: "done", output });
  t.deepEqual(stage.found(), ["durability"]);
  file.sync();
  file.isNameSynced = true;
  check.outcome(stage.resident, "job", { kind: "done", output });
  t.deepEqual(stage.found(), ["durability"]);
});

test("checks: a message that is heard twice, late, of an older life or of an older term is reported", (t) => {
  const envelope = (term: number, incarnation: number, sequence: number): Envelope => ({
    ...{ from: "worker/a", to: "coordinator", sequence, oldestUnacknowledged: 1, message: { type: "task.committed" } },
    fence: { term: toTerm(term), incarnation: toIncarnation(incarnation) },
  });
  for (const [second, found] of [
    [envelope(2, 2, 6), 0],
    [envelope(2, 3, 1), 0],
    [envelope(2, 2, 5), 1],
    [envelope(2, 1, 6), 1],
    [envelope(1, 2, 6), 1],
  ] as const) {
    const stage = openCheckStage();
    const check = new DeliveryCheck(stage.problems);
    const one = { life: 1, term: 1 };
    check.heard(stage.resident, envelope(2, 2, 5), one);
    check.heard(stage.resident, envelope(2, 2, 1), { life: 2, term: 2 });
    check.heard(stage.resident, second, one);
    t.is(stage.found().length, found, JSON.stringify(second));
  }
});

function started(id: string, incarnation: number): SupervisorNotice {
  return { type: "child.started", id, incarnation };
}

function exited(id: string, incarnation: number): SupervisorNotice {
  return { type: "child.exited", id, incarnation, reason: { kind: "lost", reason: "" } };
}

function restarting(id: string, incarnation: number, delayMs: number): SupervisorNotice {
  return { type: "child.restarting", id, incarnation, delayMs, reason: { kind: "lost", reason: "" } };
}

test("checks: an actor that is started while it runs, or as an older one, is reported", (t) => {
  for (const [notices, found] of [
    [[started("x", 1), exited("x", 1), started("x", 2)], 0],
    [[started("x", 1), started("x", 2)], 1],
    [[started("x", 2), exited("x", 2), started("x", 2)], 1],
  ] as const) {
    const stage = openCheckStage();
    const check = new IncarnationsCheck(stage.problems);
    check.started(stage.resident);
    for (const notice of notices) check.noticed(stage.resident, "partitions", notice);
    t.is(stage.found().length, found);
  }
});

test("checks: a second process of a worker, and a term that does not grow, are reported", (t) => {
  const stage = openCheckStage();
  const check = new IncarnationsCheck(stage.problems);
  check.started(stage.resident);
  check.started(openCheckStage().resident);
  t.deepEqual(stage.found(), ["incarnations"]);
  for (const epoch of [1, 1]) {
    const { resident } = openCheckStage({ role: "coordinator", id: "", epoch });
    check.started(resident);
    check.ended(resident);
  }
  t.deepEqual(stage.found(), ["incarnations", "incarnations"]);
});

test("checks: an output that appears while no coordinator of the latest term lives is reported", (t) => {
  const stage = openCheckStage({ role: "coordinator", id: "", epoch: 3 });
  const check = new IncarnationsCheck(stage.problems);
  check.started(stage.resident);
  check.renamed("/simulated/coordinator/results/.x.partial");
  t.deepEqual(stage.found(), []);
  check.ended(stage.resident);
  check.renamed("/simulated/coordinator/results/.x.partial");
  t.deepEqual(stage.found(), ["incarnations"]);
});

test("checks: a thread or a peer that waits for too much is reported", (t) => {
  const stage = openCheckStage();
  const check = new BoundsCheck(stage.problems);
  check.queued(stage.resident, 2);
  check.waiting(stage.resident, 100);
  t.deepEqual(stage.found(), []);
  check.queued(stage.resident, 3);
  check.waiting(stage.resident, 10_000);
  t.deepEqual(stage.found(), ["bounds", "bounds"]);
});

test("checks: a restart that comes too soon, too often, or out of order is reported", (t) => {
  const early = [started("x", 1), exited("x", 1), restarting("x", 2, 200), started("x", 2)];
  const hasty = [started("x", 1), exited("x", 1), restarting("x", 2, 1)];
  const dying = Array.from({ length: 11 }, (_, index) => [exited("x", index + 1), restarting("x", index + 2, 200)]);
  const often = [started("x", 1), ...dying.flat()];
  const hopeless: SupervisorNotice = { type: "supervisor.failed", error: new SupervisionError("NO_PROGRESS", "", []) };
  const outOfOrder = [started("x", 1), started("y", 1), exited("x", 1), started("x", 2)];
  const inOrder = [started("x", 1), started("y", 1), exited("y", 1), exited("x", 1), started("x", 2), started("y", 2)];
  for (const [notices, found] of [
    [early, 1],
    [hasty, 1],
    [often, 1],
    [outOfOrder, 1],
    [inOrder, 0],
    [[started("x", 1), hopeless], 1],
  ] as const) {
    const stage = openCheckStage();
    const check = new SupervisionCheck(stage.problems, () => 0);
    for (const notice of notices) check.noticed(stage.resident, "root", notice);
    t.is(stage.found().length, found, JSON.stringify(stage.problems.found));
  }
});

test("checks: a task that runs again without a reason is reported", (t) => {
  const stage = openCheckStage();
  const check = new RepetitionCheck(stage.problems, () => false);
  const job = { id: "job", plan: { partitions: 1 } } as JobDescription;
  check.ran(stage.resident, job, { kind: "split", split: 0 });
  check.ended(stage.resident);
  check.ran(stage.resident, job, { kind: "split", split: 0 });
  t.deepEqual(stage.found(), []);
  check.ran(stage.resident, job, { kind: "split", split: 0 });
  t.deepEqual(stage.found(), ["repetition"]);
});

test("checks: a process that runs what its journal holds is reported", (t) => {
  const stage = openCheckStage();
  const check = new RepetitionCheck(stage.problems, () => true);
  const job = { id: "job", plan: { partitions: 1 } } as JobDescription;
  check.committed(stage.resident, [appendOf(commitAt(0))], []);
  check.ran(stage.resident, job, { kind: "split", split: 1 });
  t.deepEqual(stage.found(), []);
  check.ran(stage.resident, job, { kind: "split", split: 0 });
  t.deepEqual(stage.found(), ["repetition"]);
  check.committed(stage.resident, [], [LOG]);
  check.ran(stage.resident, job, { kind: "split", split: 0 });
  t.deepEqual(stage.found(), ["repetition"]);
});

test("checks: a file or a log of a job that is over is reported, with a worker that lives", (t) => {
  for (const [file, log, found] of [
    ["other-at.a.1-e0-i1-o1-w0-s0-0.segment", partitionLog("other", 0), []],
    ["job-at.b.1-e0-i1-o1-w0-s0-0.segment", partitionLog("other", 0), ["leftovers"]],
    ["other-at.a.1-e0-i1-o1-w0-s0-0.segment", partitionLog("job", 2), ["leftovers"]],
  ] as const) {
    const { problems, resident, found: reported } = openCheckStage();
    const check = new LeftoversCheck([{ job: { id: "job" } } as Work], problems);
    check.started(resident);
    resident.disk.filesIn(resident.segmentDirectory)?.set(file, new SimulatedFile());
    resident.disk.level.write([{ type: "put", key: recordKey(log, 1), value: new Uint8Array(1) }], true);
    check.settled();
    t.deepEqual(reported(), [...found]);
    check.ended(resident);
    check.settled();
    t.is(reported().length, found.length);
  }
});

test("check: a worker that was drained, as an operator was told, and is still there", (t) => {
  for (const mayForget of [false, true]) {
    const { problems, resident, found } = openCheckStage();
    const check = new DeparturesCheck(problems, mayForget);
    check.started(resident);
    check.settled();
    t.deepEqual(found(), [], "nobody was told");
    check.drained(resident, resident.id);
    check.settled();
    t.deepEqual(found(), mayForget ? [] : ["departures"]);
    check.heard(resident, { from: workerAddress(resident.id), message: { type: "member.leaving" } } as Envelope);
    check.settled();
    t.is(found().length, mayForget ? 0 : 1, "it has left, and is started again");
    check.drained(resident, resident.id);
    check.ended(resident);
    check.settled();
    t.is(found().length, mayForget ? 0 : 1, "it has left");
  }
});

test("check: a worker that has said that it leaves, and makes itself known again", (t) => {
  const { problems, resident, found } = openCheckStage();
  const check = new DeparturesCheck(problems, false);
  check.told(resident, { type: "member.hello" });
  check.told(resident, { type: "member.leaving" });
  check.told(resident, { type: "task.committed" });
  t.deepEqual(found(), []);
  check.told(resident, { type: "member.hello" });
  t.deepEqual(found(), ["departures"]);
});
