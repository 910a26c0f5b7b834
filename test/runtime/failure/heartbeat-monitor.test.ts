import test from "ava";
import fc from "fast-check";
import type { Heartbeat } from "../../../runtime/failure/heartbeat-decision.ts";
import { startHeartbeatMonitor } from "../../../runtime/failure/heartbeat-monitor.ts";
import { observe, observedMs, startObserving } from "../../../runtime/failure/observed-time.ts";
import { SimulatedClock } from "../simulated-clock.ts";

function stage() {
  const clock = new SimulatedClock();
  const told: string[] = [];
  const monitor = startHeartbeatMonitor({
    clock,
    onTransition: ({ id, incarnation, from, to, reason }) =>
      told.push(`${id}${incarnation ?? "?"}: ${from} -> ${to}, ${reason}`),
  });
  monitor.watch("w");
  const beat = (more: Partial<Heartbeat> = {}) =>
    monitor.beat({ id: "w", term: 1, incarnation: 1, eventLoopLagMs: 0, progress: 0, busy: false, ...more });
  const beatFor = (durationMs: number, more: Partial<Heartbeat> | (() => Partial<Heartbeat>) = {}): void => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
      clock.advance(500);
      beat(typeof more === "function" ? more() : more);
    }
  };
  return { clock, monitor, beat, beatFor, take: () => told.splice(0) };
}

test("monitor: a regular peer stays alive", (t) => {
  const { beatFor, monitor, take } = stage();
  beatFor(120_000);
  t.deepEqual(take(), []);
  t.is(monitor.status("w"), "alive");
});

test("monitor: silence makes suspect, then dead after 5 s, and a beat before that lifts the suspicion", (t) => {
  const { beat, beatFor, clock, take } = stage();
  beatFor(10_000);
  clock.advance(1000);
  t.deepEqual(take(), []);
  clock.advance(250);
  t.deepEqual(take(), ["w1: alive -> suspect, silence"]);
  beat();
  t.deepEqual(take(), ["w1: suspect -> alive, beat"]);
  clock.advance(4999);
  t.deepEqual(take(), ["w1: alive -> suspect, silence"]);
  clock.advance(251);
  t.deepEqual(take(), ["w1: suspect -> dead, silence"]);
});

test("monitor: a peer that never beats is dead after 5 s", (t) => {
  const { beat, clock, monitor, take } = stage();
  clock.advance(5000);
  t.deepEqual(take(), ["w?: alive -> suspect, silence", "w?: suspect -> dead, silence"]);
  t.is(beat(), "fenced");
  monitor.watch("w");
  t.is(beat(), "accepted");
});

test("monitor: dead is final for an incarnation; a newer one is alive", (t) => {
  const { beat, beatFor, clock, take } = stage();
  beatFor(1000);
  clock.advance(6000);
  take();
  t.is(beat(), "fenced");
  t.is(beat({ term: 2 }), "fenced");
  t.deepEqual(take(), []);
  t.is(beat({ incarnation: 2 }), "accepted");
  t.deepEqual(take(), ["w2: dead -> alive, new incarnation"]);
});

test("monitor: beats of an older incarnation or term are ignored", (t) => {
  const { beat, clock, monitor, take } = stage();
  beat({ incarnation: 3, term: 2 });
  for (let passedMs = 0; passedMs < 5000; passedMs += 500) {
    clock.advance(500);
    t.is(beat({ incarnation: 2, term: 2 }), "fenced");
    t.is(beat({ incarnation: 3, term: 1 }), "fenced");
    t.is(beat({ incarnation: 2, term: 3 }), "fenced");
  }
  t.deepEqual(take().at(-1), "w3: suspect -> dead, silence");
  t.is(monitor.beat({ id: "x", term: 1, incarnation: 1, eventLoopLagMs: 0, progress: 0, busy: false }), "unknown");
});

test("monitor: a disconnect makes suspect at once, the next beat alive again", (t) => {
  const { beat, beatFor, monitor, take } = stage();
  beatFor(1000);
  monitor.disconnected("w");
  monitor.disconnected("w");
  monitor.disconnected("nobody");
  t.deepEqual(take(), ["w1: alive -> suspect, disconnect"]);
  beat();
  t.deepEqual(take(), ["w1: suspect -> alive, beat"]);
});

test("monitor: a busy peer without progress for 30 s is hung, and alive again when it moves", (t) => {
  const { beatFor, take } = stage();
  beatFor(500, { busy: true, progress: 7 });
  beatFor(29_500, { busy: true, progress: 7 });
  t.deepEqual(take(), []);
  beatFor(500, { busy: true, progress: 7 });
  t.deepEqual(take(), ["w1: alive -> hung, no progress"]);
  beatFor(5000, { busy: true, progress: 7 });
  t.deepEqual(take(), []);
  beatFor(500, { busy: true, progress: 8 });
  t.deepEqual(take(), ["w1: hung -> alive, progress"]);
});

test("monitor: an idle peer is never hung, and the 30 s begin when it gets busy", (t) => {
  const { beatFor, take } = stage();
  beatFor(120_000, { busy: false });
  beatFor(30_000, { busy: true });
  t.deepEqual(take(), []);
  beatFor(500, { busy: true });
  t.deepEqual(take(), ["w1: alive -> hung, no progress"]);
});

test("monitor: a hung peer that falls silent is dead", (t) => {
  const { beatFor, clock, take } = stage();
  beatFor(31_000, { busy: true });
  clock.advance(6000);
  t.deepEqual(take(), ["w1: alive -> hung, no progress", "w1: hung -> dead, silence"]);
});

test("monitor: a peer that admits lag is suspected later, but dead no later", (t) => {
  const { beatFor, clock, take } = stage();
  beatFor(10_000, { eventLoopLagMs: 60_000 });
  clock.advance(3000);
  t.deepEqual(take(), []);
  clock.advance(250);
  t.deepEqual(take(), ["w1: alive -> suspect, silence"]);
  clock.advance(1750);
  t.deepEqual(take(), ["w1: suspect -> dead, silence"]);
});

for (const [circumstance, first] of [
  ["its timer fires first", "timer"],
  ["a late beat arrives first", "beat"],
]) {
  test(`monitor: its own stall of a minute is no silence of the peer, when ${circumstance}`, (t) => {
    const { beat, beatFor, clock, monitor, take } = stage();
    beatFor(10_000);
    clock.stall(60_000);
    if (first === "timer") clock.advance(0);
    else beat();
    clock.advance(500);
    t.deepEqual(take(), []);
    beat();
    beatFor(10_000);
    t.deepEqual(take(), []);
    clock.advance(1500);
    t.deepEqual(take(), ["w1: alive -> suspect, silence"], "the stall has not blunted the detector");
    clock.advance(3750);
    t.is(monitor.status("w"), "dead");
  });
}

test("monitor: repeated short stalls neither hide a death nor make one", (t) => {
  const { beat, clock, monitor } = stage();
  beat();
  for (let round = 0; round < 16; round += 1) {
    clock.stall(1250);
    clock.advance(0);
  }
  t.not(monitor.status("w"), "dead");
  for (let round = 0; round < 1; round += 1) {
    clock.stall(1250);
    clock.advance(0);
  }
  t.is(monitor.status("w"), "dead");
});

test("monitor: forgets, stops, and then tells nothing and holds no timer", (t) => {
  const { beat, clock, monitor, take } = stage();
  monitor.watch("x");
  monitor.forget("w");
  t.is(beat(), "unknown");
  clock.advance(5000);
  t.deepEqual(take(), ["x?: alive -> suspect, silence", "x?: suspect -> dead, silence"]);
  monitor.watch("w");
  monitor.stop();
  clock.advance(60_000);
  monitor.disconnected("w");
  t.deepEqual(take(), []);
  t.is(clock.pending, 0);
});

test("observed time: never runs backwards, never faster than the clock, and no more than a tick and the tolerance a look", (t) => {
  const looks = fc.array(fc.record({ afterMs: fc.nat(2000), tick: fc.boolean() }));
  fc.assert(
    fc.property(looks, (steps) => {
      let time = startObserving(250, 0);
      let nowMs = 0;
      let seenMs = 0;
      for (const { afterMs, tick } of steps) {
        nowMs += afterMs;
        time = observe(time, nowMs, { tick });
        const nextMs = observedMs(time, nowMs);
        if (nextMs < seenMs || nextMs - seenMs > Math.min(afterMs, 300)) return false;
        seenMs = nextMs;
      }
      return true;
    }),
  );
  t.pass();
});
