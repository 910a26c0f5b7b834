/**
 * The errors of the dataflow language: a wrong program, a bad record, an arithmetic error.
 *
 * Owns: the error class and its stable codes' shape.
 * Never: prints anything.
 */

/** One thing wrong with a program, and where. */
export interface Diagnostic {
  /** Path inside the program file, such as `operations[2].functon`; empty for the file itself. */
  readonly place: string;
  /** One sentence, with the nearest known name where there is one. */
  readonly message: string;
}

/** The program itself is wrong; nothing has run. Carries every diagnostic at once. */
export class ProgramError extends Error {
  readonly code = "PROGRAM_INVALID";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ place, message }) => (place === "" ? message : `${place}: ${message}`)).join("\n"));
    this.name = "ProgramError";
    this.diagnostics = diagnostics;
  }
}

export type DataErrorCode = "BAD_RECORD" | "ARITHMETIC_ERROR" | "INPUT_CORRUPT" | "LINE_TOO_LONG";

/** The data made the job fail: a bad record or an arithmetic error. `detail` is structured-cloneable. */
export class DataError extends Error {
  readonly code: DataErrorCode;
  readonly detail: Reject;

  constructor(code: DataErrorCode, message: string, detail: Reject) {
    super(message);
    this.name = "DataError";
    this.code = code;
    this.detail = detail;
  }
}

/** Bytes that should be a block are none, or not the ones that were written: whoever stored them has to make them again. */
export class BrokenBlockError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BrokenBlockError";
  }
}

/** The kernels' memory cannot grow as far as a task needs. Trying again would end the same. */
export class KernelMemoryError extends Error {
  readonly code = "KERNEL_MEMORY_EXHAUSTED";

  constructor(byteCount: number, options: ErrorOptions) {
    const size = `${Math.ceil(byteCount / 2 ** 20)} MiB in one piece`;
    super(
      `a task needs more memory than its kernels can have (${size}): give less --memory, or more partitions`,
      options,
    );
    this.name = "KernelMemoryError";
  }
}

/** A function of the operator's own needs more values at once than there is memory for. Trying again would end the same. */
export class ValuesMemoryError extends Error {
  readonly code = "KEY_VALUES_TOO_MANY";

  constructor(name: string, key: bigint | number) {
    super(`${name} needs all values of key ${key} at once, and there is no memory for them: give more --memory`);
    this.name = "ValuesMemoryError";
  }
}

/** A line of input that is no pair. `line` counts from 0 inside the split. */
export interface RecordReject {
  readonly kind: "record";
  readonly line: number;
  /** The offending text, control characters escaped, cut at 80 characters. */
  readonly text: string;
  readonly reason: string;
}

/** A pair (for a reduce, a key: `value` is null) that an operation could not be applied to. */
export interface ArithmeticReject {
  readonly kind: "arithmetic";
  /** Index into `Plan.operations`. */
  readonly operation: number;
  readonly key: string;
  readonly value: string | null;
  readonly reason: string;
}

export type Reject = RecordReject | ArithmeticReject;

/** Reasons of arithmetic errors; the same words from every kernel set and from the reference interpreter. */
export const ARITHMETIC_REASON = {
  overflow: "the result does not fit 64 bits",
  divisionByZero: "division by zero",
  negativeExponent: "negative exponent",
  shiftAmount: "shift amount out of range",
  tooLarge: "the result is too large to be computed",
  functionFailed: "the function failed",
} as const;

export type ArithmeticCause = keyof typeof ARITHMETIC_REASON;
