/**
 * Collects what a task emits: bundles, runs and rejects go to the thread's segment, references into the result.
 *
 * Owns: the thread's segment writer, opened at the first byte.
 * Never: tells anyone before the bytes are written (D4).
 */
import { bundleCheck } from "../../programs/blocks/bundle.ts";
import { crc32c } from "../../programs/blocks/crc32c.ts";
import type { Reject } from "../../programs/errors.ts";
import type { TaskSink } from "../../programs/kernels/kernel-set.ts";
import { SegmentWriter } from "../../runtime/journal/segment-files.ts";
import { BUNDLE_TARGETS_LISTED_MAX, REJECT_BUFFER_BYTES } from "../options.ts";
import type { BundleReference, RunReference, StoredReference, TaskResult } from "./messages.ts";

export interface SegmentPlace {
  readonly directory: string;
  readonly name: string;
  readonly durable: boolean;
}

export class TaskOutput implements TaskSink {
  readonly #place: SegmentPlace;
  readonly #progressed: () => void;
  #writer: SegmentWriter | undefined;
  #bundles: BundleReference[] = [];
  #runs: RunReference[] = [];
  #rejects: StoredReference[] = [];
  #rejectLines: string[] = [];
  #rejectCharacters = 0;
  #rejectCount = 0;
  #bytesOut = 0;

  constructor(place: SegmentPlace, progressed: () => void) {
    this.#place = place;
    this.#progressed = progressed;
  }

  bundle(bytes: Uint8Array, { pairCount, targets }: { pairCount: number; targets: Uint16Array }): void {
    const listed = targets.length <= BUNDLE_TARGETS_LISTED_MAX ? { targets: [...targets] } : {};
    this.#bundles.push({ at: this.#append(bytes, bundleCheck(bytes)), pairCount, ...listed });
  }

  run(bytes: Uint8Array, { pairCount, headerBytes }: { pairCount: number; headerBytes: number }): void {
    this.#runs.push({ at: this.#append(bytes, crc32c(bytes, 0, headerBytes)), headerBytes, pairCount });
  }

  reject(reject: Reject): void {
    const line = `${JSON.stringify(reject)}\n`;
    this.#rejectCount += 1;
    this.#rejectLines.push(line);
    this.#rejectCharacters += line.length;
    if (this.#rejectCharacters >= REJECT_BUFFER_BYTES) this.#flushRejects();
  }

  /** Begins the next task: forgets what an earlier one left. */
  begin(): void {
    this.#bundles = [];
    this.#runs = [];
    this.#rejects = [];
    this.#rejectLines = [];
    this.#rejectCharacters = 0;
    this.#rejectCount = 0;
    this.#bytesOut = 0;
  }

  /** What the task stored; after this the bytes survive what the durability promises. */
  end(): Pick<TaskResult, "bundles" | "runs" | "rejects" | "rejectCount" | "bytesOut"> {
    this.#flushRejects();
    if (this.#place.durable && this.#bytesOut > 0) this.#writer?.sync();
    return {
      bundles: this.#bundles,
      runs: this.#runs,
      rejects: this.#rejects,
      rejectCount: this.#rejectCount,
      bytesOut: this.#bytesOut,
    };
  }

  close(): void {
    this.#writer?.close();
  }

  #flushRejects(): void {
    if (this.#rejectLines.length === 0) return;
    const bytes = Buffer.from(this.#rejectLines.join(""));
    this.#rejects.push(this.#append(bytes, crc32c(bytes, 0, bytes.length)));
    this.#rejectLines = [];
    this.#rejectCharacters = 0;
  }

  #append(bytes: Uint8Array, crc: number): StoredReference {
    this.#writer ??= new SegmentWriter(this.#place.directory, this.#place.name);
    const reference = this.#writer.append(bytes);
    this.#bytesOut += bytes.byteLength;
    this.#progressed();
    return { ...reference, crc };
  }
}
