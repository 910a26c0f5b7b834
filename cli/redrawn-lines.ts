/**
 * Lines of a terminal that are drawn again and again in the same place.
 *
 * Owns: what of them is on the screen, and whether the stream is a terminal that can do this.
 */

const COLUMNS_DEFAULT = 80;

export class RedrawnLines {
  readonly isTerminal: boolean;
  readonly #stream: NodeJS.WriteStream;
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true && process.env.TERM !== "dumb" && !process.env.CI;
  }

  /** Characters of a line that does not wrap. A terminal without a size, such as a serial one, says 0. */
  get columns(): number {
    return (this.#stream.columns || COLUMNS_DEFAULT) - 1;
  }

  /** Takes the place of the lines before. */
  draw(lines: readonly string[]): void {
    this.#stream.write(`${this.#upwards()}${lines.join("\n")}\n`);
    this.#drawn = lines.length;
  }

  clear(): void {
    if (this.#drawn > 0) this.#stream.write(this.#upwards());
    this.#drawn = 0;
  }

  #upwards(): string {
    return this.#drawn === 0 ? "" : `\r\x1b[${this.#drawn}A\x1b[J`;
  }
}
