/**
 * Parses text, cut into pieces anywhere, into batches of pairs.
 *
 * Owns: the window and the tail that it keeps, the words for what is wrong with a line.
 * Never: looks at a good line: the kernels do (`assembly/text-csv.ts`, `assembly/text-ndjson.ts`).
 *
 * T1. The pairs, the rejects and their line numbers depend on the text alone, never on where it was cut.
 * T2. Memory stays below the largest window plus LINE_BYTES_MAX, doubled while a larger window is being made.
 */
import { DataError, type RecordReject } from "../../errors.ts";
import { BATCH_PAIRS, LINE_BYTES_MAX } from "../../limits.ts";
import type { ErrorMode } from "../../program.ts";
import type { TextFormat } from "../kernel-set.ts";
import { offendingText } from "../offending-text.ts";
import { fieldCountReason, RECORD_REASON } from "../record-reasons.ts";
import type { KernelInstance, PairColumns, Pointer } from "./instance.ts";

interface TextExports {
  parseCsv(state: Pointer, keys: Pointer, values: Pointer, capacity: number): number;
  parseNdjson(state: Pointer, keys: Pointer, values: Pointer, capacity: number): number;
}

/** Fields of the state, in u32s, as `assembly/text-state.ts` lays them out. */
const STATE = {
  at: 0,
  end: 1,
  final: 2,
  discarding: 3,
  lines: 4,
  status: 5,
  problem: 6,
  lineStart: 7,
  lineEnd: 8,
  fieldStart: 9,
  fieldEnd: 10,
  found: 11,
  lineBytesMax: 12,
  delimiter: 13,
  keyColumn: 14,
  valueColumn: 15,
  exactlyTwoFields: 16,
  keyName: 17,
  keyNameLength: 18,
  valueName: 19,
  valueNameLength: 20,
  scratch: 21,
  nesting: 22,
  plainNames: 23,
} as const;
const STATE_BYTES = 104;

const STATUS_BAD = 2;
/** Numbers of `assembly/text-state.ts`. */
const PROBLEM_TOO_LONG = 1;
/** The fast path reads whole vectors behind the text. */
const READ_SLACK_BYTES = 64;

export class TextParser {
  readonly #instance: KernelInstance;
  readonly #format: TextFormat;
  readonly #onError: ErrorMode;
  readonly #reject: (reject: RecordReject) => void;
  readonly #state: Pointer;
  readonly #parse: TextExports["parseCsv"];
  readonly #owned: Pointer[] = [];
  #buffer: Pointer = 0;
  #bufferBytes = 0;

  constructor(
    instance: KernelInstance,
    format: TextFormat,
    onError: ErrorMode,
    reject: (reject: RecordReject) => void,
  ) {
    const exports = instance.exports as unknown as TextExports;
    this.#instance = instance;
    this.#format = format;
    this.#onError = onError;
    this.#reject = reject;
    this.#state = this.#own(STATE_BYTES);
    this.#fields().fill(0);
    this.#set("lineBytesMax", LINE_BYTES_MAX);
    if (format.format === "csv") {
      this.#parse = exports.parseCsv;
      this.#set("delimiter", format.delimiter);
      this.#set("keyColumn", format.keyColumn);
      this.#set("valueColumn", format.valueColumn);
      this.#set("exactlyTwoFields", format.exactlyTwoFields ? 1 : 0);
    } else {
      this.#parse = exports.parseNdjson;
      this.#setName("keyName", "keyNameLength", format.keyMember);
      this.#setName("valueName", "valueNameLength", format.valueMember);
      const isPlain = (name: string) => JSON.stringify(name) === `"${name}"`;
      // One that is key and value is found once in a usual line; of one that stands there twice the last counts.
      const areTwo = format.keyMember !== format.valueMember;
      this.#set("plainNames", areTwo && isPlain(format.keyMember) && isPlain(format.valueMember) ? 1 : 0);
      this.#set("scratch", this.#own(LINE_BYTES_MAX));
      this.#set("nesting", this.#own(LINE_BYTES_MAX / 8));
    }
  }

  /** Lines consumed so far, blank and rejected ones too. */
  get lines(): number {
    return this.#fields()[STATE.lines];
  }

  /** A writable view of `byteCount` bytes behind the text that is not consumed yet; valid until the next call. */
  window(byteCount: number): Uint8Array {
    const fields = this.#fields();
    const at = fields[STATE.at];
    const tailBytes = fields[STATE.end] - at;
    const neededBytes = tailBytes + byteCount;
    const from = this.#buffer;
    const replaced = neededBytes > this.#bufferBytes;
    if (replaced) {
      this.#bufferBytes = neededBytes;
      this.#buffer = this.#instance.allocate(neededBytes + READ_SLACK_BYTES);
    }
    const memory = new Uint8Array(this.#instance.bytes(0, 0).buffer);
    memory.copyWithin(this.#buffer, at, at + tailBytes);
    if (replaced && from !== 0) this.#instance.release(from);
    this.#set("at", this.#buffer);
    this.#set("end", this.#buffer + tailBytes);
    return this.#instance.bytes(this.#buffer + tailBytes, byteCount);
  }

  /** Takes the first `byteCount` bytes of the window. */
  push(byteCount: number): void {
    this.#set("end", this.#fields()[STATE.end] + byteCount);
  }

  /** Nothing follows: the last line may lack its line end. */
  end(): void {
    this.#set("final", 1);
  }

  /**
   * Parses up to `limit` pairs; 0 says that more text is needed or, after `end`, that all is parsed.
   *
   * Errors: in `fail` mode DataError BAD_RECORD or LINE_TOO_LONG for the first bad line; in `reject` mode it is rejected.
   */
  next(columns: PairColumns, limit = BATCH_PAIRS): number {
    let written = 0;
    for (;;) {
      const keys = columns.keys + 8 * written;
      const values = columns.values + 8 * written;
      written += this.#parse(this.#state, keys, values, limit - written);
      if (this.#fields()[STATE.status] !== STATUS_BAD) return written;
      this.#reportBadLine();
    }
  }

  dispose(): void {
    for (const pointer of this.#owned.splice(0)) this.#instance.release(pointer);
    if (this.#buffer !== 0) this.#instance.release(this.#buffer);
    this.#buffer = 0;
  }

  #reportBadLine(): void {
    const fields = this.#fields();
    const reject: RecordReject = {
      kind: "record",
      line: fields[STATE.lines] - 1,
      text: this.#textBetween(fields[STATE.lineStart], fields[STATE.lineEnd]),
      reason: this.#reason(fields),
    };
    if (this.#onError === "fail") {
      const code = fields[STATE.problem] === PROBLEM_TOO_LONG ? "LINE_TOO_LONG" : "BAD_RECORD";
      throw new DataError(code, `"${reject.text}": ${reject.reason}`, reject);
    }
    this.#reject(reject);
  }

  #reason(fields: Uint32Array): string {
    const format = this.#format;
    const found = fields[STATE.found];
    const field = () => this.#textBetween(fields[STATE.fieldStart], fields[STATE.fieldEnd]);
    const reasons: (() => string)[] = [
      () => "",
      () => RECORD_REASON.lineTooLong,
      () => (format.format === "csv" ? fieldCountReason(format, found) : ""),
      () => RECORD_REASON.emptyField,
      () => RECORD_REASON.notInteger(field()),
      () => RECORD_REASON.doesNotFit(field()),
      () => RECORD_REASON.openQuote,
      () => RECORD_REASON.notJson,
      () => RECORD_REASON.notAPair,
      () => RECORD_REASON.wrongElementCount(found),
      () => RECORD_REASON.noMember(format.format === "ndjson" ? format.keyMember : ""),
      () => RECORD_REASON.noMember(format.format === "ndjson" ? format.valueMember : ""),
    ];
    return reasons[fields[STATE.problem]]();
  }

  #textBetween(start: Pointer, end: Pointer): string {
    return offendingText(this.#instance.bytes(start, end - start));
  }

  #own(byteCount: number): Pointer {
    const pointer = this.#instance.allocate(byteCount);
    this.#owned.push(pointer);
    return pointer;
  }

  #fields(): Uint32Array {
    return this.#instance.uint32s(this.#state, STATE_BYTES / 4);
  }

  #set(field: keyof typeof STATE, number: number): void {
    this.#fields()[STATE[field]] = number;
  }

  #setName(pointerField: "keyName" | "valueName", lengthField: "keyNameLength" | "valueNameLength", name: string) {
    const bytes = new TextEncoder().encode(`"${name}"`);
    const pointer = this.#own(bytes.length);
    this.#instance.bytes(pointer, bytes.length).set(bytes);
    this.#set(pointerField, pointer + 1);
    this.#set(lengthField, bytes.length - 2);
  }
}
