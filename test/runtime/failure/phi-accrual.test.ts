import test from "ava";
import fc from "fast-check";
import {
  createPhiState,
  PHI_OPTIONS,
  type PhiState,
  phi,
  recordHeartbeat,
} from "../../../runtime/failure/phi-accrual.ts";

const afterBeats = (timesMs: readonly number[]): PhiState =>
  timesMs.reduce((state, nowMs) => recordHeartbeat(state, nowMs), createPhiState(PHI_OPTIONS, 0));

test("phi: follows the tail of the normal distribution", (t) => {
  // 1 - F(y) of the standard normal distribution, from its table.
  const tails: [number, number][] = [
    [-2, 0.97725],
    [-1, 0.84134],
    [0, 0.5],
    [1, 0.15866],
    [2, 0.02275],
    [3, 0.00135],
  ];
  const state = afterBeats([500, 1000, 1500]);
  t.is(state.meanMs, 500);
  t.is(state.standardDeviationMs, 100);
  for (const [deviations, tail] of tails) {
    const level = phi(state, 1500 + 500 + 100 * deviations);
    t.true(Math.abs(10 ** -level - tail) < 2e-4, `${deviations} deviations: ${level}`);
  }
});

test("phi: a regular peer is suspected after about 1 s, an irregular one later", (t) => {
  const silenceUntilSuspect = (state: PhiState): number => {
    let silenceMs = 0;
    while (phi(state, state.lastMs + silenceMs) < 8) silenceMs += 10;
    return silenceMs;
  };
  const regular = afterBeats(Array.from({ length: 50 }, (_, index) => (index + 1) * 500));
  const irregular = afterBeats(Array.from({ length: 50 }, (_, index) => (index + 1) * 500 + (index % 2) * 300));
  t.is(silenceUntilSuspect(regular), 1030);
  t.true(silenceUntilSuspect(irregular) > 1500);
});

test("phi: the window forgets, and has the mean and variance of what it holds", (t) => {
  let state = createPhiState({ ...PHI_OPTIONS, windowLength: 4 }, 0);
  for (const nowMs of [9000, 10_000, 11_200, 12_000, 13_000]) state = recordHeartbeat(state, nowMs);
  t.deepEqual(state.intervalsMs, [1000, 1200, 800, 1000]);
  t.is(state.meanMs, 1000);
  t.is(state.standardDeviationMs, Math.sqrt(20_000));
});

test("phi: a burst of held-up beats teaches no impatience", (t) => {
  const state = afterBeats([500, 1000, ...Array.from({ length: 100 }, () => 6000)]);
  t.is(state.meanMs, 500);
  t.true(phi(state, 6500) < 1);
});

test("phi: excuses a pause", (t) => {
  const state = afterBeats([500, 1000]);
  t.is(phi(state, 4000, 2000), phi(state, 2000));
});

test("phi: never falls while the silence lasts, and stays a finite number", (t) => {
  const beats = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { maxLength: 120 });
  fc.assert(
    fc.property(beats, fc.array(fc.nat(10_000_000), { minLength: 2 }), (gapsMs, silencesMs) => {
      let nowMs = 0;
      const state = afterBeats(gapsMs.map((gapMs) => (nowMs += gapMs)));
      const levels = silencesMs
        .sort((left, right) => left - right)
        .map((silenceMs) => phi(state, state.lastMs + silenceMs));
      return levels.every((level, index) => Number.isFinite(level) && level >= (levels[index - 1] ?? 0));
    }),
  );
  t.pass();
});
