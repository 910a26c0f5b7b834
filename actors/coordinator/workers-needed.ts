/**
 * What the jobs of a coordinator need of its workers: whether one may go, and why a job waits for one.
 *
 * Never: changes anything, sends a message.
 */
import { canRun, type JobDescription } from "../job/messages.ts";
import type { Member } from "../membership/messages.ts";

/** What is known of jobs; each map is by job id. */
export interface JobsAtHand {
  /** Those that run. */
  readonly jobs: ReadonlyMap<string, JobDescription>;
  readonly members: ReadonlyMap<string, Member>;
  /** Also of jobs that have ended. */
  readonly progress: ReadonlyMap<
    string,
    {
      readonly isComplete: boolean;
      /** Whether something is needed that this worker alone holds. */
      needs(worker: string): boolean;
    }
  >;
  /** `isBusy`: whether the worker has tasks that it has not told the end of. */
  readonly placements: ReadonlyMap<string, { isBusy(worker: string): boolean }>;
}

/** Whether a worker has told a job all that it holds of it. */
export type HasHeard = (job: string, worker: string) => boolean;

/**
 * Whether a job needs something that this worker alone has, or may need it: as long as a job that runs has not heard what the
 * worker holds, nobody knows.
 */
export function isNeeded({ jobs, placements, progress }: JobsAtHand, member: Member, hasHeard: HasHeard): boolean {
  const { id: worker } = member;
  return (
    [...jobs.values()].some((job) => canRun(job, member) && !hasHeard(job.id, worker)) ||
    [...progress.values()].some((job) => job.needs(worker)) ||
    [...placements.values()].some((placement) => placement.isBusy(worker))
  );
}

/** Undefined: somebody can work on the job. Who is drained ends what was begun, and what nobody else can write. */
export function whyWaiting({ members, placements, progress }: JobsAtHand, job: JobDescription): string | undefined {
  if (members.size === 0) return "no worker is there";
  const able = [...members.values()].filter((member) => canRun(job, member));
  if (able.length === 0) return "no worker that is there has the functions that it names";
  const isBusy = (worker: string): boolean => placements.get(job.id)?.isBusy(worker) === true;
  if (able.some(({ id, draining }) => !draining || isBusy(id))) return undefined;
  return progress.get(job.id)?.isComplete === true ? undefined : "every worker that is there is being drained";
}
