/**
 * What a supervisor is told, what it tells, and what it is given when it starts.
 *
 * Owns: the types of its commands, notices and input.
 * Never: holds behaviour.
 */
import type { EventObject } from "xstate";
import type { Clock } from "../clock.ts";
import type { Random } from "../random.ts";
import type { Backoff, ChildSpecification, Intensity, Strategy } from "./specification.ts";
import type { ChildExit, SupervisionError } from "./supervision-error.ts";

export type SupervisorCommand =
  /** Starts a further child, last in the start order. Refused while shutting down, or if the id is taken. */
  | { readonly type: "child.start"; readonly specification: ChildSpecification }
  /** Ends a child (see `shutdownMs`) and forgets it. */
  | { readonly type: "child.stop"; readonly id: string }
  /** Passes an event to a child; dropped if it is not running. Costs two more steps than sending to `childRef`. */
  | { readonly type: "child.send"; readonly id: string; readonly event: EventObject }
  /** Somebody else found the child dead or hung: it is stopped by force and treated as crashed. */
  | { readonly type: "child.lost"; readonly id: string; readonly incarnation?: number; readonly reason: string }
  /** The child begins to work on an input; the id is opaque. */
  | { readonly type: "child.working"; readonly id: string; readonly incarnation: number; readonly inputId: string }
  /** The child committed something: its backoff starts anew, and the input, if named, is no suspect any more. */
  | { readonly type: "child.progressed"; readonly id: string; readonly incarnation: number; readonly inputId?: string }
  /** Ends all children in reverse start order, then the supervisor, which is then done. */
  | { readonly type: "supervisor.stop" }
  /** The same, from a supervisor above. */
  | { readonly type: "child.shutdown" };

/** Sent to a child that has time to end: it should reach a final state. */
export interface ChildShutdown {
  readonly type: "child.shutdown";
}

/** Emitted by the supervisor (`supervisor.on(type, ...)`), and passed to its observer. */
export type SupervisorNotice =
  | { readonly type: "child.started"; readonly id: string; readonly incarnation: number }
  | { readonly type: "child.exited"; readonly id: string; readonly incarnation: number; readonly reason: ChildExit }
  /** `incarnation` is the coming one; `reason` is the exit of the child that the restart is due to. */
  | {
      readonly type: "child.restarting";
      readonly id: string;
      readonly incarnation: number;
      readonly delayMs: number;
      readonly reason: ChildExit;
    }
  /** A child ended by a fault and is not restarted: it is temporary, or `error` is `POISONED_INPUT`. */
  | {
      readonly type: "child.gaveUp";
      readonly id: string;
      readonly incarnation: number;
      readonly reason: ChildExit;
      readonly error: unknown;
    }
  | { readonly type: "child.refused"; readonly id: string; readonly reason: "already present" | "shutting down" }
  | { readonly type: "supervisor.failed"; readonly error: SupervisionError };

export interface SupervisorInput {
  readonly clock: Clock;
  readonly random: Random;
  /** `one_for_one` by default. */
  readonly strategy?: Strategy;
  /** Started in this order. */
  readonly children?: readonly ChildSpecification[];
  readonly intensity?: Partial<Intensity>;
  readonly backoff?: Partial<Backoff>;
  readonly poisonDeathsMax?: number;
  /**
   * Consecutive restarts of a child without `child.progressed` after which the supervisor fails, however slowly they
   * come. Unlimited by default, since not every child reports progress.
   */
  readonly restartsWithoutProgressMax?: number;
  /** Sees every notice, those of the first start too. What it throws is thrown in a task of its own. */
  readonly observer?: (notice: SupervisorNotice) => void;
}
