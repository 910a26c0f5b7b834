/**
 * Whom chaos strikes, and when: the same for the same seed, and everybody in turn.
 */
import test from "ava";
import type { Member } from "../../../cli/chaos/cluster.ts";
import { startStriking } from "../../../cli/chaos/strike-cluster.ts";
import { chooseStrike, STRIKE_KINDS, waitMs } from "../../../cli/chaos/strikes.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";

const coordinator: Member = { name: "coordinator", role: "coordinator", pid: 1, incarnation: 1 };
const workers = [0, 1, 2].map((index): Member => {
  return { name: `worker-${index}`, role: "worker", pid: 10 + index, incarnation: 1 };
});
const members = [coordinator, ...workers];

test("strikes: kinds fit their members, and over time each strikes each", (t) => {
  const random = seededRandom(7);
  const seen = new Set<string>();
  for (let round = 0; round < 1000; round += 1) {
    const strike = chooseStrike(STRIKE_KINDS, members, random)!;
    seen.add(`${strike.kind} ${strike.member}`);
    if ("durationMs" in strike) t.true(strike.durationMs >= 100 && strike.durationMs <= 10_000);
  }
  const names = workers.map(({ name }) => name);
  t.deepEqual([...seen].sort(), [
    "actor coordinator",
    ...names.map((name) => `actor ${name}`),
    "coordinator coordinator",
    ...names.map((name) => `executor ${name}`),
    ...names.map((name) => `lose-disk ${name}`),
    "partition-network coordinator",
    ...names.map((name) => `partition-network ${name}`),
    "pause coordinator",
    ...names.map((name) => `pause ${name}`),
    ...names.map((name) => `worker ${name}`),
  ]);
});

test("strikes: who does not serve, or has not recovered, is left alone", (t) => {
  const random = seededRandom(1);
  const gone = members.map((member) => ({ ...member, pid: undefined }));
  t.is(chooseStrike(STRIKE_KINDS, gone, random), undefined);
  t.is(chooseStrike([], members, random), undefined);
  const struck = new Set(["worker-0", "worker-2"]);
  for (let round = 0; round < 100; round += 1)
    t.is(chooseStrike(["worker"], members, random, struck)?.member, "worker-1");
});

test("strikes: the seed decides, whoever is there", (t) => {
  const draw = (present: readonly Member[]): unknown[] => {
    const random = seededRandom(3);
    return Array.from({ length: 20 }, () => [chooseStrike(["pause"], present, random)?.kind, waitMs(2, random)][1]);
  };
  t.deepEqual(draw(members), draw([]));
});

test("strikes: they come at their rate", (t) => {
  const random = seededRandom(5);
  const waits = Array.from({ length: 2000 }, () => waitMs(4, random));
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  t.true(mean > 230 && mean < 270, `${mean} ms`);
});

function fakeCluster() {
  const done: string[] = [];
  let release = (): void => undefined;
  return {
    done,
    release: () => release(),
    cluster: {
      members,
      kill: (name: string) => done.push(`kill ${name}`) > 0,
      killInside: (name: string, kind: string) => done.push(`kill ${kind} of ${name}`) > 0,
      pause: (name: string) => done.push(`pause ${name}`) > 0,
      cut: (name: string, kind: string) => done.push(`cut ${name} ${kind}`) > 0,
      lose: (name: string) => {
        done.push(`lose ${name}`);
        return new Promise<boolean>((resolve) => {
          release = () => resolve(true);
        });
      },
    },
  };
}

test("striking: it goes on at its rate, counts, and ends with its time", (t) => {
  const clock = new SimulatedClock();
  const { cluster, done } = fakeCluster();
  const options = { kinds: ["worker", "coordinator"], rate: 10, durationMs: 10_000, random: seededRandom(2) } as const;
  const { counts } = startStriking({ ...options, cluster, clock });
  clock.advance(10_000);
  const { length } = done;
  t.true(length > 60 && length < 140, `${length} strikes`);
  t.is((counts.worker ?? 0) + (counts.coordinator ?? 0), length);
  clock.advance(100_000);
  t.is(done.length, length);
  t.is(clock.pending, 0);
});

test("striking: what is inside of a member is killed there", (t) => {
  const clock = new SimulatedClock();
  const { cluster, done } = fakeCluster();
  const options = { kinds: ["actor", "executor"], rate: 100, durationMs: 1000, random: seededRandom(2) } as const;
  startStriking({ ...options, cluster: { ...cluster, members: [workers[0]!] }, clock });
  clock.advance(1000);
  t.deepEqual([...new Set(done)].sort(), ["kill actor of worker-0", "kill executor of worker-0"]);
});

test("striking: who is stopped or cut off is left alone until that is over", (t) => {
  const clock = new SimulatedClock();
  const { cluster, done } = fakeCluster();
  const one = { ...cluster, members: [workers[0]!] };
  let untilMs = 0;
  startStriking({
    ...{ cluster: one, kinds: ["pause", "partition-network"], rate: 100, durationMs: 100_000 },
    ...{ clock, random: seededRandom(4) },
    onStrike: (strike) => {
      t.true(clock.nowMs() >= untilMs);
      untilMs = clock.nowMs() + ("durationMs" in strike ? strike.durationMs : 0);
    },
  });
  clock.advance(100_000);
  t.deepEqual([...new Set(done)].sort(), ["cut worker-0 both", "cut worker-0 out", "pause worker-0"]);
});

test("striking: who is on the way back is left alone until then, and the end waits for it", async (t) => {
  const clock = new SimulatedClock();
  const { cluster, done, release } = fakeCluster();
  const one = { ...cluster, members: [workers[0]!] };
  const options = { kinds: ["lose-disk"], rate: 10, durationMs: 10_000, random: seededRandom(2) } as const;
  const striking = startStriking({ ...options, cluster: one, clock });
  clock.advance(5000);
  t.deepEqual(done, ["lose worker-0"]);
  let isStopped = false;
  const stopped = striking.stop().then(() => {
    isStopped = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.false(isStopped);
  release();
  await stopped;
  t.true(isStopped);
});
