import test from "ava";
import fc from "fast-check";
import {
  backoffMs,
  countDeath,
  decideExit,
  type ExitDecision,
  type ExitKind,
  isInGroup,
  SUSPECTS_MAX,
  withinWindow,
} from "../../../runtime/supervision/decide.ts";
import { BACKOFF, INTENSITY, type RestartType, type Strategy } from "../../../runtime/supervision/specification.ts";

const strategies: Strategy[] = ["one_for_one", "one_for_all", "rest_for_one"];
const restarts: RestartType[] = ["permanent", "transient", "temporary"];
const exits: ExitKind[] = ["completed", "crashed", "lost"];
const calm = {
  poisoned: false,
  restartsInWindow: 1,
  restartsMax: 10,
  restartsWithoutProgress: 1,
  restartsWithoutProgressMax: 10,
};

/** Restart type, exit, then the decisions for the three strategies. */
const table: [RestartType, ExitKind, ExitDecision, ExitDecision, ExitDecision][] = [
  ["permanent", "completed", "restart", "restart-group", "restart-group"],
  ["permanent", "crashed", "restart", "restart-group", "restart-group"],
  ["permanent", "lost", "restart", "restart-group", "restart-group"],
  ["transient", "completed", "forget", "keep", "keep"],
  ["transient", "crashed", "restart", "restart-group", "restart-group"],
  ["transient", "lost", "restart", "restart-group", "restart-group"],
  ["temporary", "completed", "forget", "forget", "forget"],
  ["temporary", "crashed", "abandon", "abandon", "abandon"],
  ["temporary", "lost", "abandon", "abandon", "abandon"],
];

test("exit: every restart type, exit and strategy is decided as in Erlang", (t) => {
  t.is(table.length, restarts.length * exits.length);
  for (const [restart, exit, ...decisions] of table) {
    strategies.forEach((strategy, index) => {
      t.is(decideExit({ strategy, restart, exit, ...calm }), decisions[index]!, `${strategy}, ${restart}, ${exit}`);
    });
  }
});

test("exit: only what would be restarted can be poisoned or exceed the intensity", (t) => {
  const troubles = [
    { poisoned: true, alone: "abandon-poisoned", group: "escalate-poisoned" },
    { restartsInWindow: 11, alone: "escalate-intensity", group: "escalate-intensity" },
    { restartsWithoutProgress: 11, alone: "escalate-no-progress", group: "escalate-no-progress" },
    { poisoned: true, restartsInWindow: 11, alone: "abandon-poisoned", group: "escalate-poisoned" },
    { restartsInWindow: 11, restartsWithoutProgress: 11, alone: "escalate-intensity", group: "escalate-intensity" },
  ];
  for (const { alone, group, ...trouble } of troubles) {
    for (const [restart, exit, ...decisions] of table) {
      strategies.forEach((strategy, index) => {
        const calmly = decisions[index]!;
        const expected = calmly === "restart" ? alone : calmly === "restart-group" ? group : calmly;
        t.is(decideExit({ strategy, restart, exit, ...calm, ...trouble }) as string, expected);
      });
    }
  }
});

test("exit: an intensity of 0 escalates at the first restart", (t) => {
  const facts = { strategy: "one_for_one", restart: "transient", exit: "crashed", ...calm, restartsMax: 0 } as const;
  t.is(decideExit(facts), "escalate-intensity");
});

test("group: all, the later ones and itself, or itself alone", (t) => {
  const members = (strategy: Strategy): number[] =>
    [0, 1, 2, 3].filter((ofSibling) => isInGroup(strategy, { ofDead: 2, ofSibling }));
  t.deepEqual(members("one_for_one"), [2]);
  t.deepEqual(members("one_for_all"), [0, 1, 2, 3]);
  t.deepEqual(members("rest_for_one"), [2, 3]);
});

test("window: a death exactly as old as the window still counts, an older one does not", (t) => {
  const deaths = [{ atMs: 0 }, { atMs: 1 }, { atMs: 60_001 }];
  t.deepEqual(withinWindow(deaths, 60_001, INTENSITY), [{ atMs: 1 }, { atMs: 60_001 }]);
});

test("window: no more deaths are kept than are needed to escalate", (t) => {
  const deaths = Array.from({ length: 50 }, (_, atMs) => ({ atMs }));
  t.deepEqual(withinWindow(deaths, 50, { ...INTENSITY, restartsMax: 2 }), deaths.slice(-3));
  t.deepEqual(withinWindow(deaths, 50, { ...INTENSITY, restartsMax: 0 }), deaths.slice(-1));
});

test("backoff: doubles from 200 ms to 10 s, and chance moves it by a fifth", (t) => {
  const steady = [1, 2, 3, 4, 5, 6, 7, 2000].map((times) => backoffMs(BACKOFF, times, 0.5));
  t.deepEqual(steady, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  t.is(backoffMs(BACKOFF, 1, 0), 160);
  t.is(backoffMs(BACKOFF, 9, 0), 8000);
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (times, chance) => {
      const delayMs = backoffMs(BACKOFF, times + 1, chance);
      return delayMs >= 160 && delayMs < 12_000.001;
    }),
  );
});

test("poison: deaths are counted per input, and the longest unseen input is forgotten", (t) => {
  let suspects = countDeath(countDeath(new Map(), "a"), "b");
  suspects = countDeath(suspects, "a");
  t.deepEqual(
    [...suspects],
    [
      ["b", 1],
      ["a", 2],
    ],
  );
  for (let index = 1; index < SUSPECTS_MAX; index += 1) suspects = countDeath(suspects, `other ${index}`);
  t.is(suspects.size, SUSPECTS_MAX);
  t.false(suspects.has("b"));
  t.is(suspects.get("a"), 2);
});
