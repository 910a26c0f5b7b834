/**
 * Counts the bytes of segments on disk for all threads of a process, and refuses what would be more than allowed.
 *
 * Owns: the counters, in memory that threads share.
 * Never: touches a file; decides what may go.
 *
 * M1. Bytes are taken before they are written and given back after their file is gone: what is on disk is never more than
 *     what is counted.
 * M2. What is taken is never more than the limit, whichever threads take at once.
 */

/** Plain data: sent to threads as it is. */
export interface DiskAccount {
  /** Two int64: bytes in use, and the most that ever were. */
  readonly counters: SharedArrayBuffer;
  /** Bytes; undefined: as many as the disk has. */
  readonly limitBytes: number | undefined;
}

const [USED, PEAK] = [0, 1];

/** `usedBytes` are on disk already. They may be more than the limit: then nothing is taken before some are given back. */
export function openDiskAccount(usedBytes: number, limitBytes: number | undefined): DiskAccount {
  const counters = new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT);
  new BigInt64Array(counters).fill(BigInt(usedBytes));
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

  /** Counts bytes that are about to be written; false, and nothing is counted, if they would be too many (M2). */
  take(byteCount: number): boolean {
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

  /** Bytes are gone from the disk (M1). */
  giveBack(byteCount: number): void {
    Atomics.sub(this.#counters, USED, BigInt(byteCount));
  }

  #raisePeak(used: bigint): void {
    for (let peak = Atomics.load(this.#counters, PEAK); peak < used; ) {
      const found = Atomics.compareExchange(this.#counters, PEAK, peak, used);
      if (found === peak) return;
      peak = found;
    }
  }
}
