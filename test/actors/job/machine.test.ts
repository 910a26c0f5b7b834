/**
 * What a job tells workers that have what somebody else has done, and when it gives up what starves again and again.
 */
import test, { type ExecutionContext } from "ava";
import { createActor } from "xstate";
import type { TaskFailure } from "../../../actors/executor/messages.ts";
import { jobMachine } from "../../../actors/job/machine.ts";
import type { JobDescription, JobOutcome, TaskRace } from "../../../actors/job/messages.ts";
import { Placement } from "../../../actors/job/placement.ts";
import { JobProgress } from "../../../actors/job/progress.ts";
import type { Member } from "../../../actors/membership/messages.ts";
import { RACE_INTERVAL_MS, RACE_LEAST_MS, VAIN_REPAIRS_MAX } from "../../../actors/options.ts";
import type { TaskCommit } from "../../../actors/partition/messages.ts";
import type { WorkerCommand } from "../../../actors/worker/messages.ts";
import { toIncarnation } from "../../../runtime/identity.ts";
import { map, program } from "../../programs/build-program.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";
import { prepare } from "../jobs/job-stage.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";

const LINE = "1,2\n";

function member(id: string, life = 1): Member {
  return {
    ...{ id, epoch: 1, life, host: "here", slots: 1, exchange: "", version: "" },
    ...{ status: "alive", draining: false, joinedAtMs: 0 },
  };
}

function commitOf(sequence: number): TaskCommit {
  const counts = { pairsIn: 1, pairsOut: 1, lines: 1, bytesIn: 4, bytesOut: 9, rejectCount: 0 };
  return { stage: 0, partition: 0, sequence, result: { ...counts, bundles: [], runs: [], rejects: [] } };
}

async function stageOf(t: ExecutionContext, splitCount: number, replicas = 1) {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": LINE.repeat(splitCount) });
  const target = { directory, splitBytes: LINE.length, partitions: 1 };
  const job: JobDescription = await prepare(program([map()]), { paths: ["a.csv"] }, target);
  const clock = new SimulatedClock();
  const sent: string[] = [];
  const races: TaskRace[] = [];
  let outputs = 0;
  const outcomes: JobOutcome[] = [];
  const progress = new CountingProgress(job);
  const actor = createActor(jobMachine, {
    clock,
    input: {
      ...{ job, progress, placement: new Placement(), workplaces: new Map(), members: [] },
      replicas,
      nowMs: () => clock.nowMs(),
      send: (worker: string, command: WorkerCommand) => {
        if (command.type === "worker.run") {
          for (const { tasks } of command.runs)
            for (const { sequence } of tasks) sent.push(`${worker} runs ${sequence}`);
        }
        if (command.type === "worker.stop") {
          for (const { stage, partition, sequence } of command.tasks) {
            sent.push(`${worker} stops ${stage}/${partition}/${sequence}`);
          }
        }
      },
      startOutput: () => {
        outputs += 1;
      },
      ...{
        noteTakenOver: () => {},
        noteWithdrawn: () => {},
        noteLost: () => {},
      },
      noteRace: (race) => races.push(race),
      tell: (outcome) => outcomes.push(outcome),
    },
  });
  t.teardown(() => actor.stop());
  actor.start();
  const announce = (worker: string): void => actor.send({ type: "member.joined", member: member(worker) });
  const join = (worker: string, pending?: readonly number[], life = 1): void => {
    actor.send({ type: "member.joined", member: member(worker, life) });
    actor.send({ type: "worker.opened", job: job.id, partitions: pending === undefined ? [] : [0], worker });
    if (pending !== undefined) recover(worker, pending);
  };
  const recover = (worker: string, pending: readonly number[] = []): void =>
    actor.send({
      type: "partition.recovered",
      ...{ job: job.id, worker, partition: 0, incarnation: toIncarnation(1), commits: [] },
      ...{ unusableCount: 0, pending: pending.map((sequence) => ({ stage: 0, sequence })) },
    });
  const commit = (worker: string, sequence: number): void =>
    actor.send({ type: "task.committed", commit: commitOf(sequence), job: job.id, worker });
  const starve = (worker: string, sequence: number): void => {
    const damage = [{ segment: "lost.segment", offset: 0, byteLength: 1 }];
    const failure = { code: "BLOCK_UNREACHABLE", message: "nobody has it", damage };
    actor.send({ type: "task.starved", stage: 0, partition: 0, sequence, failure, job: job.id, worker });
  };
  const fail = (worker: string, failure: TaskFailure): void =>
    actor.send({ type: "task.failed", stage: 0, partition: 0, failure, job: job.id, worker });
  const lose = (worker: string): void => actor.send({ type: "member.lost", worker, reason: "silence" });
  const taken = (): string[] => sent.splice(0);
  return {
    clock,
    races,
    outcomes,
    announce,
    join,
    recover,
    commit,
    starve,
    fail,
    lose,
    taken,
    outputs: () => outputs,
    progress,
  };
}

class CountingProgress extends JobProgress {
  looks = 0;

  override outstanding() {
    this.looks += 1;
    return super.outstanding();
  }
}

test("gathering: what a worker ends while others have not told yet what they hold is told once, and counts", async (t) => {
  const { announce, join, commit, starve, taken, outputs } = await stageOf(t, 2);
  announce("late");
  join("busy", [0, 1]);
  commit("busy", 0);
  starve("busy", 1);
  t.deepEqual(taken(), []);
  join("late");
  t.deepEqual(taken().length, 1);
  t.is(outputs(), 0);
  commit("late", 1);
  t.is(outputs(), 1);
});

test("copies: a partition that begins anew has dropped what it was to copy, and is asked for it again (J6)", async (t) => {
  const { join, recover, commit, taken } = await stageOf(t, 2, 2);
  join("holder", []);
  join("other", []);
  const given = taken();
  t.is(given.length, 2);
  const [, first] = /^holder runs (\d)$/.exec(given.find((line) => line.startsWith("holder")) ?? "") ?? [];
  commit("holder", Number(first));
  t.deepEqual(taken(), [`other runs ${first}`]);
  commit("holder", Number(first));
  t.deepEqual(taken(), [], "it was asked for already");
  recover("other");
  t.true(taken().includes(`other runs ${first}`));
});

test("partitions: one that is started for its first task is given it, without a look at all other tasks", async (t) => {
  const { join, recover, taken, progress } = await stageOf(t, 3);
  join("a", []);
  const given = taken();
  t.is(given.length, 3);
  const { looks } = progress;
  recover("a");
  t.deepEqual(taken(), given);
  t.is(progress.looks, looks);
});

test("races: the loser is told to stop the task, once, and the story knows who was first", async (t) => {
  const { clock, races, join, commit, taken } = await stageOf(t, 1);
  join("slow");
  join("fast");
  t.deepEqual(taken(), ["slow runs 0"]);
  clock.advance(RACE_LEAST_MS + RACE_INTERVAL_MS);
  t.deepEqual(taken(), ["fast runs 0"]);
  commit("fast", 0);
  t.deepEqual(taken(), ["slow stops 0/0/0"]);
  t.deepEqual(races, [
    { task: { stage: 0, partition: 0, sequence: 0 }, winner: "fast", losers: ["slow"], ownerWon: false },
  ]);
  commit("slow", 0);
  t.deepEqual(taken(), []);
  t.is(races.length, 1);
});

test("races: where the one that had it first commits it, the other is told to stop", async (t) => {
  const { clock, races, join, commit, taken } = await stageOf(t, 1);
  join("slow");
  join("fast");
  clock.advance(RACE_LEAST_MS + RACE_INTERVAL_MS);
  taken();
  commit("slow", 0);
  t.deepEqual(taken(), ["fast stops 0/0/0"]);
  t.deepEqual([races[0]?.winner, races[0]?.ownerWon], ["slow", true]);
});

test("zombies: who comes back with tasks that others have committed is told to stop them", async (t) => {
  const { join, commit, lose, taken } = await stageOf(t, 3);
  join("zombie");
  join("heir");
  t.deepEqual(taken(), ["zombie runs 0", "zombie runs 1", "zombie runs 2"]);
  lose("zombie");
  t.deepEqual(taken(), ["heir runs 0", "heir runs 1", "heir runs 2"]);
  commit("heir", 0);
  join("zombie", [0, 1, 2]);
  t.deepEqual(taken(), ["zombie stops 0/0/0"]);
  commit("zombie", 1);
  t.deepEqual(taken(), ["heir stops 0/0/1"], "what both have they race");
  commit("heir", 2);
  t.deepEqual(taken(), ["zombie stops 0/0/2"]);
});

test("failing: a job says on which worker, unless it would fail on any other, too", async (t) => {
  const full = { code: "DISK_FULL", message: "no space left" };
  const bad: TaskFailure = {
    ...{ code: "BAD_RECORD", message: '"x": it is bad' },
    reject: { kind: "record", line: 0, text: "x", reason: "it is bad" },
  };
  const poisoned = { code: "TASK_POISONED", message: "the function ended 3 executors" };
  for (const failure of [full, bad, poisoned]) {
    const { outcomes, join, fail } = await stageOf(t, 1);
    join("worker");
    fail("worker", failure);
    const place = failure === full ? { worker: "worker" } : {};
    t.deepEqual(outcomes, [{ kind: "failed", failure, ...place }]);
  }
});

test("starving: a task that starves of what nobody holds is given out again a few times, then the job ends by name", async (t) => {
  const { outcomes, join, starve, taken } = await stageOf(t, 1);
  join("worker");
  for (let count = 1; count <= VAIN_REPAIRS_MAX; count += 1) {
    starve("worker", 0);
    t.deepEqual(outcomes, []);
  }
  t.deepEqual(taken(), Array(1 + VAIN_REPAIRS_MAX).fill("worker runs 0"));
  starve("worker", 0);
  const message = `task 0/0/0 has starved ${VAIN_REPAIRS_MAX + 1} times in a row of what nobody is said to hold: nobody has it`;
  t.deepEqual(outcomes, [{ kind: "failed", failure: { code: "REPAIR_IN_VAIN", message } }]);
});

test("starving: what is committed, lost or brought back meanwhile gives every task as many tries again", async (t) => {
  const { outcomes, join, commit, starve, lose } = await stageOf(t, 2);
  join("worker");
  join("other");
  const changes = [() => commit("worker", 1), () => lose("other"), () => join("other", [])];
  for (const change of changes) {
    for (let count = 1; count <= VAIN_REPAIRS_MAX; count += 1) starve("worker", 0);
    change();
  }
  t.deepEqual(outcomes, []);
});

test("starving: many tasks that miss one block each tell so, and the job goes on", async (t) => {
  const taskCount = 3 * VAIN_REPAIRS_MAX;
  const { outcomes, join, starve } = await stageOf(t, taskCount);
  join("worker");
  for (let sequence = 0; sequence < taskCount; sequence += 1) starve("worker", sequence);
  t.deepEqual(outcomes, []);
});
