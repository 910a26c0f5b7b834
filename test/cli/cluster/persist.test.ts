/**
 * Patience with a coordinator that is away: how long, with which pauses, and with which errors none.
 */
import test from "ava";
import { type Patience, persist } from "../../../cli/cluster/persist.ts";
import { CommandError } from "../../../cli/command-error.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";

const AWAY = new CommandError("CLUSTER_UNREACHABLE", "nobody answers");

function patience(given: Partial<Patience> = {}): Patience & { clock: SimulatedClock; told: string[] } {
  const clock = new SimulatedClock();
  const told: string[] = [];
  return {
    ...{ clock, told, random: seededRandom(1), patienceMs: 60_000, signal: new AbortController().signal },
    onLost: () => told.push("lost"),
    onFound: () => told.push("found"),
    ...given,
  } as Patience & { clock: SimulatedClock; told: string[] };
}

/** Lets time pass until `promise` is settled; returns the moments at which a pause was over. */
async function pass(promise: Promise<unknown>, clock: SimulatedClock): Promise<void> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  while (!isSettled) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.pending > 0) clock.advance(100);
  }
}

test("persist: what succeeds is not asked again, and nothing is told", async (t) => {
  const given = patience();
  t.is(await persist(given, async () => 7), 7);
  t.deepEqual(given.told, []);
});

test("persist: an absence is told once, and so is its end", async (t) => {
  const given = patience();
  let attempts = 0;
  const result = persist(given, async () => {
    attempts += 1;
    if (attempts < 5) throw AWAY;
    return attempts;
  });
  await pass(result, given.clock);
  t.is(await result, 5);
  t.deepEqual(given.told, ["lost", "found"]);
  // 200, 400, 800 and 1600 ms, each ±20 %.
  t.true(given.clock.nowMs() > 2400 && given.clock.nowMs() < 4000, `${given.clock.nowMs()}`);
});

test("persist: patience ends, with the error that was last", async (t) => {
  const given = patience({ patienceMs: 10_000 });
  const result = persist(given, async () => {
    throw AWAY;
  });
  await pass(result, given.clock);
  await t.throwsAsync(result, { is: AWAY });
  t.true(given.clock.nowMs() <= 12_500);
});

test("persist: whoever hears of the coordinator in between has its patience anew", async (t) => {
  const given = patience({ patienceMs: 1_000 });
  let attempts = 0;
  const result = persist(given, async (heard) => {
    attempts += 1;
    if (attempts === 10) return "done";
    heard();
    throw AWAY;
  });
  await pass(result, given.clock);
  t.is(await result, "done");
  t.true(given.clock.nowMs() > 1_000);
});

for (const code of ["TOKEN_REFUSED", "JOB_UNKNOWN", "API_VERSION_UNKNOWN", "CERTIFICATE_REFUSED", "RESULT_GONE"]) {
  test(`persist: ${code} is not asked again`, async (t) => {
    let attempts = 0;
    const result = persist(patience(), async () => {
      attempts += 1;
      throw new CommandError(code, "no");
    });
    await t.throwsAsync(result, { code });
    t.is(attempts, 1);
  });
}

test("persist: a bug is not asked again", async (t) => {
  await t.throwsAsync(
    persist(patience(), async () => {
      throw new TypeError("bug");
    }),
    { instanceOf: TypeError },
  );
});

test("persist: a pause ends at once when nobody waits any more, and leaves no timer", async (t) => {
  const gone = new AbortController();
  const given = patience({ signal: gone.signal, onLost: () => setImmediate(() => gone.abort()) });
  const error: unknown = await persist(given, async () => {
    throw AWAY;
  }).catch((caught: unknown) => caught);
  t.is((error as Error).name, "AbortError");
  t.is(given.clock.pending, 0);
});
