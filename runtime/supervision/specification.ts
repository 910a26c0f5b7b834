/**
 * What a supervisor is told about its children and about its own rules, with the defaults.
 *
 * Owns: the vocabulary of Erlang's `supervisor` behaviour (restart types, strategies, intensity), and every default.
 * Never: decides anything; see `decide.ts`.
 *
 * Source: https://www.erlang.org/doc/apps/stdlib/supervisor.html
 */
import type { AnyActorLogic, InputFrom } from "xstate";

/**
 * When an ended child is started again: `permanent` always, `transient` unless it completed, `temporary` never.
 */
export type RestartType = "permanent" | "transient" | "temporary";

/** Who is restarted with a child: nobody else, every child, or the children that were started after it. */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one";

/** The n-th restart without progress waits `min(maximumMs, firstMs * factor ** (n - 1))`, +- `jitter` of itself. */
export interface Backoff {
  readonly firstMs: number;
  readonly factor: number;
  readonly maximumMs: number;
  /** A fraction from 0 to 1; it is applied after the maximum. */
  readonly jitter: number;
}

export const BACKOFF: Backoff = { firstMs: 200, factor: 2, maximumMs: 10_000, jitter: 0.2 };

/** More than `restartsMax` restarts within any `withinMs` end the supervisor. */
export interface Intensity {
  readonly restartsMax: number;
  readonly withinMs: number;
  /** Whose restarts are counted together. Erlang counts those of the whole supervisor. */
  readonly per: "child" | "supervisor";
}

export const INTENSITY: Intensity = { restartsMax: 10, withinMs: 60_000, per: "child" };

/** Deaths with the same input after which a child is given up. */
export const POISON_DEATHS_MAX = 3;

/** How long a child that handles `child.shutdown` may take to end; Erlang's default for a worker. */
export const SHUTDOWN_MS = 5_000;

export interface ChildSpecification<Logic extends AnyActorLogic = AnyActorLogic> {
  /** Unique in its supervisor; the actor's id as well. */
  readonly id: string;
  readonly logic: Logic;
  /** Called at each start; an error thrown here is a crash of the child. The first incarnation is 1. */
  readonly input?: (incarnation: number) => InputFrom<Logic>;
  /** `transient` by default. */
  readonly restart?: RestartType;
  /**
   * The child is sent `child.shutdown` and has this long to end, then it is stopped by force; 0 stops it at once, and
   * Infinity never.
   * By default {@link SHUTDOWN_MS} for a machine that handles `child.shutdown`, and 0 for any other logic: as an
   * Erlang process that does not trap exits, it cannot linger.
   */
  readonly shutdownMs?: number;
  /** What differs from the supervisor's backoff. */
  readonly backoff?: Partial<Backoff>;
  /** Where the incarnations of this child begin; 1 by default. */
  readonly firstIncarnation?: number;
}

/**
 * A list element of mixed child specifications, with the logic's own input type checked.
 *
 * Without it, TypeScript would give each `input` of a list the type of no logic in particular.
 */
export function specifyChild<Logic extends AnyActorLogic>(
  specification: ChildSpecification<Logic>,
): ChildSpecification {
  return specification as ChildSpecification;
}

/** The time that a child gets to end by itself, in milliseconds; see {@link ChildSpecification.shutdownMs}. */
export function shutdownTimeMs(specification: ChildSpecification): number {
  if (specification.shutdownMs !== undefined) return specification.shutdownMs;
  const { logic } = specification;
  const events: unknown = "events" in logic ? logic.events : undefined;
  return Array.isArray(events) && events.includes("child.shutdown") ? SHUTDOWN_MS : 0;
}
