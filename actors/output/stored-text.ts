/**
 * The text of a piece of the output: as it came, or brought from the worker that stored it.
 *
 * Owns: the check that what was brought is what was stored.
 * Never: writes it; asks twice: text that cannot be had is computed again.
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { TaskResult, TextPiece } from "../executor/messages.ts";

/** Reads stretches that workers hold. Errors: SEGMENT_DAMAGED, for what cannot be had. */
export type ReadText = (references: readonly SegmentReference[]) => Promise<readonly Uint8Array<ArrayBuffer>[]>;

/** Has the text of the next piece brought while one is being written. */
export class TextReader {
  readonly #readText: ReadText | undefined;
  readonly #begun = new WeakMap<TaskResult, Promise<readonly TextPiece[]>>();

  constructor(readText: ReadText | undefined) {
    this.#readText = readText;
  }

  /** Errors: SEGMENT_DAMAGED. */
  async textOf(result: TaskResult): Promise<readonly TextPiece[]> {
    return await this.#begin(result);
  }

  /** Begins to bring it; whoever asks for it is told how that ends. */
  prepare(result: TaskResult): void {
    this.#begin(result).catch(() => undefined);
  }

  #begin(result: TaskResult): Promise<readonly TextPiece[]> {
    const text = this.#begun.get(result) ?? bring(result, this.#readText);
    this.#begun.set(result, text);
    return text;
  }
}

async function bring(result: TaskResult, readText: ReadText | undefined): Promise<readonly TextPiece[]> {
  const { text, storedText = [] } = result;
  if (storedText.length === 0) return text;
  assert(readText !== undefined, "text is stored where somebody can read it");
  const pieces = await readText(storedText.map(({ at }) => at));
  return storedText.map(({ at, times }, index) => {
    if (crc32(pieces[index]) !== at.crc) throw new SegmentDamageError([at]);
    return { bytes: pieces[index], times };
  });
}

/** The segments that a piece's text lies in: nobody else needs them. */
export function textSegments({ storedText = [] }: TaskResult): readonly string[] {
  return [...new Set(storedText.map(({ at }) => at.segment))];
}
