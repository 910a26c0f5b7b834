/**
 * Counts the bytes of segments on disk for all threads of a process, and refuses what would be more than allowed.
 *
 * Owns: the counters, in memory that threads share.
 * Never: touches a file; decides what may go.
 *
 * M1. Bytes are taken before they are written and given back after their file is gone: what is on disk is never more than
 *     what is counted.
 * M2. What is taken is never more than the limit, whichever threads take at once.
 * M3. Nothing is refused while files are being deleted: who takes waits for their room.
 */

/** Plain data: sent to threads as it is. */
export interface DiskAccount {
  /** Three int64: bytes in use, the most that ever were, and deletions that are under way. */
  readonly counters: SharedArrayBuffer;
  /** Bytes; undefined: as many as the disk has. */
  readonly limitBytes: number | undefined;
}

const [USED, PEAK, FREEING] = [0, 1, 2];
/** A deletion that takes longer than all of these waits is not waited for. */
const WAIT_MS = 1_000;
const WAITS_MAX = 20;

/** `usedBytes` are on disk already. They may be more than the limit: then nothing is taken before some are given back. */
export function openDiskAccount(usedBytes: number, limitBytes: number | undefined): DiskAccount {
  const counters = new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT);
  new BigInt64Array(counters).set([BigInt(usedBytes), BigInt(usedBytes)]);
  return { counters, limitBytes };
}

export class DiskMeter {
  readonly limitBytes: number | undefined;
  readonly #counters: BigInt64Array;

  constructor({ counters, limitBytes }: DiskAccount) {
    this.#counters = new BigInt64Array(counters);
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return Number(Atomics.load(this.#counters, USED));
  }

  get peakBytes(): number {
    return Number(Atomics.load(this.#counters, PEAK));
  }

  /**
   * Counts bytes that are about to be written; false, and nothing is counted, if they would be too many (M2). Blocks the
   * thread while that may change (M3): not for the thread that deletes.
   */
  take(byteCount: number): boolean {
    for (let waits = 0; !this.#tryTake(byteCount); waits += 1) {
      const freeing = Atomics.load(this.#counters, FREEING);
      if (waits === WAITS_MAX || freeing === 0n) return this.#tryTake(byteCount);
      Atomics.wait(this.#counters, FREEING, freeing, WAIT_MS);
    }
    return true;
  }

  /** As `take`, for a thread that must not wait: what is being deleted still counts. */
  takeAtOnce(byteCount: number): boolean {
    return this.#tryTake(byteCount);
  }

  /** Files are about to be deleted (M3). */
  beginFreeing(): void {
    Atomics.add(this.#counters, FREEING, 1n);
  }

  /** They are gone from the disk, so many bytes (M1). */
  endFreeing(byteCount: number): void {
    Atomics.sub(this.#counters, USED, BigInt(byteCount));
    Atomics.sub(this.#counters, FREEING, 1n);
    Atomics.notify(this.#counters, FREEING);
  }

  #tryTake(byteCount: number): boolean {
    const counters = this.#counters;
    for (let used = Atomics.load(counters, USED); ; ) {
      const wanted = used + BigInt(byteCount);
      if (this.limitBytes !== undefined && wanted > BigInt(this.limitBytes)) return false;
      const found = Atomics.compareExchange(counters, USED, used, wanted);
      if (found === used) {
        this.#raisePeak(wanted);
        return true;
      }
      used = found;
    }
  }

  #raisePeak(used: bigint): void {
    for (let peak = Atomics.load(this.#counters, PEAK); peak < used; ) {
      const found = Atomics.compareExchange(this.#counters, PEAK, peak, used);
      if (found === peak) return;
      peak = found;
    }
  }
}
