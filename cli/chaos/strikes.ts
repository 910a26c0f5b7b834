/**
 * Chooses what is done to a cluster of processes: whom, what, and when.
 *
 * Owns: the kinds of harm, and their chances.
 * Never: harms anybody; see `strike-cluster.ts`.
 *
 * S1. The seed alone decides waiting times and choices; who is there to choose from depends on how far the job is.
 * S2. Each kind that is asked for is as likely as any other, and so is each member that it fits.
 * S3. Nobody is struck who is stopped, cut off, or on the way back with a new disk.
 */
import type { Random } from "../../runtime/random.ts";
import type { Member } from "./cluster.ts";
import type { CutKind } from "./network.ts";

export const STRIKE_KINDS = [
  ...(["actor", "executor", "worker", "coordinator"] as const),
  ...(["pause", "lose-disk", "partition-network"] as const),
] as const;
export type StrikeKind = (typeof STRIKE_KINDS)[number];

export type Strike =
  /** Inside of a member's process. */
  | { readonly kind: "actor" | "executor"; readonly member: string }
  | { readonly kind: "worker" | "coordinator" | "lose-disk"; readonly member: string }
  | { readonly kind: "pause"; readonly member: string; readonly durationMs: number }
  | { readonly kind: "partition-network"; readonly member: string; readonly durationMs: number; readonly cut: CutKind };

/** Below and beyond the silence after which a member is called dead (5 s), and short enough for a run to end soon. */
const [PAUSE_MIN_MS, PAUSE_MAX_MS] = [100, 10_000];

/** Independent events at a rate a second: the times between them are exponentially distributed. */
export function waitMs(rate: number, random: Random): number {
  return (-Math.log(1 - random.next()) / rate) * 1000;
}

/** Undefined where none of the kinds has anybody to strike. `struck` are those that have not recovered (S3). */
export function chooseStrike(
  kinds: readonly StrikeKind[],
  members: readonly Member[],
  random: Random,
  struck: ReadonlySet<string> = new Set(),
): Strike | undefined {
  // Drawn in any case, so that the draws after this one do not depend on who is there.
  const [whichKind, whichMember, howLong, how] = [random.next(), random.next(), random.next(), random.next()];
  const kind = kinds[Math.floor(whichKind * kinds.length)];
  if (kind === undefined) return undefined;
  const fitting = members.filter((member) => fits(kind, member) && !struck.has(member.name));
  const member = fitting[Math.floor(whichMember * fitting.length)]?.name;
  if (member === undefined) return undefined;
  if (kind !== "pause" && kind !== "partition-network") return { kind, member };
  // Short ones are more often: each decade is as likely as any other.
  const durationMs = Math.round(PAUSE_MIN_MS * (PAUSE_MAX_MS / PAUSE_MIN_MS) ** howLong);
  return kind === "pause"
    ? { kind, member, durationMs }
    : { kind, member, durationMs, cut: how < 0.5 ? "both" : "out" };
}

function fits(kind: StrikeKind, { role, pid }: Member): boolean {
  if (pid === undefined) return false;
  if (kind === "actor" || kind === "pause" || kind === "partition-network") return true;
  return kind === "coordinator" ? role === "coordinator" : role === "worker";
}
