/**
 * The error with which a supervisor fails, and the story that it carries to the next one.
 *
 * Owns: how an exit, a death and a story are told.
 * Never: decides what to do about one.
 */
import { RuntimeError } from "../errors.ts";

/** Why a child is no longer running. */
export type ChildExit =
  | { readonly kind: "completed"; readonly output: unknown }
  | { readonly kind: "crashed"; readonly error: unknown }
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "stopped"; readonly forced: boolean };

export interface Death {
  readonly child: string;
  readonly incarnation: number;
  readonly reason: ChildExit;
  /** The supervisor's clock. */
  readonly atMs: number;
}

export type SupervisionErrorCode = "RESTART_INTENSITY_EXCEEDED" | "NO_PROGRESS" | "POISONED_INPUT";

/** Codes: `RESTART_INTENSITY_EXCEEDED`, `NO_PROGRESS`, `POISONED_INPUT`. */
export class SupervisionError extends RuntimeError {
  /** The deaths that led here, oldest first; a child supervisor's own story is in its death's `reason.error`. */
  readonly story: readonly Death[];

  constructor(code: SupervisionErrorCode, message: string, story: readonly Death[]) {
    const last = story.at(-1)?.reason;
    super(code, message, last?.kind === "crashed" ? last.error : undefined);
    this.name = "SupervisionError";
    this.story = story;
  }
}

export function describeExit(exit: ChildExit): string {
  switch (exit.kind) {
    case "completed":
      return "completed";
    case "crashed":
      return `crashed: ${exit.error instanceof Error ? exit.error.message : String(exit.error)}`;
    case "lost":
      return `lost: ${exit.reason}`;
    case "stopped":
      return exit.forced ? "stopped by force" : "stopped";
  }
}
