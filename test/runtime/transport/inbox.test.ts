/**
 * The inbox under any order of arrivals and repetitions.
 */
import test from "ava";
import fc from "fast-check";
import { toIncarnation, toTerm } from "../../../runtime/identity.ts";
import { Inbox } from "../../../runtime/transport/inbox.ts";
import type { Envelope } from "../../../runtime/transport/transport.ts";

const fence = { term: toTerm(1), incarnation: toIncarnation(1) };

function envelope(sequence: number, oldestUnacknowledged: number): Envelope {
  return { from: "left", to: "right", fence, sequence, oldestUnacknowledged, message: { type: "any" } };
}

test("inbox: whatever arrives, messages are released in order, once each, and all that the sender holds when all has come", (t) => {
  const count = 12;
  const arrivals = fc.array(fc.integer({ min: 1, max: count }), { maxLength: 60 });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: count }), (sequences, oldest) => {
      const inbox = new Inbox(count);
      const last = Array.from({ length: count }, (_, index) => index + 1);
      const released = [...sequences, ...last].flatMap((sequence) =>
        inbox.arrive(envelope(sequence, Math.min(sequence, oldest))).map((one) => one.sequence),
      );
      t.true(released.every((sequence, index) => index === 0 || sequence > released[index - 1]));
      t.deepEqual(
        released.filter((sequence) => sequence >= oldest),
        last.slice(oldest - 1),
      );
    }),
  );
});

test("inbox: repetitions take no room from what is held back", (t) => {
  const inbox = new Inbox(2);
  const arrive = (sequence: number) => inbox.arrive(envelope(sequence, 1)).map((one) => one.sequence);
  t.deepEqual([1, 2, 3].flatMap(arrive), [1, 2, 3]);
  t.deepEqual([1, 2, 3, 5, 6].flatMap(arrive), []);
  t.deepEqual(arrive(7), []);
  t.deepEqual(arrive(4), [4, 5, 6]);
});

test("inbox: acknowledged is the run up to the first message that is not", (t) => {
  fc.assert(
    fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6]), (order) => {
      const inbox = new Inbox(6);
      for (const sequence of [1, 2, 3, 4, 5, 6]) inbox.arrive(envelope(sequence, 1));
      for (const [index, sequence] of order.entries()) {
        const before = inbox.acknowledgedThrough;
        const moved = inbox.acknowledge(sequence);
        const given = new Set(order.slice(0, index + 1));
        let expected = 0;
        while (given.has(expected + 1)) expected += 1;
        t.is(inbox.acknowledgedThrough, expected);
        t.is(moved, expected > before);
      }
    }),
  );
});
