/**
 * Why a fetch did not end.
 *
 * Owns: the error class.
 */
import { RuntimeError } from "../errors.ts";

export class ExchangeError extends RuntimeError {
  /** Whom it was fetched from. */
  readonly peer: string;
  /** So many of the fetch's references had been handed over whole; the next one is the first that is missing. */
  readonly referencesDone: number;

  constructor({ code, message, peer, referencesDone, cause }: ExchangeFailure) {
    super(code, message, cause);
    this.name = "ExchangeError";
    this.peer = peer;
    this.referencesDone = referencesDone;
  }
}

interface ExchangeFailure {
  readonly code: string;
  readonly message: string;
  readonly peer: string;
  readonly referencesDone: number;
  readonly cause?: unknown;
}
