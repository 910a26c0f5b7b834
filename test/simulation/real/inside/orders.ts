/**
 * What a process of the cluster is told by whoever plays a fault plan, and what it answers; each a line of JSON.
 */
import type { CrashPoint } from "../../plan/fault-plan.ts";

export type Order =
  /** What was to be told before the role begins has been told. */
  | { readonly kind: "begin" }
  /** When it gets there for the `count`-th time from now, it dies, with the mark as a file; or stands still, and tells. */
  | {
      readonly kind: "arm";
      readonly point: CrashPoint;
      readonly count: number;
      readonly mark: string;
      readonly effect: "dies" | "stands";
    }
  | { readonly kind: "disarm" }
  /** Kills an actor, by its place among all that run; answers its name. */
  | { readonly kind: "killActor"; readonly index: number }
  /** Kills an actor by its name; answers its name if it runs. */
  | { readonly kind: "killNamed"; readonly child: string }
  | { readonly kind: "crashThread"; readonly index: number }
  | { readonly kind: "hangThread"; readonly index: number }
  /** Tasks take so many times as long. */
  | { readonly kind: "slow"; readonly factor: number };

export type NumberedOrder = Order & { readonly id: number };

/** The first line of a process. */
export interface Hello {
  readonly node: string;
  readonly pid: number;
}

export interface Answer {
  readonly id: number;
  /** Undefined: nothing was there to do it to. */
  readonly done?: string;
}

/** It got to a point, and stands still. */
export interface Standing {
  readonly stands: string;
}

/** Directory that this member is not to see. */
export const HIDDEN_VARIABLE = "SIM_REAL_HIDDEN";
/** Path of the socket, name of the member, seed of its tasks' durations, address to dial from, and where the product lies. */
export const INSIDE_VARIABLES = {
  ...{ socket: "SIM_REAL_SOCKET", node: "SIM_REAL_NODE", seed: "SIM_REAL_SEED", address: "SIM_REAL_ADDRESS" },
  product: "SIM_REAL_PRODUCT",
} as const;
