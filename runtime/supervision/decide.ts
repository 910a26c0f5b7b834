/**
 * Decides what a supervisor does about a child that ended: nothing, a restart after a while, or to give up.
 *
 * Owns: restart type x exit x strategy, the sliding window of restarts, backoff, and the count of poisoned inputs.
 * Never: reads a clock, draws a random number, touches an actor.
 *
 * D1. A temporary child is never restarted; a transient one not after it completed.
 * D2. No window of `withinMs` holds more than `restartsMax` restarts; the one that would be too many escalates.
 * D3. Poison is looked at before intensity: it is the better story.
 * D4. What the rest of a group depends on is not given up alone: the supervisor fails instead.
 */
import type { Backoff, Intensity, RestartType, Strategy } from "./specification.ts";

/** How a child that was not asked to stop ended: a final state, an error, or reported dead from outside. */
export type ExitKind = "completed" | "crashed" | "lost";

export interface ExitFacts {
  readonly strategy: Strategy;
  readonly restart: RestartType;
  readonly exit: ExitKind;
  readonly poisoned: boolean;
  /** Restarts in the window, the one that is decided here included. */
  readonly restartsInWindow: number;
  readonly restartsMax: number;
  /** Consecutive restarts without committed progress, the one that is decided here included. */
  readonly restartsWithoutProgress: number;
  readonly restartsWithoutProgressMax: number;
}

/**
 * - `forget`: the child has ended for good, and nothing can start it again.
 * - `keep`: it has ended, but a restart of its group starts it again (as Erlang does).
 * - `abandon`: it ended by a fault and is not restarted; the supervisor goes on.
 * - `restart`, `restart-group`: after a backoff, alone or with all that its strategy names.
 * - `escalate-*`: the supervisor ends its children and fails.
 */
export type ExitDecision =
  | "forget"
  | "keep"
  | "abandon"
  | "abandon-poisoned"
  | "restart"
  | "restart-group"
  | "escalate-poisoned"
  | "escalate-intensity"
  | "escalate-no-progress";

export function decideExit(facts: ExitFacts): ExitDecision {
  const alone = facts.strategy === "one_for_one";
  if (facts.restart === "temporary") return facts.exit === "completed" ? "forget" : "abandon";
  if (facts.restart === "transient" && facts.exit === "completed") return alone ? "forget" : "keep";
  if (facts.poisoned) return alone ? "abandon-poisoned" : "escalate-poisoned";
  if (facts.restartsInWindow > facts.restartsMax) return "escalate-intensity";
  if (facts.restartsWithoutProgress > facts.restartsWithoutProgressMax) return "escalate-no-progress";
  return alone ? "restart" : "restart-group";
}

/** Whether a start of the group after this child's death includes a child, given their places in the start order. */
export function isInGroup(strategy: Strategy, place: { ofDead: number; ofSibling: number }): boolean {
  switch (strategy) {
    case "one_for_one":
      return place.ofSibling === place.ofDead;
    case "one_for_all":
      return true;
    case "rest_for_one":
      return place.ofSibling >= place.ofDead;
  }
}

/**
 * The deaths that still count at `nowMs`, oldest first.
 *
 * Shape: a death exactly `withinMs` old still counts, as in Erlang. At most `restartsMax + 1` are kept: one more than
 *        allowed is enough to escalate.
 */
export function withinWindow<Death extends { readonly atMs: number }>(
  deaths: readonly Death[],
  nowMs: number,
  intensity: Intensity,
): Death[] {
  return deaths.filter(({ atMs }) => atMs >= nowMs - intensity.withinMs).slice(-(intensity.restartsMax + 1));
}

/** Milliseconds to wait before a restart; `chance` is uniform in [0, 1), `restartsWithoutProgress` counts from 1. */
export function backoffMs(backoff: Backoff, restartsWithoutProgress: number, chance: number): number {
  const steadyMs = Math.min(backoff.maximumMs, backoff.firstMs * backoff.factor ** (restartsWithoutProgress - 1));
  return steadyMs * (1 + backoff.jitter * (2 * chance - 1));
}

/** Inputs that a child died with, and how often. A child remembers this many; the oldest is forgotten first. */
export const SUSPECTS_MAX = 16;

/**
 * Counts one more death with an input.
 *
 * Shape: returns the new counts, the input's own last.
 * Cost:  O({@link SUSPECTS_MAX}).
 */
export function countDeath(suspects: ReadonlyMap<string, number>, inputId: string): Map<string, number> {
  const counted = new Map(suspects);
  const deaths = (counted.get(inputId) ?? 0) + 1;
  counted.delete(inputId);
  counted.set(inputId, deaths);
  for (const oldest of counted.keys()) {
    if (counted.size <= SUSPECTS_MAX) break;
    counted.delete(oldest);
  }
  return counted;
}
