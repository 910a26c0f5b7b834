/**
 * How far a job has come, and what is to be run next.
 *
 * Owns: the bookkeeping of committed tasks, and which blocks a partition needs.
 * Never: sends a message, touches the journal, reads a clock.
 *
 * J1. A commit counts once, however often it is told.
 * J2. A stage's tasks are handed out when every task of the stage before is committed: a reduce needs all of its input.
 * J3. A partition without input has nothing to run; no actor is started for it.
 * J4. What a task is given is a pure function of the job and of the commits before it, in (partition, sequence) order.
 * J5. A task that was a whole stage may have gone on: its commit stands for all stages up to the one that it names.
 * J6. A commit of which something is damaged is withdrawn; its stage goes on until it is made again, and what later
 *     stages have committed meanwhile stays: made again, the bytes are the same.
 * J7. How far a task goes on may be another when it is made again. So commits count only of stages that were opened, and
 *     those that another commit stands for now are left out.
 */
import { bundleHeaderBytes } from "../../programs/blocks/bundle.ts";
import { type ShuffledAmount, taskSpan } from "../../programs/plan/task-span.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { BundleReference, RunReference, StoredReference } from "../executor/messages.ts";
import { TASK_REPAIRS_MAX } from "../options.ts";
import {
  type PartitionRun,
  type PartitionTask,
  referencesOf,
  type TaskCommit,
  type Withdrawal,
} from "../partition/messages.ts";
import type { JobDescription } from "./messages.ts";

interface StageProgress {
  readonly runs: readonly PartitionRun[];
  readonly taskCount: number;
  /** By task name; commits of stages that have not begun wait here too. */
  readonly commits: Map<string, TaskCommit>;
}

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

export class JobProgress {
  readonly #job: JobDescription;
  readonly #commitsByStage = new Map<number, Map<string, TaskCommit>>();
  #stage: StageProgress;
  #stageIndex = 0;
  /** The stages that were opened, in order (J7); the last one is the present one, until the job is complete. */
  #opened: number[] = [];
  /** How often each task's commit was withdrawn, by task name. */
  readonly #withdrawals = new Map<string, number>();
  #withdrawnMost = 0;
  /** What the present stage reads, or, at the end, the output (J4). */
  #results: readonly TaskCommit[] = [];

  constructor(job: JobDescription) {
    this.#job = job;
    this.#stage = this.#open(0, splitRuns(job));
    // Without any input there is no commit to wait for.
    this.#advance();
  }

  /** Notes a commit (J1); returns the runs that it makes possible: those of the next stage with work, or none. */
  commit(commit: TaskCommit): readonly PartitionRun[] {
    this.#commitsOf(commit.stage).set(taskName(commit), commit);
    return commit.stage === this.#stageIndex ? this.#advance() : [];
  }

  /** Notes what a journal held; the job has not begun to run yet. */
  restore(commits: readonly TaskCommit[]): void {
    for (const commit of commits) this.#commitsOf(commit.stage).set(taskName(commit), commit);
    this.#advance();
  }

  /** Forgets the commits that refer to damaged bytes (J6); returns them. Those that were made again since stay. */
  withdraw(damage: readonly SegmentReference[]): readonly Withdrawal[] {
    const damaged = new Set(damage.map(placeName));
    const withdrawals: Withdrawal[] = [];
    for (const commits of this.#commitsByStage.values()) {
      for (const [name, commit] of commits) {
        const at = referencesOf(commit).find((reference) => damaged.has(placeName(reference)));
        if (at === undefined) continue;
        commits.delete(name);
        const { stage, partition, sequence } = commit;
        withdrawals.push({ stage, partition, sequence, at });
        this.#withdrawnMost = Math.max(this.#withdrawnMost, this.#countWithdrawal(name));
      }
    }
    const opened = withdrawals.map(({ stage }) => stage).filter((stage) => this.#opened.includes(stage));
    const earliest = Math.min(...opened);
    if (earliest < this.#stageIndex) this.#goBackTo(earliest);
    return withdrawals;
  }

  /** Whether one task's result was damaged so often that making it again is no remedy. */
  get isBeyondRepair(): boolean {
    return this.#withdrawnMost > TASK_REPAIRS_MAX;
  }

  /** Tasks of the present stage that must have been committed, since later stages have commits (J2), and are not. */
  get lostCount(): number {
    if (this.isComplete) return 0;
    const hasLater = [...this.#commitsByStage].some(([stage, { size }]) => stage > this.#stageIndex && size > 0);
    return hasLater ? this.#stage.taskCount - this.#stage.commits.size : 0;
  }

  /** What is still to be run of the present stage, everywhere. */
  outstanding(): readonly PartitionRun[] {
    return this.isComplete ? [] : this.#stage.runs.flatMap((run) => this.#outstandingOf(run));
  }

  /** What is still to be run of the present stage by one partition. */
  outstandingOf(partition: number): readonly PartitionTask[] {
    if (this.isComplete) return [];
    const run = this.#stage.runs.find((candidate) => candidate.partition === partition);
    return run === undefined ? [] : (this.#outstandingOf(run)[0]?.tasks ?? []);
  }

  /** True when only the output is left. */
  get isComplete(): boolean {
    return this.#stageIndex >= this.#job.plan.stages.length;
  }

  /** Runs of the final stage, in (partition, sequence) order. */
  outputRuns(): readonly RunReference[] {
    return this.#results.flatMap(({ result }) => result.runs);
  }

  /** Commits that have rejects, by stage, those of stage 0 in the order of the input. */
  rejects(): readonly TaskCommit[] {
    return this.#opened.flatMap((stage) => this.#ordered(stage)).filter(({ result }) => result.rejectCount > 0);
  }

  /** Every commit of stage 0 by split, for line numbers. */
  splitCommits(): readonly (TaskCommit | undefined)[] {
    const bySplit: (TaskCommit | undefined)[] = [];
    const { partitions } = this.#job.plan;
    for (const commit of this.#commitsOf(0).values()) bySplit[commit.partition + commit.sequence * partitions] = commit;
    return bySplit;
  }

  totals(): JobTotals {
    let [rejected, shuffledBytes, pairsIn, pairsOut, bytesRead] = [0, 0, 0, 0, 0];
    let tasksCommitted = 0;
    const lastStage = this.#job.plan.stages.length - 1;
    for (const stage of this.#opened) {
      const commits = this.#commitsOf(stage);
      tasksCommitted += commits.size;
      for (const { result } of commits.values()) {
        rejected += result.rejectCount;
        if ((result.through ?? stage) < lastStage) shuffledBytes += result.bytesOut;
        else pairsOut += result.pairsOut;
        if (stage === 0) {
          pairsIn += result.pairsIn;
          bytesRead += result.bytesIn;
        }
      }
    }
    const stage = Math.min(this.#stageIndex, lastStage);
    const tasksDone = this.#commitsOf(stage).size;
    return {
      stage,
      tasksDone,
      tasksOfStage: this.#stage.taskCount,
      tasksCommitted,
      pairsIn,
      pairsOut,
      rejected,
      shuffledBytes,
      bytesRead,
    };
  }

  /** Opens a stage anew that was opened before. */
  #goBackTo(stage: number): void {
    this.#opened = this.#opened.slice(0, this.#opened.indexOf(stage));
    const before = this.#opened.at(-1);
    this.#results = before === undefined ? [] : this.#ordered(before);
    this.#stageIndex = stage;
    this.#stage = this.#open(stage, before === undefined ? splitRuns(this.#job) : this.#reduceRuns(stage));
  }

  #countWithdrawal(task: string): number {
    const count = (this.#withdrawals.get(task) ?? 0) + 1;
    this.#withdrawals.set(task, count);
    return count;
  }

  #outstandingOf(run: PartitionRun): PartitionRun[] {
    const { partition } = run;
    const tasks = run.tasks.filter(
      ({ stage, sequence }) => !this.#stage.commits.has(taskName({ stage, partition, sequence })),
    );
    return tasks.length === 0 ? [] : [{ partition, tasks }];
  }

  #advance(): readonly PartitionRun[] {
    const begun = this.#stageIndex;
    while (!this.isComplete && this.#stage.commits.size >= this.#stage.taskCount) {
      this.#results = this.#ordered(this.#stageIndex);
      const through = this.#results.map(({ stage, result }) => result.through ?? stage);
      this.#stageIndex = Math.max(this.#stageIndex, ...through) + 1;
      if (!this.isComplete) this.#stage = this.#open(this.#stageIndex, this.#reduceRuns(this.#stageIndex));
    }
    return this.#stageIndex === begun ? [] : this.outstanding();
  }

  #open(stage: number, runs: readonly PartitionRun[]): StageProgress {
    const taskCount = runs.reduce((count, { tasks }) => count + tasks.length, 0);
    this.#opened.push(stage);
    return { runs, taskCount, commits: this.#commitsOf(stage) };
  }

  #reduceRuns(stage: number): PartitionRun[] {
    const { plan } = this.#job;
    const bundles = this.#results.flatMap(({ result }) => result.bundles);
    const span = taskSpan(plan, stage, amountOf(bundles, plan.partitions));
    const inputs = new Map<number, StoredReference[]>();
    for (const { at, targets } of bundles) {
      for (const first of firstPartitions(targets, plan.partitions, span)) {
        const known = inputs.get(first);
        if (known === undefined) inputs.set(first, [at]);
        else known.push(at);
      }
    }
    const partitions = [...inputs.keys()].sort((left, right) => left - right);
    return partitions.map((partition) => {
      const reach = { partition, span: Math.min(span, plan.partitions - partition) };
      const task = { kind: "reduce", stage, ...reach, inputs: inputs.get(partition) ?? [] } as const;
      return { partition, tasks: [{ stage, sequence: 0, task }] };
    });
  }

  #commitsOf(stage: number): Map<string, TaskCommit> {
    let commits = this.#commitsByStage.get(stage);
    if (commits === undefined) {
      commits = new Map();
      this.#commitsByStage.set(stage, commits);
    }
    return commits;
  }

  /** Stage 0 in the order of the splits, any other by partition and sequence (J4). */
  #ordered(stage: number): TaskCommit[] {
    const commits = [...this.#commitsOf(stage).values()];
    if (stage === 0) return commits.sort((one, two) => one.sequence - two.sequence || one.partition - two.partition);
    return commits.sort((one, two) => one.partition - two.partition || one.sequence - two.sequence);
  }
}

function splitRuns(job: JobDescription): PartitionRun[] {
  const { partitions } = job.plan;
  const runs: PartitionTask[][] = [];
  for (let split = 0; split < job.splits.length; split += 1) {
    const partition = split % partitions;
    runs[partition] ??= [];
    runs[partition].push({ stage: 0, sequence: Math.floor(split / partitions), task: { kind: "split", split } });
  }
  return runs.map((tasks, partition) => ({ partition, tasks }));
}

function amountOf(bundles: readonly BundleReference[], partitions: number): ShuffledAmount {
  let [pairs, bytes] = [0, 0];
  for (const { at, pairCount } of bundles) {
    pairs += pairCount;
    bytes += at.byteLength - bundleHeaderBytes(partitions);
  }
  return { pairs, bytes };
}

/** The first partition of every task that has a block in a bundle. */
function firstPartitions(targets: readonly number[] | undefined, partitions: number, span: number): Set<number> {
  const firsts = new Set<number>();
  if (targets !== undefined) for (const target of targets) firsts.add(target - (target % span));
  else for (let first = 0; first < partitions; first += span) firsts.add(first);
  return firsts;
}

function taskName({ stage, partition, sequence }: { stage: number; partition: number; sequence: number }): string {
  return `${stage}/${partition}/${sequence}`;
}

function placeName({ segment, offset }: SegmentReference): string {
  return `${segment}:${offset}`;
}
