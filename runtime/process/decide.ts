/**
 * Decides what the exit of a process means to whoever watches over it.
 *
 * Owns: which exits are ends, and which are crashes.
 * Never: starts it again; that is for its supervisor.
 *
 * D1. What was asked to end has ended, however it did so.
 * D2. An exit code that another start would only repeat is an end.
 * D3. All else is a crash, and named: the code or the signal, and that it was killed for its silence.
 */
import type { ProcessExit } from "./messages.ts";

export interface ExitFacts {
  readonly exit: ProcessExit;
  readonly isAsked: boolean;
  /** The parent killed it, because it had not been heard of for so long; undefined: it did not. */
  readonly silentMs: number | undefined;
  /** D2. Besides 0. */
  readonly finalCodes: readonly number[];
}

export type ExitMeaning =
  | { readonly kind: "ended"; readonly exitCode: number }
  | { readonly kind: "crashed"; readonly reason: string };

/** Exit code of a process that a signal ended, as shells say it (POSIX: above 128). */
const CODE_OF_SIGNALLED = 137;

export function decideProcessExit({ exit, isAsked, silentMs, finalCodes }: ExitFacts): ExitMeaning {
  const { code, signal, error } = exit;
  if (isAsked) return { kind: "ended", exitCode: code ?? CODE_OF_SIGNALLED };
  if (error === undefined && code !== null && [0, ...finalCodes].includes(code)) {
    return { kind: "ended", exitCode: code };
  }
  if (silentMs !== undefined) return { kind: "crashed", reason: `was killed after a silence of ${silentMs} ms` };
  if (error !== undefined) return { kind: "crashed", reason: `could not be started: ${error.message}` };
  return { kind: "crashed", reason: signal === null ? `exited with code ${code}` : `was ended by ${signal}` };
}
