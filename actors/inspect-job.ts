/**
 * How far one job has come, by what its logs hold.
 *
 * Owns: the rows of partitions and stages.
 * Never: reads a log or a file itself, but for the lengths and the bytes that it is given the means to check.
 */
import type { CopiedLog } from "../runtime/journal/journal-copy.ts";
import type { SegmentLengths } from "../runtime/journal/segment-files.ts";
import type { JobState } from "./cluster/control.ts";
import type { StoredVerifier } from "./executor/verify-stored.ts";
import type { JobDescription } from "./job/messages.ts";
import { JobProgress } from "./job/progress.ts";
import type { Resume } from "./output/resume.ts";
import { decodeCommit, lastOfEachTask } from "./partition/commit-record.ts";
import { referencesOf, type TaskCommit } from "./partition/messages.ts";
import { usableCommits, withoutFreed } from "./partition/usable-commits.ts";

export interface StageReport {
  readonly stage: number;
  /** Indexes into the program's operations, of its steps; empty where the job's description is lost. */
  readonly operations: readonly number[];
  readonly text: string;
  readonly tasks: number;
  /** Null where it is not known yet. */
  readonly tasksInAll: number | null;
  readonly blocks: number;
  readonly pairs: number;
  readonly bytes: number;
}

export interface PartitionReport {
  readonly partition: number;
  readonly records: number;
  readonly tasks: number;
  /** The latest stage that it has committed a task of. */
  readonly stage: number | null;
  /** The last operation of that stage, as an index into the program's operations. */
  readonly operation: number | null;
  readonly blocks: number;
  readonly bytes: number;
  /** Tasks that would be run again: their bytes are gone, or, where all was verified, not what was written. */
  readonly damaged: number;
  /** Where its log is broken. */
  readonly broken: { readonly sequence: number; readonly reason: string } | null;
}

export interface JobReport {
  readonly job: string;
  readonly program: string | null;
  /** As a coordinator remembers it; null: this is no directory of one, or it knows nothing of the job. */
  readonly state: JobState | null;
  readonly inputs: readonly string[];
  readonly partitionCount: number | null;
  readonly stageCount: number | null;
  /** The stage that the next run goes on with; null: all are done, or it is not known. */
  readonly stage: number | null;
  readonly stages: readonly StageReport[];
  readonly partitions: readonly PartitionReport[];
  readonly output: Resume | null;
  readonly storedBytes: number;
  readonly damagedResults: number;
}

export interface JobSources {
  readonly program: string | null;
  readonly state: JobState | null;
  /** Undefined: the log is lost, or the job is over, or a coordinator has it. */
  readonly description: JobDescription | undefined;
  readonly partitions: readonly { readonly partition: number; readonly log: CopiedLog }[];
  readonly output: CopiedLog | undefined;
  readonly lengths: SegmentLengths;
  /** The first stage whose blocks have not been freed. */
  readonly freedBelow: number;
  /** Undefined: only lengths are looked at. */
  readonly verifier: StoredVerifier | undefined;
}

export function reportJob(id: string, sources: JobSources): JobReport {
  const { description, program, state, output } = sources;
  const own = sources.partitions.map(({ partition, log }) => ({ partition, log, commits: commitsOf(log) }));
  const commits = own.flatMap((entry) => entry.commits);
  const partitions = own.map((entry) => reportPartition(entry, sources));
  const progress = description === undefined ? undefined : new JobProgress(description);
  progress?.restore(commits, "inspected");
  const totals = progress?.isComplete === false ? progress.totals() : undefined;
  const last = output?.records.at(-1);
  return {
    job: id,
    ...{ program, state },
    inputs: description?.files.map(({ name }) => name) ?? [],
    partitionCount: description?.plan.partitions ?? null,
    stageCount: description?.plan.stages.length ?? null,
    stage: totals?.stage ?? null,
    stages: reportStages(commits, description, totals),
    partitions,
    output: last === undefined ? null : (JSON.parse(Buffer.from(last.payload).toString("utf8")) as Resume),
    storedBytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
    damagedResults: partitions.reduce((sum, { damaged }) => sum + damaged, 0),
  };
}

function commitsOf({ records }: CopiedLog): TaskCommit[] {
  return lastOfEachTask(records.map(({ payload }) => decodeCommit(payload)));
}

interface OwnCommits {
  readonly partition: number;
  readonly log: CopiedLog;
  readonly commits: readonly TaskCommit[];
}

function reportPartition({ partition, log, commits }: OwnCommits, sources: JobSources): PartitionReport {
  const { lengths, freedBelow, verifier, description } = sources;
  const usable = usableCommits(commits, { lengths, freedBelow });
  const isBroken = (commit: TaskCommit): boolean => (verifier?.damageOf(commit.result).length ?? 0) > 0;
  const broken = usable.map((commit) => withoutFreed(commit, freedBelow)).filter(isBroken);
  const latest = commits.length === 0 ? null : latestOf(commits);
  const steps = latest === null ? undefined : description?.plan.stages[latest]?.steps;
  return {
    partition,
    records: log.records.length,
    tasks: commits.length,
    stage: latest,
    operation: steps?.at(-1)?.operation ?? null,
    blocks: blocksOf(commits),
    bytes: bytesOf(commits.map((commit) => withoutFreed(commit, freedBelow))),
    damaged: commits.length - usable.length + broken.length,
    broken: log.found === undefined ? null : { sequence: log.found.sequence, reason: log.found.reason },
  };
}

/** Of very many commits, too. */
function latestOf(commits: readonly TaskCommit[]): number {
  return commits.reduce((latest, commit) => Math.max(latest, lastStageOf(commit)), 0);
}

function reportStages(
  commits: readonly TaskCommit[],
  description: JobDescription | undefined,
  present: { readonly stage: number; readonly tasksOfStage: number } | undefined,
): StageReport[] {
  const stages = [...new Set(commits.map(({ stage }) => stage))].sort((one, two) => one - two);
  return stages.map((stage) => {
    const own = commits.filter((commit) => commit.stage === stage);
    const through = latestOf(own);
    const steps = description?.plan.stages.slice(stage, through + 1).flatMap((planned) => planned.steps) ?? [];
    const operations = [...new Set(steps.map(({ operation }) => operation))];
    const isDone = present === undefined ? description !== undefined : stage < present.stage;
    return {
      stage,
      operations,
      text: operations.map((operation) => description?.plan.operations[operation].text).join(", "),
      tasks: own.length,
      tasksInAll: isDone ? own.length : stage === present?.stage ? present.tasksOfStage : null,
      blocks: blocksOf(own),
      pairs: own.reduce((sum, { result }) => sum + result.pairsOut, 0),
      bytes: bytesOf(own),
    };
  });
}

/** A task may have gone on with the stages behind its own. */
function lastStageOf({ stage, result }: TaskCommit): number {
  return result.through ?? stage;
}

function blocksOf(commits: readonly TaskCommit[]): number {
  return commits.reduce((sum, { result }) => sum + result.bundles.length + result.runs.length, 0);
}

function bytesOf(commits: readonly TaskCommit[]): number {
  return commits.flatMap(referencesOf).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
