/**
 * Plays one role in this process from its begin to its end.
 *
 * Owns: the order of these, and the exit code.
 *
 * P1. A role that is asked to end while it begins is left as it is: whatever it did so far survives that.
 */
import { tellError } from "../command-error.ts";
import { EXIT } from "../exit-codes.ts";
import { beginRole, type RoleContext, type RolePart, type Roles, type RunningRole, type Serving } from "./roles.ts";

export interface PlayOptions {
  readonly roles: Roles;
  readonly part: RolePart;
  readonly context: RoleContext;
  readonly drainRequested: Promise<unknown>;
  readonly onServing: (serving: Serving) => void;
  /** Before it serves. */
  readonly onBegun?: (role: RunningRole) => void;
}

/** The exit code: 0 when the role ended in order, else that of its error; 1 asks for another start. */
export async function playRole(options: PlayOptions): Promise<number> {
  const { roles, part, context, drainRequested, onServing, onBegun } = options;
  const { log } = context;
  const drain = drainRequested.then(() => "drain" as const);
  try {
    const begun: RunningRole | "drain" = await Promise.race([beginRole(roles, part, context), drain]);
    if (begun === "drain") return EXIT.done;
    onBegun?.(begun);
    onServing(begun.serving);
    let end = await Promise.race([begun.ended, drain]);
    if (end === "drain") {
      log.info(part.role === "worker" ? "handing over" : "stopping");
      await begun.drain();
      end = "done";
    }
    log.info(end === "done" ? "ended" : "lost its place");
    return end === "done" ? EXIT.done : EXIT.failed;
  } catch (error) {
    const { code, exitCode, lines } = tellError(error);
    log.error(lines.join("; "), { code });
    // Held by a process that is about to end: the next start finds the directory free.
    return code === "JOURNAL_LOCKED" ? EXIT.failed : exitCode;
  }
}
