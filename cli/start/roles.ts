/**
 * What `start` knows of a coordinator or a worker: how it is begun, what it serves, how it ends.
 *
 * Owns: the port between the processes of `start` and what runs in them.
 * Never: names an actor.
 */
import type { Log } from "../../runtime/log.ts";
import type { CoordinatorSettings, StartSettings, WorkerSettings } from "./settings.ts";

export type RoleName = "coordinator" | "worker";

/** Where a role is reached, as it is told to people and to the process above. */
export interface Serving {
  readonly host: string;
  readonly port: number;
  /** Of a worker: what its coordinator calls it. */
  readonly id?: string;
}

export interface RunningRole {
  readonly serving: Serving;
  /**
   * How it ended by itself: `done` when it has handed over and left; `lost` when another start may go on, such as after
   * it was fenced. Rejects with an error that ends the role.
   */
  readonly ended: Promise<"done" | "lost">;
  /** What of it can be killed, and is restarted by its supervisor: for chaos. */
  children(): readonly string[];
  kill(child: string, reason: string): void;
  /** Ends it in order: a worker hands over and leaves, a coordinator closes its journal. */
  drain(): Promise<void>;
}

export interface RoleContext {
  readonly log: Log;
  readonly incarnation: number;
  /** Restarts of one of its actors within a minute before it gives up; undefined: the supervisors' own. */
  readonly restartsMax: number | undefined;
  /** Something was committed: the next restart need not wait long. */
  readonly progressed: () => void;
}

export interface Roles {
  coordinator(settings: CoordinatorSettings, context: RoleContext): Promise<RunningRole>;
  worker(settings: WorkerSettings, context: RoleContext): Promise<RunningRole>;
}

/** What a process that plays one role is given. */
export type RolePart = (
  | { readonly role: "coordinator"; readonly settings: CoordinatorSettings }
  | { readonly role: "worker"; readonly settings: WorkerSettings }
) & { readonly log: StartSettings["log"] };

export function beginRole(roles: Roles, part: RolePart, context: RoleContext): Promise<RunningRole> {
  return part.role === "coordinator" ? roles.coordinator(part.settings, context) : roles.worker(part.settings, context);
}
