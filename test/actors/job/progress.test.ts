/**
 * What a job has to run, by what is committed.
 */
import test from "ava";
import type { JobDescription } from "../../../actors/job/messages.ts";
import { JobProgress } from "../../../actors/job/progress.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import { changeKey, map, program, reduce } from "../../programs/build-program.ts";

function jobWithoutInput(...drafts: Parameters<typeof program>[0]): JobDescription {
  const made = program(drafts);
  const input = { files: [], splits: [], splitBytes: 1, outputFormat: "csv" } as const;
  return { id: "job", program: made, plan: makePlan(made), ...input };
}

test("progress: a job whose input is empty is complete at once, whatever its stages", (t) => {
  for (const drafts of [[map()], [reduce()], [reduce(), changeKey(), reduce()]]) {
    const progress = new JobProgress(jobWithoutInput(...drafts));
    t.true(progress.isComplete);
    t.deepEqual(progress.outstanding(), []);
    t.deepEqual(progress.outputRuns(), []);
  }
});
