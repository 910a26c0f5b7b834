/**
 * Whether a worker that is drained may go, and why a job waits for one.
 */
import test from "ava";
import { isNeeded, type JobsAtHand, whyWaiting } from "../../../actors/coordinator/workers-needed.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import type { Member } from "../../../actors/membership/messages.ts";

const JOB = { id: "j" } as JobDescription;
const SPECIAL = { id: "j", functions: "f1" } as JobDescription;

function member({ draining = true }: { readonly draining?: boolean } = {}): Member {
  return {
    ...{ id: "a", epoch: 1, life: 1, host: "here", slots: 1, exchange: "", version: "" },
    ...{ status: "alive", draining, joinedAtMs: 0 },
  };
}

const HEARD = (): boolean => true;

/** A job that runs and needs nothing. */
function atHand(changes: Partial<JobsAtHand> = {}): JobsAtHand {
  return {
    jobs: new Map([["j", JOB]]),
    members: new Map([["a", member()]]),
    progress: new Map([["j", { isComplete: false, needs: () => false }]]),
    placements: new Map([["j", { isBusy: () => false }]]),
    ...changes,
  };
}

test("needed: a worker that no job needs anything of may go", (t) => {
  t.false(isNeeded(atHand(), member(), HEARD));
});

test("needed: a worker may not go with what it alone holds, or with a task", (t) => {
  const needs = (worker: string): boolean => worker === "a";
  t.true(isNeeded(atHand({ progress: new Map([["j", { isComplete: true, needs }]]) }), member(), HEARD));
  t.true(isNeeded(atHand({ placements: new Map([["j", { isBusy: needs }]]) }), member(), HEARD));
});

test("needed: a worker may not go before each job that runs, and that it has a part in, has heard what it holds", (t) => {
  const hasHeard = (job: string, worker: string): boolean => job !== "j" || worker !== "a";
  t.true(isNeeded(atHand(), member(), hasHeard));
  t.false(isNeeded(atHand({ jobs: new Map() }), member(), hasHeard), "it has ended");
  t.false(isNeeded(atHand({ jobs: new Map([["j", SPECIAL]]) }), member(), hasHeard), "it has no part in it");
});

test("waits: for a worker that is there, has the functions, and is not drained, unless it ends what it has", (t) => {
  t.is(whyWaiting(atHand({ members: new Map() }), JOB), "no worker is there");
  t.regex(whyWaiting(atHand(), SPECIAL) ?? "", /no worker that is there has the functions/);
  t.regex(whyWaiting(atHand(), JOB) ?? "", /every worker that is there is being drained/);
  t.is(whyWaiting(atHand({ placements: new Map([["j", { isBusy: () => true }]]) }), JOB), undefined);
  t.is(whyWaiting(atHand({ progress: new Map([["j", { isComplete: true, needs: () => true }]]) }), JOB), undefined);
  t.is(whyWaiting(atHand({ members: new Map([["a", member({ draining: false })]]) }), JOB), undefined);
});
