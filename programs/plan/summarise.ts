/**
 * Writes a long row of numbers as rows that are repeated, so that an unrolled program can be shown.
 *
 * Owns: the search for repetitions. Written out in full, the result is the row that was given.
 * Never: promises the shortest form: it finds what repeats in a program make, also inside each other.
 */
export type Summary<Item> =
  | { readonly kind: "once"; readonly item: Item }
  /** `times` is 2 or more. */
  | { readonly kind: "times"; readonly times: number; readonly items: readonly Summary<Item>[] };

/** Cost: about linear for what unrolled programs give. Recursion is as deep as repeats are nested. */
export function summarise(row: readonly number[]): readonly Summary<number>[] {
  const repetitions = new Repetitions();
  return repetitions.toSummary(repetitions.fold(row));
}

/** `position` is an item's index in the row; of a repeated one, where it occurs first. */
export function mapSummary<Item, Result>(
  summary: readonly Summary<Item>[],
  change: (item: Item, position: number) => Result,
): readonly Summary<Result>[] {
  let position = 0;
  const walk = (entries: readonly Summary<Item>[]): readonly Summary<Result>[] =>
    entries.map((entry) => {
      const start = position;
      if (entry.kind === "once") {
        position += 1;
        return { kind: "once", item: change(entry.item, start) };
      }
      const { times } = entry;
      const items = walk(entry.items);
      position = start + (position - start) * times;
      return { kind: "times", times, items };
    });
  return walk(summary);
}

interface Repetition {
  readonly times: number;
  readonly body: readonly number[];
}

/** A repetition is a number too, a negative one, so that repetitions of repetitions are found in the same way. */
class Repetitions {
  readonly #found: Repetition[] = [];
  readonly #numbers = new Map<string, number>();

  /** Folds until nothing more repeats. */
  fold(row: readonly number[]): readonly number[] {
    let folded = row;
    for (let length = Number.POSITIVE_INFINITY; folded.length < length; ) {
      length = folded.length;
      folded = this.#foldOnce(folded);
    }
    return folded;
  }

  toSummary(row: readonly number[]): readonly Summary<number>[] {
    return row.map((number) => {
      if (number >= 0) return { kind: "once", item: number };
      const { times, body } = this.#found[-number - 1];
      return { kind: "times", times, items: this.toSummary(body) };
    });
  }

  /** From the left: where the stretch up to the next equal number occurs again right after itself, it is a repetition. */
  #foldOnce(row: readonly number[]): number[] {
    const next = nextEqual(row);
    const folded: number[] = [];
    for (let at = 0; at < row.length; ) {
      const length = next[at] - at;
      let end = at + length;
      while (end + length <= row.length && equalStretches(row, at, end, length)) end += length;
      const times = (end - at) / length;
      if (times < 2) {
        folded.push(row[at]);
        at += 1;
      } else {
        folded.push(this.#numberOf(times, this.fold(row.slice(at, at + length))));
        at = end;
      }
    }
    return folded;
  }

  #numberOf(times: number, body: readonly number[]): number {
    const key = `${times}*${body.join(",")}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = -this.#found.push({ times, body });
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** For each place the next one that has the same number; beyond the row if there is none. */
function nextEqual(row: readonly number[]): Float64Array {
  const next = new Float64Array(row.length);
  const last = new Map<number, number>();
  for (let at = row.length - 1; at >= 0; at -= 1) {
    next[at] = last.get(row[at]) ?? row.length + 1;
    last.set(row[at], at);
  }
  return next;
}

function equalStretches(row: readonly number[], left: number, right: number, length: number): boolean {
  for (let offset = 0; offset < length; offset += 1) {
    if (row[left + offset] !== row[right + offset]) return false;
  }
  return true;
}
