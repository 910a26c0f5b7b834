/**
 * Every block id has one content, ever: whoever computes a task again commits the same bytes.
 *
 * Owns: the content of each block, from the first commit that has it; which block lies where.
 */
import { crc32 } from "node:zlib";
import type { Message } from "../../../actors/switchboard.ts";
import type { WorkerCommand } from "../../../actors/worker/messages.ts";
import type { JournalAppend } from "../../../runtime/journal/journal.ts";
import type { SegmentReference } from "../../../runtime/journal/segment-files.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import { commitIn } from "./commit-in.ts";
import type { Problems } from "./problems.ts";

export class BlockContentsCheck implements Watch {
  readonly #problems: Problems;
  /** By block id. */
  readonly #contents = new Map<string, string>();
  /** By job: the first stage that is needed. */
  readonly #freedBelow = new Map<string, number>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  committed(resident: Resident, appends: readonly JournalAppend[]): void {
    for (const append of appends) {
      const found = commitIn(append);
      if (found === undefined) continue;
      const { job, commit } = found;
      const { bundles, runs, through = commit.stage } = commit.result;
      // How far a task goes on is no matter of its content (J7 of a job's progress).
      if (commit.stage < (this.#freedBelow.get(job) ?? 0)) continue;
      const task = `${job}/${commit.stage}/${commit.partition}/${commit.sequence}>${through}`;
      this.#compare(`${task}/counts`, `${bundles.length} ${runs.length}`);
      for (const [index, { at, pairCount }] of bundles.entries()) {
        this.#compareBytes(`${task}/bundle${index}`, resident, at, pairCount);
      }
      for (const [index, { at, pairCount }] of runs.entries()) {
        this.#compareBytes(`${task}/run${index}`, resident, at, pairCount);
      }
    }
  }

  /** What is freed may be committed again by whoever was slow. */
  told(_resident: Resident, message: Message): void {
    const command = message as unknown as WorkerCommand;
    if (command.type !== "worker.free") return;
    const { job, below } = command;
    this.#freedBelow.set(job, Math.max(below, this.#freedBelow.get(job) ?? 0));
  }

  #compareBytes(block: string, { disk, segmentDirectory }: Resident, at: SegmentReference, pairCount: number): void {
    const file = disk.filesIn(segmentDirectory)?.get(at.segment);
    const end = at.offset + at.byteLength;
    if (file === undefined || file.byteLength < end) {
      this.#problems.report("block contents", `${block} is committed, and not stored at ${at.segment}:${at.offset}`);
      return;
    }
    if (file.flipped.some((position) => position >= at.offset && position < end)) return;
    this.#compare(block, `${pairCount} ${at.byteLength} ${crc32(file.bytes.subarray(at.offset, end))}`);
  }

  #compare(block: string, content: string): void {
    const known = this.#contents.get(block);
    if (known === undefined) this.#contents.set(block, content);
    else if (known !== content) this.#problems.report("block contents", `${block} was ${known} and is ${content}`);
  }
}
