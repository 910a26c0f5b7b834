/**
 * What a job's tasks have done, in numbers.
 *
 * Owns: which of a commit's counts are the job's.
 */
import type { TaskCommit } from "../partition/messages.ts";

export interface JobTotals {
  readonly stage: number;
  readonly tasksDone: number;
  readonly tasksOfStage: number;
  /** Of all stages. */
  readonly tasksCommitted: number;
  readonly pairsIn: number;
  readonly pairsOut: number;
  readonly rejected: number;
  readonly shuffledBytes: number;
  readonly bytesRead: number;
}

interface StageCommits {
  readonly index: number;
  readonly commits: ReadonlyMap<string, TaskCommit>;
}

/** Of the stages that were opened: other commits may never count. */
export function sumCommits(
  stages: readonly StageCommits[],
  lastStage: number,
): Omit<JobTotals, "stage" | "tasksDone" | "tasksOfStage"> {
  let [rejected, shuffledBytes, pairsIn, pairsOut, bytesRead] = [0, 0, 0, 0, 0];
  let tasksCommitted = 0;
  for (const { index, commits } of stages) {
    tasksCommitted += commits.size;
    for (const { result } of commits.values()) {
      rejected += result.rejectCount;
      if ((result.through ?? index) < lastStage) shuffledBytes += result.bytesOut;
      else pairsOut += result.pairsOut;
      if (index !== 0) continue;
      pairsIn += result.pairsIn;
      bytesRead += result.bytesIn;
    }
  }
  return { tasksCommitted, pairsIn, pairsOut, rejected, shuffledBytes, bytesRead };
}
