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
 * J8. What a lost worker held is made again, unless another one holds it too, or nobody needs it any more.
 * J9. A stage's results are needed until the stage that reads them is complete.
 * J11. What has been freed is made again as a whole, from the first stage on that is needed for it, when something of a later
 *      stage is lost that is read again: nobody has to be told by a task that it starves of it.
 * J10. A worker that has lost the end of its journal may hold another commit of a task than before, and one that had not
 *      heard yet that a task is made again may tell its old commit first: what reads it is given the blocks that are there
 *      now.
 */
import { isAmong } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { RunReference } from "../executor/messages.ts";
import { TASK_REPAIRS_MAX } from "../options.ts";
import type { PartitionRun, TaskCommit } from "../partition/messages.ts";
import { type Dropped, Holdings, isSamePlace, reachOf } from "./holdings.ts";
import type { JobDescription, TaskName } from "./messages.ts";
import { taskName } from "./placement.ts";
import { reduceRuns, splitRuns } from "./stage-tasks.ts";
import { type JobTotals, sumCommits } from "./totals.ts";
import { Withdrawals, type WorkerWithdrawal } from "./withdrawals.ts";

interface StageProgress {
  readonly index: number;
  readonly runs: readonly PartitionRun[];
  readonly taskCount: number;
  /** By task name; commits of stages that have not begun wait here too. */
  readonly commits: Map<string, TaskCommit>;
}

export interface HeldCommit {
  /** Of the task. */
  readonly name: string;
  readonly commit: TaskCommit;
  /** Workers. */
  readonly holders: readonly string[];
  /** Its rejects alone are needed: its blocks may have been freed. */
  readonly isFreed: boolean;
}

export class JobProgress {
  readonly #job: JobDescription;
  readonly #commitsByStage = new Map<number, Map<string, TaskCommit>>();
  #stage: StageProgress;
  #stageIndex = 0;
  /** The stages that were opened, in order (J7); the last one is the present one, until the job is complete. */
  #opened: StageProgress[] = [];
  readonly #holdings = new Holdings();
  /** Names of tasks that are made again since what they had made was freed (J11). */
  readonly #remade = new Set<string>();
  readonly #withdrawals = new Withdrawals();
  /** What `takeFreeable` has told. */
  #freedBelow = 0;
  /** What the present stage reads, or, at the end, the output (J4). */
  #results: readonly TaskCommit[] = [];

  constructor(job: JobDescription) {
    this.#job = job;
    this.#stage = this.#open(0, splitRuns(job));
    // Without any input there is no commit to wait for.
    this.#advance();
  }

  /** Notes a commit (J1) that a worker holds; true if it ends the present stage, or what that reads is elsewhere now (J10). */
  commit(commit: TaskCommit, worker: string): boolean {
    const isMoved = this.#note(commit, worker);
    if (isMoved && commit.stage >= this.#neededFrom() && this.#goBackToAnyOf([commit])) {
      this.#advance();
      return true;
    }
    return commit.stage === this.#stageIndex && this.#advance();
  }

  /** Notes what a worker's journal held, and what of it has gone. */
  restore(commits: readonly TaskCommit[], worker: string, gone: readonly TaskName[] = []): void {
    const goneNames = new Set(gone.map(taskName));
    const moved: TaskCommit[] = [];
    for (const commit of commits) {
      const name = taskName(commit);
      const isGone = goneNames.has(name);
      if (this.#note(commit, worker, isGone)) moved.push(commit);
      // It was not there when it should have heard so: it could not even copy what others have made again.
      const isHeld = commit.stage >= this.#neededFrom() && !this.#holdings.isGone(name);
      if (isGone && (isHeld || this.#remade.has(name))) this.#dropGone(name);
    }
    const from = this.#neededFrom();
    this.#goBackToAnyOf(moved.filter(({ stage }) => stage >= from)); // J10
    this.#advance();
  }

  /**
   * To be called before tasks are handed out, when everybody has told what there is: goes back as far as the input of the
   * present stage, or of the output, has gone (J11). Returns how many tasks have to be run again for it.
   */
  settle(): number {
    let count = 0;
    for (;;) {
      const reader = this.#readerPlace;
      const reading = this.#readableFrom(reader, (name) => this.#holdings.isGone(name));
      if (reading === reader) return count;
      for (const { commits } of this.#opened.slice(reading, reader)) {
        for (const name of commits.keys()) if (this.#dropGone(name)) count += 1;
      }
      this.#goBackTo(this.#opened[reading].index);
      this.#advance();
    }
  }

  /** What workers are to forget, since it is made again; told once. */
  takeWithdrawn(): readonly WorkerWithdrawal[] {
    return this.#withdrawals.take();
  }

  /** Whether something is needed that this worker alone holds. */
  needs(worker: string): boolean {
    for (const { holders } of this.needed()) if (holders.length === 1 && holders[0] === worker) return true;
    return false;
  }

  /** The commits that somebody needs, with who holds them. */
  *needed(): Generator<HeldCommit> {
    for (const name of this.#holdings.names()) {
      const held = this.#neededOf(name);
      if (held !== undefined) yield held;
    }
  }

  /** Whether a task need not be run as things are: it is committed, or the job has passed its stage. */
  isDone(task: TaskName): boolean {
    const name = taskName(task);
    return task.stage < this.#stageIndex || (this.#commitsOf(task.stage).has(name) && !this.#holdings.isOrphan(name));
  }

  /** Undefined if nobody needs it, or nobody has it. */
  neededOf(task: TaskName): HeldCommit | undefined {
    return this.#neededOf(taskName(task));
  }

  /**
   * Forgets what a worker holds (J8): the present stage may be an earlier one afterwards. Returns how many tasks have to be
   * run again for it.
   */
  lose(worker: string): number {
    for (const [name, { stage }] of this.#holdings.lose(worker)) {
      const other = this.#holdings.first(name);
      if (other !== undefined) this.#commitsOf(stage).set(name, other);
    }
    const present = this.#readerPlace;
    const isOrphan = (name: string): boolean => this.#holdings.isOrphan(name);
    // Rejects are read at the end, whatever stage they are of.
    const rejecting = this.#opened.findIndex(({ commits }) =>
      [...commits].some(([name, { result }]) => result.rejectCount > 0 && isOrphan(name)),
    );
    const reading = this.#readableFrom(rejecting < 0 ? present : Math.min(present, rejecting), isOrphan);
    const orphanCount = this.#opened
      .slice(reading)
      .reduce((sum, { commits }) => sum + [...commits.keys()].filter(isOrphan).length, 0);
    const back = this.#opened[reading];
    if (back !== undefined) this.#goBackTo(back.index);
    else if (reading > 0) this.#openBehind(this.#opened[reading - 1].index);
    this.#advance();
    return orphanCount;
  }

  /**
   * Forgets the commits that refer to damaged bytes (J6), for `takeWithdrawn`; returns how many. Those that were made again
   * since stay.
   */
  withdraw(damage: readonly SegmentReference[]): number {
    const dropped = this.#holdings.drop(isAmong(damage));
    for (const { name } of dropped) this.#withdrawals.countDamage(name);
    this.#noteDropped(dropped);
    // Where others hold what was withdrawn, that stage lacks nothing, and nobody else would go on from it.
    if (this.#goBackToAnyOf(dropped.map(({ commit }) => commit))) this.#advance();
    return dropped.length;
  }

  /** The first stage whose results are still needed, if it is a later one than at the last question (J9). */
  takeFreeable(): number | undefined {
    const below = this.#neededFrom();
    if (below <= this.#freedBelow) return undefined;
    for (let stage = this.#freedBelow; stage < below; stage += 1) {
      for (const name of this.#commitsOf(stage).keys()) this.#holdings.free(name);
    }
    this.#freedBelow = below;
    return below;
  }

  /** Whether one task's result was damaged so often that making it again is no remedy. */
  get isBeyondRepair(): boolean {
    return this.#withdrawals.damagedMost > TASK_REPAIRS_MAX;
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
    return this.#opened.flatMap(({ index }) => this.#ordered(index)).filter(({ result }) => result.rejectCount > 0);
  }

  /** Every commit of stage 0 by split, for line numbers. */
  splitCommits(): readonly (TaskCommit | undefined)[] {
    const bySplit: (TaskCommit | undefined)[] = [];
    const { partitions } = this.#job.plan;
    for (const commit of this.#commitsOf(0).values()) bySplit[commit.partition + commit.sequence * partitions] = commit;
    return bySplit;
  }

  totals(): JobTotals {
    const lastStage = this.#job.plan.stages.length - 1;
    const stage = Math.min(this.#stageIndex, lastStage);
    return {
      ...{ stage, tasksDone: this.#commitsOf(stage).size, tasksOfStage: this.#stage.taskCount },
      ...sumCommits(this.#opened, lastStage),
    };
  }

  /** The present stage reads what the one opened before it has stored; when it is complete, that is kept for repairs. */
  #neededFrom(): number {
    return this.#opened.at(-2)?.index ?? 0;
  }

  /** The place in `#opened` behind the stage whose results are read now. */
  get #readerPlace(): number {
    return this.isComplete ? this.#opened.length : this.#opened.length - 1;
  }

  #neededOf(name: string): HeldCommit | undefined {
    const commit = this.#holdings.first(name);
    if (commit === undefined) return undefined;
    const from = this.isComplete ? (this.#opened.at(-1)?.index ?? 0) : this.#neededFrom();
    const isFreed = commit.stage < from;
    if (isFreed && commit.result.rejectCount === 0) return undefined;
    const holders = this.#holdings.holders(name, { isFreed });
    if (holders.length > 0) return { name, commit, holders, isFreed };
    const rejecting = commit.result.rejectCount === 0 ? [] : this.#holdings.holders(name, { isFreed: true });
    return rejecting.length === 0 ? undefined : { name, commit, holders: rejecting, isFreed: true };
  }

  /** True if a task has to be made again whose blocks have gone. */
  #dropGone(name: string): boolean {
    const dropped = this.#holdings.dropGone(name);
    this.#noteDropped(dropped);
    const isRemade = dropped.length > 0 && this.#holdings.isOrphan(name);
    if (isRemade) this.#remade.add(name);
    return isRemade;
  }

  #noteDropped(dropped: readonly Dropped[]): void {
    this.#withdrawals.add(dropped);
    for (const { name, commit } of dropped) {
      const { stage } = commit;
      const other = this.#holdings.first(name);
      if (other === undefined) this.#commitsOf(stage).delete(name);
      else this.#commitsOf(stage).set(name, other);
    }
  }

  /** Opens a stage anew that was opened before. */
  #goBackTo(stage: number): void {
    this.#opened = this.#opened.slice(0, this.#placeOf(stage));
    const before = this.#opened.at(-1)?.index;
    if (before === undefined) {
      this.#results = [];
      this.#stageIndex = stage;
      this.#stage = this.#open(stage, splitRuns(this.#job));
    } else this.#openBehind(before);
    this.#freedBelow = Math.min(this.#freedBelow, this.#neededFrom());
  }

  /** Opens what comes behind a stage that is complete: how far its tasks went on may be another than before (J7). */
  #openBehind(stage: number): void {
    this.#results = this.#ordered(stage);
    this.#stageIndex = this.#results.reduce((latest, result) => Math.max(latest, reachOf(result)), stage) + 1;
    if (!this.isComplete)
      this.#stage = this.#open(this.#stageIndex, reduceRuns(this.#job, this.#stageIndex, this.#results));
  }

  /** Goes back to the earliest of these tasks' stages; false if the job has not come beyond any of them. */
  #goBackToAnyOf(tasks: readonly { readonly stage: number }[]): boolean {
    const stages = new Set(tasks.map(({ stage }) => stage));
    const earliest = Math.min(...[...stages].filter((stage) => this.#placeOf(stage) >= 0));
    if (earliest >= this.#stageIndex) return false;
    // What that stage reads may have been lost since it was read.
    const isOrphan = (name: string): boolean => this.#holdings.isOrphan(name);
    this.#goBackTo(this.#opened[this.#readableFrom(this.#placeOf(earliest), isOrphan)].index);
    return true;
  }

  /** The latest of the opened stages, up to that place, of whose input nothing is missing. */
  #readableFrom(place: number, isMissing: (task: string) => boolean): number {
    let reading = place;
    while (reading > 0 && [...this.#opened[reading - 1].commits.keys()].some(isMissing)) reading -= 1;
    return reading;
  }

  #placeOf(stage: number): number {
    return this.#opened.findIndex(({ index }) => index === stage);
  }

  /** True if the task's result is elsewhere than it was. */
  #note(commit: TaskCommit, worker: string, isToldGone = false): boolean {
    const name = taskName(commit);
    const before = this.#commitsOf(commit.stage).get(name);
    // Of what has been freed, nobody is asked for blocks any more: who still has them frees them with the rest.
    const isGone = isToldGone || commit.stage < this.#freedBelow;
    this.#noteDropped(this.#holdings.note(name, commit, { worker, isGone }));
    const first = this.#holdings.first(name) ?? commit;
    this.#commitsOf(commit.stage).set(name, first);
    if (!isGone) this.#remade.delete(name);
    return before !== undefined && !isSamePlace(before, first);
  }

  #outstandingOf(run: PartitionRun): PartitionRun[] {
    const { partition } = run;
    const tasks = run.tasks.filter(
      ({ stage, sequence }) => !this.#stage.commits.has(taskName({ stage, partition, sequence })),
    );
    return tasks.length === 0 ? [] : [{ partition, tasks }];
  }

  /** True if the present stage is another one now, or the last one has ended. */
  #advance(): boolean {
    const before = this.#stageIndex;
    while (!this.isComplete && this.#stage.commits.size >= this.#stage.taskCount) {
      this.#openBehind(this.#stageIndex);
    }
    return this.#stageIndex !== before;
  }

  #open(index: number, runs: readonly PartitionRun[]): StageProgress {
    const taskCount = runs.reduce((count, { tasks }) => count + tasks.length, 0);
    const commits = this.#commitsOf(index);
    // J8. Its results are about to be needed; they may have been lost while the job was at an earlier stage.
    for (const name of commits.keys()) if (this.#holdings.isOrphan(name)) commits.delete(name);
    const stage = { index, runs, taskCount, commits };
    this.#opened.push(stage);
    return stage;
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
