/**
 * What submitters were promised is looked after: a coordinator that forgets a job, or tells another end of it, is reported.
 */
import test from "ava";
import type { ClusterDirector } from "../../../actors/cluster/cluster-director.ts";
import type { JobState, JobStatus } from "../../../actors/cluster/control.ts";
import { Submitter } from "../cluster/submitter.ts";
import type { Work } from "../workload.ts";
import { openCheckStage } from "./stage.ts";

const WORK = { job: { id: "job" }, text: "{}" } as unknown as Work;

/** A coordinator that knows these jobs, and accepts every other one. */
function directorOf(states: Readonly<Record<string, JobState>>): ClusterDirector {
  return {
    job: (id: string) => (id in states ? { id, state: states[id] } : undefined),
    submit: () => Promise.resolve({ id: "job" }),
    cancel: () => Promise.resolve({}),
  } as unknown as ClusterDirector;
}

async function accepted(mayForget: boolean) {
  const { found, problems, world } = openCheckStage();
  const submitter = new Submitter({ world, works: [WORK], problems, mayForget: () => mayForget });
  submitter.want(WORK, directorOf({}));
  await Promise.resolve();
  return { found, submitter };
}

for (const mayForget of [false, true]) {
  const circumstance = mayForget ? ", where nothing was promised to be kept" : "";
  const expected = mayForget ? [] : ["promises"];

  test(`checks: a coordinator that does not know a job that was accepted${circumstance}`, async (t) => {
    const { found, submitter } = await accepted(mayForget);
    submitter.met(directorOf({ job: "queued" }));
    t.deepEqual(found(), []);
    submitter.met(directorOf({}));
    t.deepEqual(found(), expected);
  });

  test(`checks: a coordinator that tells another end of a job than the one before it${circumstance}`, async (t) => {
    const { found, submitter } = await accepted(mayForget);
    submitter.told({ id: "job", state: "done" } as JobStatus);
    submitter.met(directorOf({ job: "done" }));
    t.deepEqual(found(), []);
    t.true(submitter.isDone);
    submitter.met(directorOf({ job: "failed" }));
    t.deepEqual(found(), expected);
  });
}
