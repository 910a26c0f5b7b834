/**
 * Output to a stream, such as standard output. What went out cannot be taken back: a further attempt in the same
 * process leaves out the bytes that were written, since they are the same again (D1).
 *
 * Owns: back-pressure of the stream.
 * Never: ends the stream; it is not ours.
 */
import type { Writable } from "node:stream";
import { RuntimeError } from "../../runtime/errors.ts";
import type { OutputPort } from "./output-port.ts";

export class StreamOutput implements OutputPort {
  readonly #stream: Writable;
  /** Bytes given to the stream; it writes them in order, whether or not anybody still waits for it. */
  #given = 0;
  #skip = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  open(_keepBytes: number): Promise<number> {
    this.#skip = this.#given;
    return Promise.resolve(0);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const rest = bytes.subarray(Math.min(this.#skip, bytes.length));
    this.#skip -= bytes.length - rest.length;
    if (rest.length === 0) return;
    this.#given += rest.length;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(rest, (error) => {
        if (error) reject(new RuntimeError("OUTPUT_FAILED", `cannot write the output: ${error.message}`, error));
        else resolve();
      });
    });
  }

  commit(): Promise<void> {
    return Promise.resolve();
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
