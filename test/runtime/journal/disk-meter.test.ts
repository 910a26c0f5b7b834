/**
 * Bytes on disk as threads count them together.
 */
import test from "ava";
import fc from "fast-check";
import { DiskMeter, openDiskAccount } from "../../../runtime/journal/disk-meter.ts";

function giveBack(meter: DiskMeter, byteCount: number): void {
  meter.beginFreeing();
  meter.endFreeing(byteCount);
}

test("disk meter: what would pass the limit is refused and not counted, by whichever thread", (t) => {
  const account = openDiskAccount(10, 100);
  const [one, other] = [new DiskMeter(account), new DiskMeter(structuredClone(account))];
  t.true(one.take(60));
  t.true(other.take(30));
  t.false(one.take(1));
  t.is(other.usedBytes, 100);
  giveBack(other, 60);
  t.false(one.take(61));
  t.true(one.take(60));
  t.deepEqual([one.usedBytes, one.peakBytes], [100, 100]);
});

test("disk meter: used and peak follow what is taken and given back, with or without a limit", (t) => {
  const step = fc.record({ take: fc.integer({ min: 0, max: 1000 }), back: fc.integer({ min: 0, max: 1000 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5000 }),
      fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined }),
      fc.array(step),
      (begun, limit, steps) => {
        const meter = new DiskMeter(openDiskAccount(begun, limit));
        let [used, peak] = [begun, begun];
        for (const { take, back } of steps) {
          const fits = limit === undefined || used + take <= limit;
          t.is(meter.take(take), fits);
          if (fits) used += take;
          peak = Math.max(peak, used);
          const given = Math.min(back, used);
          giveBack(meter, given);
          used -= given;
          t.deepEqual([meter.usedBytes, meter.peakBytes], [used, peak]);
        }
      },
    ),
  );
});
