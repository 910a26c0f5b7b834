/**
 * Every block is applied once: a task reads each block of the stage before at most once, and only what was committed.
 *
 * Owns: which block lies where, from all commits.
 */
import { referencesIn, type StoredReference, type Task } from "../../../actors/executor/messages.ts";
import type { JobDescription } from "../../../actors/job/messages.ts";
import type { TaskCommit } from "../../../actors/partition/messages.ts";
import type { Message } from "../../../actors/switchboard.ts";
import type { WorkerFact } from "../../../actors/worker/messages.ts";
import type { JournalAppend } from "../../../runtime/journal/journal.ts";
import type { SegmentReference } from "../../../runtime/journal/segment-files.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import { commitIn } from "./commit-in.ts";
import type { Problems } from "./problems.ts";

export class LineageCheck implements Watch {
  readonly #problems: Problems;
  /** By place, whoever holds it. */
  readonly #blocks = new Map<string, string>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  committed(_resident: Resident, appends: readonly JournalAppend[]): void {
    for (const append of appends) {
      const found = commitIn(append);
      if (found !== undefined) this.#note(found.commit);
    }
  }

  /** A commit that was refused may have happened: then it is found when its journal is read. */
  told(_resident: Resident, message: Message): void {
    const fact = message as unknown as WorkerFact;
    if (fact.type === "partition.recovered") for (const commit of fact.commits) this.#note(commit);
  }

  ran(_resident: Resident, job: JobDescription, task: Task): void {
    const inputs = inputsOf(task);
    const seen = new Set<string>();
    for (const at of inputs) {
      const block = this.#blocks.get(placeOf(at));
      if (block === undefined) this.#report(job, task, `reads ${placeOf(at)}, which nobody has committed`);
      else if (seen.has(block)) this.#report(job, task, `reads block ${block} twice`);
      else seen.add(block);
    }
  }

  #note({ stage, partition, sequence, result }: TaskCommit): void {
    const task = `${stage}/${partition}/${sequence}`;
    for (const [index, { at }] of result.bundles.entries()) this.#blocks.set(placeOf(at), `${task} bundle ${index}`);
    for (const [index, { at }] of result.runs.entries()) this.#blocks.set(placeOf(at), `${task} run ${index}`);
    for (const [index, at] of result.rejects.entries()) this.#blocks.set(placeOf(at), `${task} rejects ${index}`);
  }

  #report({ id }: JobDescription, task: Task, what: string): void {
    this.#problems.report("lineage", `job ${id}: a task ${task.kind} ${what}`);
  }
}

function placeOf({ segment, offset }: SegmentReference): string {
  return `${segment}:${offset}`;
}

function inputsOf(task: Task): readonly StoredReference[] {
  switch (task.kind) {
    case "split":
      return [];
    case "reduce":
      return task.inputs;
    case "copy":
      return referencesIn(task.result);
    default:
      return task.runs.map(({ at }) => at);
  }
}
