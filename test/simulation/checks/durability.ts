/**
 * Nothing is told before it is stored as durably as was promised: commits of tasks, jobs, the finished output.
 *
 * `process`: it is written. `host`: it would survive a loss of power.
 */

import { RECORD_PREFIX } from "../../../actors/cluster/job-record.ts";
import { jobLog } from "../../../actors/coordinator/messages.ts";
import type { JobOutcome } from "../../../actors/job/messages.ts";
import { encodeCommit } from "../../../actors/partition/commit-record.ts";
import { partitionLog, referencesOf, type TaskCommit } from "../../../actors/partition/messages.ts";
import type { Message } from "../../../actors/switchboard.ts";
import type { WorkerCommand, WorkerFact } from "../../../actors/worker/messages.ts";
import { RECORD_HEADER_BYTES } from "../../../runtime/journal/record.ts";
import { actorRange } from "../../../runtime/journal/record-key.ts";
import { OUTPUT_DIRECTORY, outputFile } from "../cluster/coordinator-process.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

/** As its record in the journal says. */
function hasEnded({ disk }: Resident, job: string): boolean {
  const { from, below } = actorRange(`${RECORD_PREFIX}${job}`);
  // Storage may have been edited: what is there need not be JSON.
  const text = ([, value]: readonly [Uint8Array, Uint8Array]) => Buffer.from(value).toString("latin1");
  return disk.level.range(from, below).some((entry) => /"state":"(?:done|failed|cancelled)"/.test(text(entry)));
}

export class DurabilityCheck implements Watch {
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  told(resident: Resident, message: Message): void {
    const fact = message as unknown as WorkerFact | WorkerCommand;
    if (fact.type === "worker.open") {
      const { id } = fact.job;
      // One that has ended meanwhile goes from the journal, and is closed in the same turn.
      const isKnown = this.#isStored(resident, jobLog(id), undefined) || hasEnded(resident, id);
      if (!isKnown) this.#report(resident, `opens job ${id} before it is stored`);
    }
    if (fact.type === "task.committed") this.#requireStored(resident, fact.job, fact.commit);
    if (fact.type !== "partition.recovered") return;
    for (const commit of fact.commits) this.#requireStored(resident, fact.job, commit);
  }

  outcome(resident: Resident, job: string, outcome: JobOutcome): void {
    if (outcome.kind !== "done") return;
    const name = outputFile(job).slice(OUTPUT_DIRECTORY.length + 1);
    const file = resident.disk.filesIn(OUTPUT_DIRECTORY)?.get(name);
    if (file === undefined) this.#report(resident, `tells that job ${job} is done, and has no output of it`);
    const isStable = file?.isNameSynced === true && file.syncedLength === file.byteLength;
    if (resident.durable && !isStable)
      this.#report(resident, `tells that job ${job} is done before its output is stable`);
  }

  #requireStored(resident: Resident, job: string, commit: TaskCommit): void {
    const { stage, partition, sequence } = commit;
    const task = `${stage}/${partition}/${sequence} of job ${job}`;
    if (!this.#isStored(resident, partitionLog(job, partition), encodeCommit(commit))) {
      this.#report(resident, `tells of ${task} before it is stored`);
    }
    if (!resident.durable) return;
    for (const { segment, offset, byteLength } of referencesOf(commit)) {
      const file = resident.disk.filesIn(resident.segmentDirectory)?.get(segment);
      // A file that was freed meanwhile is needed no more; one that is damaged is found out by whoever reads it.
      if (file === undefined || file.flipped.length > 0 || file.syncedLength >= offset + byteLength) continue;
      this.#report(resident, `tells of ${task} before ${segment} is stable`);
    }
  }

  /** Whether the journal has a record with that payload, or with any. */
  #isStored({ disk, durable }: Resident, log: string, payload: Uint8Array | undefined): boolean {
    // What is told from memory may have been damaged since it was stored.
    if (disk.flippedRecords > 0) return true;
    const { from, below } = actorRange(log);
    return disk.level.range(from, below).some(([key, value]) => {
      if (payload !== undefined && Buffer.compare(value.subarray(RECORD_HEADER_BYTES), payload) !== 0) return false;
      return !durable || disk.level.has(key).stable;
    });
  }

  #report({ process }: Resident, what: string): void {
    this.#problems.report("durability", `${process.name} ${what}`);
  }
}
