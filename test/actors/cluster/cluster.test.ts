/**
 * One job on several workers that have nothing in common but messages and blocks: output and rejects are those of one
 * process, whoever dies, loses its disk, joins or returns meanwhile.
 */
import test from "ava";
import { RELEASE_INTERVAL_MS } from "../../../actors/options.ts";
import { HASTY_CLOCK } from "../jobs/job-stage.ts";
import type { ClusterStage } from "./cluster-stage.ts";
import { compare, sampleOf, stageOf } from "./sample.ts";

/** Resolves when so many tasks are committed. */
async function committed(stage: ClusterStage, count: number): Promise<void> {
  while (stage.committed < count) await new Promise<void>((resolve) => void setImmediate(resolve));
}

test("cluster: one, two and three workers give what one process gives", async (t) => {
  const sample = await sampleOf(t);
  t.truthy(sample.output);
  t.truthy(sample.rejects);
  for (const workers of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    const stage = await stageOf(t, sample.job, workers);
    compare(t, await stage.run(), sample, workers.join());
  }
});

for (const loseDisk of [false, true]) {
  test(`cluster: a worker is killed at some commit, ${loseDisk ? "with" : "without"} its disk, and does not return`, async (t) => {
    const sample = await sampleOf(t);
    for (const moment of [1, 20]) {
      const stage = await stageOf(t, sample.job, ["a", "b", "c"]);
      const end = await stage.run(async () => {
        await committed(stage, moment);
        await stage.killWorker("b", { loseDisk });
      });
      compare(t, end, sample, `at ${moment}`);
    }
  });

  test(`cluster: a worker is killed at some commit, and returns ${loseDisk ? "without" : "with"} its disk`, async (t) => {
    const sample = await sampleOf(t);
    for (const moment of [2, 15]) {
      const stage = await stageOf(t, sample.job, ["a", "b"]);
      const end = await stage.run(async () => {
        await committed(stage, moment);
        await stage.killWorker("b", { loseDisk });
        await stage.startWorker("b");
      });
      compare(t, end, sample, `at ${moment}`);
    }
  });
}

test("cluster: a worker that joins late is given work, and the first may go", async (t) => {
  const sample = await sampleOf(t);
  const stage = await stageOf(t, sample.job, ["a"]);
  const end = await stage.run(async () => {
    await committed(stage, 3);
    await stage.startWorker("b");
    await committed(stage, 12);
    await stage.killWorker("a", { loseDisk: true });
  });
  compare(t, end, sample, "late");
});

test("cluster: the coordinator is killed at some commit and started again", async (t) => {
  const sample = await sampleOf(t);
  for (const moment of [1, 15]) {
    const stage = await stageOf(t, sample.job, ["a", "b"]);
    const end = await stage.run(async () => {
      await committed(stage, moment);
      await stage.killCoordinator();
      await stage.startCoordinator();
    });
    compare(t, end, sample, `at ${moment}`);
  }
});

test("cluster: all workers are killed and return", async (t) => {
  const sample = await sampleOf(t);
  const stage = await stageOf(t, sample.job, ["a", "b", "c"]);
  const end = await stage.run(async () => {
    await committed(stage, 10);
    for (const worker of ["a", "b", "c"]) await stage.killWorker(worker);
    for (const worker of ["c", "a", "b"]) await stage.startWorker(worker);
  });
  compare(t, end, sample, "all");
});

test("cluster: with a second copy of everything, a lost disk costs what was under way, and no more", async (t) => {
  const sample = await sampleOf(t);
  for (const moment of [8, 20]) {
    const stage = await stageOf(t, sample.job, ["a", "b", "c"], { replicas: 2 });
    let copied = false;
    const end = await stage.run(async () => {
      await committed(stage, moment);
      // What is committed later may be lost before it is copied.
      copied = stage.isHeldBy(2);
      await stage.killWorker("b", { loseDisk: true });
    });
    compare(t, end, sample, `at ${moment}`);
    if (copied) t.true((stage.repairs?.orphaned ?? 0) <= 1, `${stage.repairs?.orphaned} tasks were run again`);
  }
});

test("cluster: a worker that is drained hands over what it holds, and goes while the job runs", async (t) => {
  const sample = await sampleOf(t);
  for (const moment of [2, 15]) {
    const stage = await stageOf(t, sample.job, ["a", "b"]);
    const end = await stage.run(async () => {
      await committed(stage, moment);
      await stage.drain("b");
      await stage.gone("b");
    });
    compare(t, end, sample, `at ${moment}`);
    t.is(stage.repairs?.orphaned ?? 0, 0);
    t.is(stage.repairs?.damaged ?? 0, 0);
  }
});

test("cluster: a worker that is drained stays while a coordinator that begins anew does not know what it holds", async (t) => {
  const sample = await sampleOf(t);
  const stage = await stageOf(t, sample.job, ["a", "b"]);
  let isGone = false;
  const end = await stage.run(async () => {
    await committed(stage, 15);
    await stage.drain("b");
    const gone = stage.gone("b").then(() => {
      isGone = true;
    });
    await stage.killWorker("a");
    await stage.killCoordinator();
    await stage.startCoordinator();
    // The job waits for the other worker, which may have all that this one has.
    await new Promise<void>((resolve) => void HASTY_CLOCK.setTimeout(resolve, 3 * RELEASE_INTERVAL_MS));
    t.false(isGone);
    await stage.startWorker("a");
    await gone;
  });
  compare(t, end, sample, "restarted");
  t.is(stage.repairs?.orphaned ?? 0, 0);
  t.is(stage.repairs?.damaged ?? 0, 0);
});

test("cluster: a job that nobody comes to work on fails in its time, and says why", async (t) => {
  const { job } = await sampleOf(t);
  const stage = await stageOf(t, job, [], { workerWaitMs: 20 });
  const { outcome } = await stage.run();
  t.is(outcome.kind, "failed");
  if (outcome.kind !== "failed") return;
  t.is(outcome.failure.code, "NO_WORKERS");
  t.regex(outcome.failure.message, /has had no worker for 0.02 s: no worker is there$/);
});

test("cluster: workers that have not the functions which a job names are none for it", async (t) => {
  const { job } = await sampleOf(t);
  const stage = await stageOf(t, { ...job, functions: "other" }, ["a"], { workerWaitMs: 20 });
  const { outcome } = await stage.run();
  t.regex(outcome.kind === "failed" ? outcome.failure.message : "", /no worker that is there has the functions/);
});
