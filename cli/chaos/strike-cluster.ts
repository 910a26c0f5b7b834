/**
 * Strikes a cluster at random moments until it is told to stop.
 *
 * Owns: the timer, and the count of what was done.
 *
 * K1. There is an end to it: what is promised is that a job ends when its troubles do.
 */
import type { Clock, TimerHandle } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import type { Cluster } from "./cluster.ts";
import { chooseStrike, type Strike, type StrikeKind, waitMs } from "./strikes.ts";

export interface StrikingOptions {
  readonly cluster: Pick<Cluster, "members" | "kill" | "killInside" | "pause" | "cut" | "lose">;
  readonly kinds: readonly StrikeKind[];
  /** Strikes a second, on average. */
  readonly rate: number;
  /** K1. Milliseconds after which there are no more. */
  readonly durationMs: number;
  readonly random: Random;
  readonly clock: Clock;
  readonly onStrike?: (strike: Strike) => void;
}

export interface Striking {
  /** By kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** Resolves when what was begun is over: nobody is without its host any more. */
  stop(): Promise<void>;
}

export function startStriking(options: StrikingOptions): Striking {
  const { cluster, kinds, rate, durationMs, random, clock } = options;
  const counts: Record<string, number> = {};
  const struck = new Set<string>();
  const recovering = new Map<string, TimerHandle>();
  const losing = new Set<Promise<unknown>>();
  const endMs = clock.nowMs() + durationMs;
  let timer: TimerHandle;
  const carryOut = (strike: Strike): boolean => {
    if (strike.kind === "pause" || strike.kind === "partition-network") {
      const { member, durationMs } = strike;
      const isDone =
        strike.kind === "pause" ? cluster.pause(member, durationMs) : cluster.cut(member, strike.cut, durationMs);
      if (!isDone) return false;
      struck.add(member);
      recovering.set(
        member,
        clock.setTimeout(() => struck.delete(member), durationMs),
      );
      return true;
    }
    if (strike.kind === "actor" || strike.kind === "executor") return cluster.killInside(strike.member, strike.kind);
    if (strike.kind !== "lose-disk") return cluster.kill(strike.member);
    struck.add(strike.member);
    const lost = cluster.lose(strike.member).finally(() => {
      struck.delete(strike.member);
      losing.delete(lost);
    });
    losing.add(lost);
    return true;
  };
  const wait = (): void => {
    timer = clock.setTimeout(strikeNow, waitMs(rate, random));
  };
  const strikeNow = (): void => {
    if (clock.nowMs() > endMs) return;
    const strike = chooseStrike(kinds, cluster.members, random, struck);
    if (strike !== undefined && carryOut(strike)) {
      counts[strike.kind] = (counts[strike.kind] ?? 0) + 1;
      options.onStrike?.(strike);
    }
    wait();
  };
  wait();
  return {
    counts,
    stop: async () => {
      clock.clearTimeout(timer);
      for (const handle of recovering.values()) clock.clearTimeout(handle);
      await Promise.all(losing);
    },
  };
}
