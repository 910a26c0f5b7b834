/**
 * The real clock's timers, where they differ from Node's.
 */
import test from "ava";
import { systemClock } from "../../runtime/system-clock.ts";

test("clock: what is to come in months, or never, does not come at once", async (t) => {
  const handles = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY].map((delayMs) =>
    systemClock.setTimeout(() => t.fail(`after ${delayMs} ms`), delayMs),
  );
  await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, 50));
  for (const handle of handles) systemClock.clearTimeout(handle);
  t.pass();
});
