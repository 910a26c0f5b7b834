/**
 * Parses text, cut into pieces anywhere, into pairs.
 *
 * Owns: the window and the tail that it keeps, lines and their numbers, what becomes of a bad one.
 * Never: looks into a line; see `csv-lines.ts` and `ndjson-lines.ts`.
 *
 * T1. The pairs, the rejects and their line numbers depend on the text alone, never on where it was cut.
 * T2. Memory stays below the largest window plus LINE_BYTES_MAX, doubled while a larger window is being made.
 */
import { DataError, type RecordReject } from "../../errors.ts";
import { LINE_BYTES_MAX } from "../../limits.ts";
import type { ErrorMode } from "../../program.ts";
import type { TextFormat } from "../kernel-set.ts";
import { offendingText } from "../offending-text.ts";
import { RECORD_REASON } from "../record-reasons.ts";
import { CsvLines } from "./csv-lines.ts";
import type { LineReader, TakePair } from "./line-reader.ts";
import { NdjsonLines } from "./ndjson-lines.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** Behind the text there is always a line feed, so that no search needs to look for the end. */
const SENTINEL_BYTES = 1;

export interface ParserOutput {
  readonly pair: TakePair;
  readonly reject: (reject: RecordReject) => void;
}

export class TextParser {
  /** Lines consumed so far, blank and rejected ones too. */
  lines = 0;
  readonly #onError: ErrorMode;
  readonly #output: ParserOutput;
  readonly #reader: LineReader;
  #bytes = Buffer.alloc(SENTINEL_BYTES);
  /** The text that is not consumed yet. */
  #at = 0;
  #end = 0;
  /** While the rest of a line that was too long is skipped. */
  #discarding = false;

  constructor(format: TextFormat, onError: ErrorMode, output: ParserOutput) {
    this.#onError = onError;
    this.#output = output;
    this.#reader = format.format === "csv" ? new CsvLines(format) : new NdjsonLines(format);
  }

  /** A writable view of `byteCount` bytes behind the text that is not consumed yet; valid until the next call. */
  window(byteCount: number): Uint8Array {
    const tailBytes = this.#end - this.#at;
    const neededBytes = tailBytes + byteCount + SENTINEL_BYTES;
    const target = neededBytes > this.#bytes.length ? Buffer.alloc(neededBytes) : this.#bytes;
    this.#bytes.copy(target, 0, this.#at, this.#end);
    this.#bytes = target;
    this.#at = 0;
    this.#end = tailBytes;
    return target.subarray(tailBytes, tailBytes + byteCount);
  }

  /**
   * Takes the first `byteCount` bytes of the window and parses every whole line.
   *
   * Errors: in `fail` mode DataError BAD_RECORD or LINE_TOO_LONG for the first bad line; in `reject` mode it is rejected.
   */
  push(byteCount: number): void {
    this.#end += byteCount;
    this.#parse(false);
  }

  /** Nothing follows: the last line may lack its line end. */
  finish(): void {
    this.#parse(true);
  }

  #parse(final: boolean): void {
    this.#bytes[this.#end] = LINE_FEED;
    for (;;) {
      if (!this.#discarding) this.#readUsualLines();
      if (!this.#readLine(final)) return;
    }
  }

  #readUsualLines(): void {
    const { at, lines } = this.#reader.readUsual(this.#bytes, this.#at, this.#end, this.#output.pair);
    this.#at = at;
    this.lines += lines;
  }

  /** False: no whole line is left. */
  #readLine(final: boolean): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    if (this.#discarding) {
      const lineFeed = bytes.indexOf(LINE_FEED, this.#at);
      this.#at = Math.min(lineFeed + 1, end);
      if (lineFeed >= end) return false;
      this.#discarding = false;
    }
    const start = this.#at;
    const lineFeed = Math.min(bytes.indexOf(LINE_FEED, start), end);
    const isTooLong = lineFeed - start > LINE_BYTES_MAX;
    if (lineFeed === end && !isTooLong && (!final || start === end)) return false;
    this.lines += 1;
    this.#at = Math.min(lineFeed + 1, end);
    if (isTooLong) {
      this.#discarding = lineFeed === end;
      this.#reportBadLine(start, lineFeed, RECORD_REASON.lineTooLong);
      return true;
    }
    const hasReturn = lineFeed > start && bytes[lineFeed - 1] === CARRIAGE_RETURN;
    const lineEnd = hasReturn ? lineFeed - 1 : lineFeed;
    if (this.#reader.isBlank(bytes, start, lineEnd)) return true;
    const reason = this.#reader.read(bytes, start, lineEnd);
    if (reason === undefined) this.#output.pair(this.#reader.key, this.#reader.value);
    else this.#reportBadLine(start, lineEnd, reason);
    return true;
  }

  #reportBadLine(start: number, end: number, reason: string): void {
    const text = offendingText(this.#bytes.subarray(start, end));
    const reject: RecordReject = { kind: "record", line: this.lines - 1, text, reason };
    if (this.#onError === "fail") {
      const code = reason === RECORD_REASON.lineTooLong ? "LINE_TOO_LONG" : "BAD_RECORD";
      throw new DataError(code, `"${text}": ${reason}`, reject);
    }
    this.#output.reject(reject);
  }
}
