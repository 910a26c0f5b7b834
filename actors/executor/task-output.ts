/**
 * Collects what a task emits: bundles, runs, rejects and text go to the thread's segments, references into the result.
 *
 * Owns: the thread's segment writers, each opened at its first byte: one for rejects, one for the stage at hand, and one
 * for the text of the task at hand, which is deleted alone.
 * Never: tells anyone before the bytes are written (D4).
 */
import { crc32 } from "node:zlib";
import { bundleCheck } from "../../programs/blocks/bundle.ts";
import { crc32c } from "../../programs/blocks/crc32c.ts";
import type { Reject } from "../../programs/errors.ts";
import type { TaskSink } from "../../programs/kernels/kernel-set.ts";
import type { DiskMeter } from "../../runtime/journal/disk-meter.ts";
import { SegmentWriter } from "../../runtime/journal/segment-files.ts";
import { BUNDLE_TARGETS_LISTED_MAX, REJECT_BUFFER_BYTES } from "../options.ts";
import {
  type BundleReference,
  type RunReference,
  type SegmentContent,
  type StoredReference,
  segmentWriterName,
  type TaskResult,
} from "./messages.ts";

export interface SegmentPlace {
  readonly directory: string;
  readonly name: string;
  readonly durable: boolean;
  /** See `ThreadInput`. */
  readonly storesText: boolean;
  readonly meter?: DiskMeter;
}

interface StageWriter {
  readonly stage: number;
  readonly writer: SegmentWriter;
}

export class TaskOutput implements TaskSink {
  readonly #place: SegmentPlace;
  readonly #progressed: () => void;
  #blocks: StageWriter | undefined;
  /** Of all stages: they are needed at the end. */
  #rejectWriter: SegmentWriter | undefined;
  #textWriter: SegmentWriter | undefined;
  #writerCount = 0;
  #stage = 0;
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
    this.#bundles.push({ at: this.blocks(bytes, bundleCheck(bytes)), pairCount, ...listed });
  }

  run(bytes: Uint8Array, { pairCount, headerBytes }: { pairCount: number; headerBytes: number }): void {
    this.#runs.push({ at: this.blocks(bytes, crc32c(bytes, 0, headerBytes)), headerBytes, pairCount });
  }

  /** Text need not survive anything: it is computed again. */
  text(bytes: Uint8Array): StoredReference {
    this.#textWriter ??= this.#openWriter("text");
    return this.#append(this.#textWriter, bytes, crc32(bytes));
  }

  reject(reject: Reject): void {
    const line = `${JSON.stringify(reject)}\n`;
    this.#rejectCount += 1;
    this.#rejectLines.push(line);
    this.#rejectCharacters += line.length;
    if (this.#rejectCharacters >= REJECT_BUFFER_BYTES) this.#flushRejects();
  }

  /** Lines of rejects as they stand. */
  rejects(bytes: Uint8Array, crc: number): StoredReference {
    this.#rejectWriter ??= this.#openWriter("rejects");
    return this.#append(this.#rejectWriter, bytes, crc);
  }

  progressed(): void {
    this.#progressed();
  }

  /** Begins the next task, of that stage: forgets what an earlier one left. */
  begin(stage: number): void {
    this.#stage = stage;
    if (this.#blocks?.stage !== stage) this.#closeBlocks();
    this.#textWriter?.close();
    this.#textWriter = undefined;
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
    if (this.#place.durable && this.#bytesOut > 0) {
      this.#blocks?.writer.sync();
      this.#rejectWriter?.sync();
    }
    return {
      bundles: this.#bundles,
      runs: this.#runs,
      rejects: this.#rejects,
      rejectCount: this.#rejectCount,
      bytesOut: this.#bytesOut,
    };
  }

  /** Lets go of the file that was written for a stage before `below`. */
  free(below: number): void {
    if (this.#blocks !== undefined && this.#blocks.stage < below) this.#closeBlocks();
  }

  close(): void {
    this.#closeBlocks();
    this.#rejectWriter?.close();
    this.#textWriter?.close();
  }

  #flushRejects(): void {
    if (this.#rejectLines.length === 0) return;
    const bytes = Buffer.from(this.#rejectLines.join(""));
    this.#rejects.push(this.rejects(bytes, crc32c(bytes, 0, bytes.length)));
    this.#rejectLines = [];
    this.#rejectCharacters = 0;
  }

  /** A bundle or a run as it stands. */
  blocks(bytes: Uint8Array, crc: number): StoredReference {
    this.#blocks ??= { stage: this.#stage, writer: this.#openWriter(this.#stage) };
    return this.#append(this.#blocks.writer, bytes, crc);
  }

  /** A stage has files of its own, so that they can go when nobody needs it any more. */
  #openWriter(content: SegmentContent): SegmentWriter {
    const { directory, name, meter } = this.#place;
    this.#writerCount += 1;
    return new SegmentWriter(directory, segmentWriterName(name, this.#writerCount, content), { meter });
  }

  #closeBlocks(): void {
    this.#blocks?.writer.close();
    this.#blocks = undefined;
  }

  #append(writer: SegmentWriter, bytes: Uint8Array, crc: number): StoredReference {
    const reference = writer.append(bytes);
    this.#bytesOut += bytes.byteLength;
    this.#progressed();
    return { ...reference, crc };
  }
}
