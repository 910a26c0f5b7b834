/**
 * The side of chaos that runs inside of a struck process: it kills one of its own actors or threads when a signal says so.
 *
 * Owns: the signals, and the variable without which they are not listened to.
 *
 * I1. A process that was not started by chaos is deaf to it.
 * I2. What is killed is chosen here, by chance: whoever strikes from outside cannot know what there is.
 */
import type { Random } from "../../runtime/random.ts";
import type { RunningRole } from "../start/roles.ts";
import { chooseVictim, type KillKind } from "./kill-children.ts";

/** Set by `chaos` for the processes of its cluster. */
export const STRUCK_VARIABLE = "ACTOR_DATAFLOW_STRUCK";

/** Node.js keeps SIGUSR1 for its debugger; SIGURG is one that nothing else sends, and that is ignored by default. */
const SIGNALS = { executor: "SIGUSR2", actor: "SIGURG" } as const satisfies Record<KillKind, NodeJS.Signals>;
const KINDS = Object.keys(SIGNALS) as readonly KillKind[];

/** As good as no limit: nobody gives up on who is killed on purpose. */
const RESTARTS_MAX = 1_000_000_000;

export function signalOf(kind: KillKind): NodeJS.Signals {
  return SIGNALS[kind];
}

/** Undefined: the usual number. */
export function restartsMaxOf(environment: NodeJS.ProcessEnv): number | undefined {
  return isStruck(environment) ? RESTARTS_MAX : undefined;
}

export function listenForStrikes(
  { children, kill }: Pick<RunningRole, "children" | "kill">,
  { environment, random }: { readonly environment: NodeJS.ProcessEnv; readonly random: Random },
): void {
  if (!isStruck(environment)) return;
  for (const kind of KINDS) {
    process.on(SIGNALS[kind], () => {
      const victim = chooseVictim(children(), [kind], random);
      if (victim !== undefined) kill(victim.child, "chaos");
    });
  }
}

function isStruck(environment: NodeJS.ProcessEnv): boolean {
  return environment[STRUCK_VARIABLE] === "1";
}
