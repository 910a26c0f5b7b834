/**
 * What a thread leaves in shared memory, for others to read when it is gone: that it gets on, the call of an operator's
 * function that it is in, and the lines that it reads.
 *
 * Owns: the layout.
 * Never: waits, allocates: it is told of every call.
 */
import { CALL_SUBJECT, type CallRecorder } from "../../programs/registered/call-recorder.ts";
import type { ThreadNotes } from "./messages.ts";

/** Indexes of 32-bit words. */
const PROGRESS = 0;
const OPERATION = 1;
const SUBJECT = 2;
/** Key and value, two words each. */
const PAIR = 3;
/** First and last line of a split, from 1; 0: not known. */
const LINES = 7;
const WORD_COUNT = 9;

export const THREAD_NOTES_BYTES = WORD_COUNT * Int32Array.BYTES_PER_ELEMENT;

/** The thread's side. */
export class NoteTaker implements CallRecorder {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  progressed(): void {
    Atomics.add(this.#words, PROGRESS, 1);
  }

  /** Plain stores: whoever reads them hears first, through its port, that the thread has ended. */
  enter(
    operation: number,
    subject: number,
    keyLow: number,
    keyHigh: number,
    valueLow: number,
    valueHigh: number,
  ): void {
    const words = this.#words;
    words[PROGRESS] += 1;
    words[OPERATION] = operation;
    words[PAIR] = keyLow;
    words[PAIR + 1] = keyHigh;
    words[PAIR + 2] = valueLow;
    words[PAIR + 3] = valueHigh;
    words[SUBJECT] = subject;
  }

  leave(): void {
    this.#words[SUBJECT] = CALL_SUBJECT.none;
  }

  /** `last`: 0 where it is not known. */
  noteLines(first: number, last: number): void {
    this.#words.set([first, last], LINES);
  }
}

export function readNotes(memory: SharedArrayBuffer): ThreadNotes {
  const words = new Int32Array(memory);
  return {
    progress: () => Atomics.load(words, PROGRESS),
    call: () => {
      const subject = words[SUBJECT];
      if (subject === CALL_SUBJECT.none) return undefined;
      const [key, value] = [integerAt(words, PAIR), integerAt(words, PAIR + 2)];
      const isLong = subject === CALL_SUBJECT.long;
      return {
        operation: words[OPERATION],
        key: isLong ? undefined : key,
        value: subject === CALL_SUBJECT.pair ? value : undefined,
      };
    },
    lines: () => {
      const [first, last] = words.subarray(LINES, LINES + 2);
      return first === 0 ? undefined : { first, last: last === 0 ? undefined : last };
    },
  };
}

function integerAt(words: Int32Array, index: number): bigint {
  return BigInt.asIntN(64, (BigInt(words[index + 1]) << 32n) | BigInt.asUintN(32, BigInt(words[index])));
}
