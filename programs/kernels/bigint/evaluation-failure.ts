/**
 * An arithmetic error on its way from the operation that failed to whoever knows the pair.
 *
 * Owns: one error object for each cause, made once: a stack trace for every rejected pair would cost more than the work.
 *       Failures of functions of the operator's own have words of their own, and are made anew.
 * Never: leaves the kernels.
 */
import { ARITHMETIC_REASON, type ArithmeticCause } from "../../errors.ts";

export class EvaluationFailure extends Error {
  readonly reason: ArithmeticCause;
  /** Of a function of the operator's own: what it threw, or gave. */
  readonly words: string | undefined;

  constructor(cause: ArithmeticCause, words?: string) {
    super(words ?? ARITHMETIC_REASON[cause]);
    this.name = "EvaluationFailure";
    this.reason = cause;
    this.words = words;
  }
}

/** In the order in which they take precedence where several elements of one aggregate fail. */
export const CAUSES = Object.keys(ARITHMETIC_REASON) as readonly ArithmeticCause[];

const FAILURES = new Map(CAUSES.map((cause) => [cause, new EvaluationFailure(cause)]));

export function failureOf(cause: ArithmeticCause): EvaluationFailure {
  return FAILURES.get(cause)!;
}

/** Throws an EvaluationFailure. */
export function fail(cause: ArithmeticCause): never {
  throw failureOf(cause);
}

/** What is told of an EvaluationFailure. Errors: anything else is thrown on. */
export function failureFacts(error: unknown): { readonly cause: ArithmeticCause; readonly reason: string | undefined } {
  if (error instanceof EvaluationFailure) return { cause: error.reason, reason: error.words };
  throw error;
}

/** The cause of an EvaluationFailure. Errors: anything else is thrown on. */
export function causeOf(error: unknown): ArithmeticCause {
  if (error instanceof EvaluationFailure) return error.reason;
  throw error;
}
