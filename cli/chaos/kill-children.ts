/**
 * Kills children of a supervision tree at random moments.
 *
 * Owns: which children belong to which kind, who is next, and when.
 *
 * K1. The seed alone decides waiting times and choices; what stands to choose from depends on how far the job is.
 * K2. There is an end to it: whoever is killed waits longer each time, so that a high rate would keep a job from ever
 *     getting on. What is promised is that a job ends when its troubles do.
 * K3. Each group of children is as likely as any other, so that thousands of partitions do not shield the pool.
 */
import type { Tree } from "../../actors/tree.ts";
import type { Clock, TimerHandle } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";

export type KillKind = "actor" | "executor";

/** By group, such as `partition`: how many were killed. */
export type KillCounts = Readonly<Record<string, number>>;

export interface KillingOptions {
  readonly tree: Tree;
  readonly kinds: readonly KillKind[];
  /** Kills a second, on average. */
  readonly rate: number;
  /** K2. Milliseconds after which nobody is killed any more. */
  readonly durationMs: number;
  readonly random: Random;
  readonly clock: Clock;
}

export interface Killing {
  readonly counts: KillCounts;
  stop(): void;
}

const GROUPS: readonly { readonly name: string; readonly kind: KillKind; readonly matches: RegExp }[] = [
  { name: "executor", kind: "executor", matches: /^executors\// },
  { name: "partition", kind: "actor", matches: /^partitions\// },
  { name: "job", kind: "actor", matches: /^jobs\// },
  { name: "output", kind: "actor", matches: /^outputs\// },
  { name: "pool", kind: "actor", matches: /^root\/pool$/ },
  { name: "worker", kind: "actor", matches: /^root\/worker$/ },
  { name: "membership", kind: "actor", matches: /^root\/membership$/ },
  { name: "coordinator", kind: "actor", matches: /^root\/coordinator$/ },
];

export function startKilling({ tree, kinds, rate, durationMs, random, clock }: KillingOptions): Killing {
  const counts: Record<string, number> = {};
  const endMs = clock.nowMs() + durationMs;
  let timer: TimerHandle;
  const wait = (): void => {
    // Independent events at a rate: the times between them are exponentially distributed.
    timer = clock.setTimeout(strike, (-Math.log(1 - random.next()) / rate) * 1000);
  };
  const strike = (): void => {
    if (clock.nowMs() > endMs) return;
    const victim = chooseVictim(tree.children(), kinds, random);
    if (victim !== undefined) {
      counts[victim.group] = (counts[victim.group] ?? 0) + 1;
      tree.kill(victim.child, "chaos");
    }
    wait();
  };
  wait();
  return { counts, stop: () => clock.clearTimeout(timer) };
}

/** Undefined where nobody of these kinds runs just now. */
export function chooseVictim(
  children: readonly string[],
  kinds: readonly KillKind[],
  random: Random,
): { readonly group: string; readonly child: string } | undefined {
  const groups = GROUPS.filter(({ kind }) => kinds.includes(kind))
    .map(({ name, matches }) => ({ name, members: children.filter((child) => matches.test(child)) }))
    .filter(({ members }) => members.length > 0);
  const [whichGroup, whichMember] = [random.next(), random.next()];
  const group = groups.at(Math.floor(whichGroup * groups.length));
  if (group === undefined) return undefined;
  return { group: group.name, child: group.members[Math.floor(whichMember * group.members.length)] };
}
