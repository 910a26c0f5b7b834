/**
 * Bytes that others write into: one buffer, used again and grown where it is too small.
 *
 * Owns: the buffer.
 */

export class ByteWindow {
  #bytes = new Uint8Array(0);

  /** The first `byteCount` bytes: what was there before, unless the buffer had to grow. */
  open(byteCount: number): Uint8Array {
    if (byteCount > this.#bytes.length) this.#bytes = new Uint8Array(byteCount);
    return this.#bytes.subarray(0, byteCount);
  }
}
