/**
 * Collects rows for each target partition, already in their bytes, and puts them out as one bundle.
 *
 * Owns: the rows of the next bundle.
 * Never: decides when it is full.
 */
import { bundleHeaderBytes, writeBundleHeader } from "../../blocks/bundle.ts";
import type { TaskSink } from "../kernel-set.ts";
import { BLOCK_FRAME_BYTES, type BlockKind, writeBlock } from "./block.ts";
import type { Integer } from "./integer.ts";
import { IntegerWriter } from "./integer-writer.ts";
import { targetOf } from "./key-hash.ts";

interface TargetRows {
  readonly writer: IntegerWriter;
  rowCount: number;
}

export class BundleWriter {
  /** Rows begun since the last bundle. */
  rowCount = 0;
  readonly #targetCount: number;
  readonly #sink: TaskSink;
  /** By target; undefined where it never had a row. */
  readonly #targets: (TargetRows | undefined)[];

  constructor(targetCount: number, sink: TaskSink) {
    this.#targetCount = targetCount;
    this.#sink = sink;
    this.#targets = Array.from({ length: targetCount });
  }

  /** Begins a row of that key and returns where it is to be written, key and all. */
  row(key: Integer): IntegerWriter {
    const target = this.#targetCount === 1 ? 0 : targetOf(key, this.#targetCount);
    let rows = this.#targets[target];
    if (rows === undefined) {
      rows = { writer: new IntegerWriter(), rowCount: 0 };
      this.#targets[target] = rows;
    }
    rows.rowCount += 1;
    this.rowCount += 1;
    return rows.writer;
  }

  /** Puts out what there is, which must be something. */
  flush(kind: BlockKind): void {
    const headerBytes = bundleHeaderBytes(this.#targetCount);
    const bytes = new Uint8Array(headerBytes + this.#bodyBytes());
    const offsets = new Uint32Array(this.#targetCount + 1);
    const occupied: number[] = [];
    let end = headerBytes;
    for (const [target, rows] of this.#targets.entries()) {
      offsets[target] = end - headerBytes;
      if (rows === undefined || rows.rowCount === 0) continue;
      occupied.push(target);
      end = writeBlock(bytes, end, { kind, rowCount: rows.rowCount, rows: rows.writer.bytes });
      rows.rowCount = 0;
      rows.writer.clear();
    }
    offsets[this.#targetCount] = end - headerBytes;
    writeBundleHeader(bytes, offsets);
    this.#sink.bundle(bytes, { pairCount: this.rowCount, targets: Uint16Array.from(occupied) });
    this.rowCount = 0;
  }

  #bodyBytes(): number {
    let byteCount = 0;
    for (const rows of this.#targets) {
      if (rows !== undefined && rows.rowCount > 0) byteCount += BLOCK_FRAME_BYTES + rows.writer.length;
    }
    return byteCount;
  }
}
