/**
 * Sorts arithmetic rejects by operation, key, value and reason, however many they are.
 *
 * Owns: the order, and the sorted runs on disk where they are too many for memory.
 * Never: writes the rejects file.
 *
 * S1. At most `heldCharactersMax` characters of rejects are in memory, and a piece of each run while runs are merged.
 * S2. There are fewer than RUNS_MERGED runs of a size: so many become one of the next size.
 * S3. `dispose` leaves no file behind.
 */
import { crc32c } from "../../programs/blocks/crc32c.ts";
import type { ArithmeticReject } from "../../programs/errors.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { removeSegments, SegmentWriter } from "../../runtime/journal/segment-files.ts";
import { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import type { StoredReference } from "../executor/messages.ts";
import { REJECT_PIECE_CHARACTERS, REJECTS_HELD_CHARACTERS_MAX } from "../options.ts";

const RUNS_MERGED = 16;

/** A sorted run on disk, in pieces of whole lines. */
interface Run {
  readonly name: string;
  readonly pieces: readonly StoredReference[];
}

export class RejectSorter {
  readonly #directory: string;
  readonly #heldCharactersMax: number;
  readonly #name: string;
  readonly #reader: SegmentReader;
  /** By size; a run of one size is about RUNS_MERGED runs of the size before. */
  readonly #runs: Run[][] = [];
  #held: ArithmeticReject[] = [];
  #heldCharacters = 0;
  #runCount = 0;

  /** `name` is that of the files, and unique among all sorters at work in the directory. */
  constructor(directory: string, name: string, heldCharactersMax: number = REJECTS_HELD_CHARACTERS_MAX) {
    this.#directory = directory;
    this.#name = name;
    this.#heldCharactersMax = heldCharactersMax;
    this.#reader = new SegmentReader(directory);
  }

  /** Takes a reject in; true if it took the occasion to write a run, which blocks for a while. Errors: those of segments. */
  add(reject: ArithmeticReject): boolean {
    this.#held.push(reject);
    this.#heldCharacters += reject.key.length + (reject.value?.length ?? 0) + reject.reason.length;
    if (this.#heldCharacters < this.#heldCharactersMax) return false;
    this.#keep(this.#store(this.#takeHeld()), 0);
    return true;
  }

  /** All that was added, in order; once. Errors: SEGMENT_DAMAGED, and those of segments. */
  *sorted(): Generator<ArithmeticReject> {
    yield* merge([this.#takeHeld(), ...this.#runs.flat().map((run) => this.#read(run))]);
  }

  dispose(): void {
    this.#reader.close();
    removeSegments(this.#directory, (segment) => !segment.startsWith(`${this.#name}-`));
  }

  #takeHeld(): ArithmeticReject[] {
    const held = this.#held.sort(compareRejects);
    this.#held = [];
    this.#heldCharacters = 0;
    return held;
  }

  #keep(run: Run, size: number): void {
    this.#runs[size] ??= [];
    const runs = this.#runs[size];
    runs.push(run);
    if (runs.length < RUNS_MERGED) return;
    const merged = this.#store(merge(runs.map((each) => this.#read(each))));
    for (const each of runs.splice(0)) this.#remove(each);
    this.#keep(merged, size + 1);
  }

  #store(rejects: Iterable<ArithmeticReject>): Run {
    this.#runCount += 1;
    const name = `${this.#name}-${this.#runCount}`;
    const writer = new SegmentWriter(this.#directory, name);
    const pieces: StoredReference[] = [];
    const flush = (text: string): void => {
      const bytes = Buffer.from(text);
      pieces.push({ ...writer.append(bytes), crc: crc32c(bytes, 0, bytes.length) });
    };
    try {
      let text = "";
      for (const reject of rejects) {
        text += `${JSON.stringify(reject)}\n`;
        if (text.length < REJECT_PIECE_CHARACTERS) continue;
        flush(text);
        text = "";
      }
      if (text !== "") flush(text);
    } finally {
      writer.close();
    }
    return { name, pieces };
  }

  *#read({ pieces }: Run): Generator<ArithmeticReject> {
    for (const piece of pieces) {
      const bytes = new Uint8Array(piece.byteLength);
      this.#reader.read(piece, bytes);
      // Nobody else can make it again, as for what tasks store: the job ends by this name.
      if (crc32c(bytes, 0, bytes.length) !== piece.crc) {
        throw new RuntimeError("SEGMENT_DAMAGED", `stored bytes are damaged: ${piece.segment} at ${piece.offset}`);
      }
      for (const line of Buffer.from(bytes.buffer).toString("utf8").split("\n")) {
        if (line !== "") yield JSON.parse(line) as ArithmeticReject;
      }
    }
  }

  #remove({ name, pieces }: Run): void {
    for (const { segment } of pieces) this.#reader.release(segment);
    removeSegments(this.#directory, (segment) => !segment.startsWith(`${name}-`));
  }
}

/** Merges what is sorted. There are at most some ten sources, so that looking at each is as fast as a heap. */
function* merge(sources: readonly Iterable<ArithmeticReject>[]): Generator<ArithmeticReject> {
  const heads = sources.flatMap((source) => {
    const rest = source[Symbol.iterator]();
    const { done, value } = rest.next();
    return done === true ? [] : [{ reject: value, rest }];
  });
  while (heads.length > 0) {
    let least = 0;
    for (let index = 1; index < heads.length; index += 1) {
      if (compareRejects(heads[index].reject, heads[least].reject) < 0) least = index;
    }
    const head = heads[least];
    yield head.reject;
    const { done, value } = head.rest.next();
    if (done === true) heads.splice(least, 1);
    else head.reject = value;
  }
}

function compareRejects(one: ArithmeticReject, two: ArithmeticReject): number {
  return (
    one.operation - two.operation ||
    compareIntegers(one.key, two.key) ||
    compareIntegers(one.value ?? "0", two.value ?? "0") ||
    compareTexts(one.reason, two.reason)
  );
}

/** Of plain decimal digits without leading zeros, `-` before those of negative ones. */
function compareIntegers(one: string, two: string): number {
  const sign = one.startsWith("-") ? -1 : 1;
  if (two.startsWith("-") !== sign < 0) return sign;
  return sign * (one.length - two.length || compareTexts(one, two));
}

function compareTexts(one: string, two: string): number {
  return one < two ? -1 : one > two ? 1 : 0;
}
