/**
 * What happened, as a rolling hash of every line, and as lines for people where somebody wants them.
 *
 * Owns: the form of a line. Nothing in it depends on the machine or on the version of Node.
 */

/** Times are told to a thousandth of a millisecond. */
const TIME_DIGITS = 3;

export class History {
  readonly #lines: string[] | undefined;
  #high = 0x811c9dc5;
  #low = 0x9e3779b9;
  #count = 0;

  constructor(keepsLines: boolean) {
    this.#lines = keepsLines ? [] : undefined;
  }

  note(atMs: number, actor: string, kind: string, detail: string): void {
    const line = `${atMs.toFixed(TIME_DIGITS)} ${actor} ${kind} ${detail}`;
    this.#count += 1;
    let [high, low] = [this.#high, this.#low];
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low + code, 0x85ebca6b) ^ (low >>> 13);
    }
    this.#high = high;
    this.#low = low;
    this.#lines?.push(line);
  }

  get count(): number {
    return this.#count;
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** 16 hexadecimal digits: of two runs that have the same, all lines were the same. */
  get hash(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
