/**
 * What a thread leaves in shared memory, for others to read when it is gone: that it gets on, the call of an operator's
 * function that it is in, and the lines that it reads. And what others leave there for it: which of its tasks are to stop,
 * since it reads no message while it computes.
 *
 * Owns: the layout.
 * Never: waits, allocates: it is told of every call.
 *
 * N1. A task that is to stop ends where it gets on the next time, or calls a function of the operator's own.
 */
import { CALL_SUBJECT, type CallRecorder } from "../../programs/registered/call-recorder.ts";
import { EXECUTOR_TASKS_MAX } from "../options.ts";
import type { ThreadNotes } from "./messages.ts";

/** Indexes of 32-bit words. */
const PROGRESS = 0;
const OPERATION = 1;
const SUBJECT = 2;
/** Key and value, two words each. */
const PAIR = 3;
/** First and last line of a split, from 1; 0: not known. */
const LINES = 7;
/** Marks of the tasks that are to stop; 0: none. */
const STOPPED = 9;
const WORD_COUNT = STOPPED + EXECUTOR_TASKS_MAX;

export const THREAD_NOTES_BYTES = WORD_COUNT * Int32Array.BYTES_PER_ELEMENT;

/** Ends a task that is to stop: it has neither a result nor a failure. */
export class TaskStopped extends Error {
  constructor() {
    super("nobody needs the task any more");
    this.name = "TaskStopped";
  }
}

/** The thread's side. */
export class NoteTaker implements CallRecorder {
  readonly #words: Int32Array;
  /** Of the task that runs; 0: of none. */
  #mark = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** A task begins: from now on it may be stopped. */
  begin(ticket: number): void {
    this.#mark = markOf(ticket);
  }

  end(): void {
    this.#mark = 0;
    Atomics.add(this.#words, PROGRESS, 1);
  }

  /** Errors: TaskStopped (N1). */
  progressed(): void {
    Atomics.add(this.#words, PROGRESS, 1);
    if (this.#isStopped()) throw new TaskStopped();
  }

  /** Plain stores: whoever reads them hears first, through its port, that the thread has ended. Errors: TaskStopped (N1). */
  enter(
    operation: number,
    subject: number,
    keyLow: number,
    keyHigh: number,
    valueLow: number,
    valueHigh: number,
  ): void {
    if (this.#isStopped()) throw new TaskStopped();
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

  /** Plain loads: a mark that is seen late stops the task late. */
  #isStopped(): boolean {
    if (this.#mark === 0) return false;
    for (let place = STOPPED; place < WORD_COUNT; place += 1) if (this.#words[place] === this.#mark) return true;
    return false;
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
    stop: (tickets) => {
      for (let place = 0; place < EXECUTOR_TASKS_MAX; place += 1) {
        const ticket = tickets[place];
        Atomics.store(words, STOPPED + place, ticket === undefined ? 0 : markOf(ticket));
      }
    },
  };
}

/** Tells tasks that are with one thread at the same time apart; never 0. */
function markOf(ticket: number): number {
  return (ticket % MARK_COUNT) + 1;
}

const MARK_COUNT = 2 ** 31 - 1;

function integerAt(words: Int32Array, index: number): bigint {
  return BigInt.asIntN(64, (BigInt(words[index + 1]) << 32n) | BigInt.asUintN(32, BigInt(words[index])));
}
