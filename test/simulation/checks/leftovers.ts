/**
 * Nothing of a job that has ended is left with a worker that lives, once everybody has had the time to clear up: no file,
 * no log of a partition.
 */
import { isOfJob } from "../../../actors/exchange/segment-names.ts";
import { partitionLogPrefix } from "../../../actors/partition/messages.ts";
import { ALL_RECORDS, actorOfKey } from "../../../runtime/journal/record-key.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import { jobIds, type Work } from "../workload.ts";
import type { Problems } from "./problems.ts";

export class LeftoversCheck implements Watch {
  readonly #jobs: readonly string[];
  readonly #problems: Problems;
  readonly #workers = new Set<Resident>();

  constructor(works: readonly Work[], problems: Problems) {
    this.#jobs = works.flatMap(jobIds);
    this.#problems = problems;
  }

  started(resident: Resident): void {
    if (resident.role === "worker") this.#workers.add(resident);
  }

  ended(resident: Resident): void {
    this.#workers.delete(resident);
  }

  settled(): void {
    for (const { disk, process, segmentDirectory } of this.#workers) {
      const files = [...(disk.filesIn(segmentDirectory)?.keys() ?? [])];
      const logs = new Set(disk.level.range(ALL_RECORDS.from, ALL_RECORDS.below).map(([key]) => actorOfKey(key) ?? ""));
      for (const job of this.#jobs) {
        const left = [
          ...files.filter((file) => isOfJob(file, job)),
          ...[...logs].filter((log) => log.startsWith(partitionLogPrefix(job))),
        ];
        if (left.length > 0)
          this.#problems.report("leftovers", `${process.name} still has ${left.slice(0, 3).join(", ")}`);
      }
    }
  }
}
