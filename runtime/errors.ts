/**
 * Operating errors of the runtime: things that go wrong outside the program, with a stable code.
 *
 * Owns: the error class; `docs/errors.md` lists the codes.
 * Never: decides what to do about one.
 */

export class RuntimeError extends Error {
  /** Stable, in capitals, such as `JOURNAL_CHAIN_BROKEN`. */
  readonly code: string;

  /** `message` names the offending value; `cause` is what was caught. */
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RuntimeError";
    this.code = code;
  }
}
