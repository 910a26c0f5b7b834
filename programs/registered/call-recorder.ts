/**
 * Notes which call of a function of the operator's own is under way, where others can see it when the thread is gone: a
 * function may end its thread, or never come back.
 *
 * Owns: the port, and how a pair is put into 32-bit numbers.
 * Never: allocates: it is told of every call.
 */
export const CALL_SUBJECT = { none: 0, pair: 1, key: 2, long: 3 } as const;

export interface CallRecorder {
  /** `subject` is one of CALL_SUBJECT; of a key, or of integers beyond 64 bits, the halves that are missing are 0. */
  enter(operation: number, subject: number, keyLow: number, keyHigh: number, valueLow: number, valueHigh: number): void;
  leave(): void;
}

export const NO_RECORDER: CallRecorder = { enter: () => undefined, leave: () => undefined };
